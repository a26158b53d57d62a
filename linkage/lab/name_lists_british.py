"""Forenames and surnames common in Britain, Ireland and the Caribbean community, roughly by frequency.

Written from general knowledge of English usage; the order stands for popularity, nothing is counted.
"""

from linkage.lab.name_origin import NameOrigin, entries

__all__ = ["BRITISH_ISLES"]

_GIRLS = entries("""
Olivia Amelia Emily Isla Ava Jessica Sophie Lily Grace Ella Mia Poppy Chloe Ruby Charlotte Evie Isabella
Freya Megan Scarlett Lucy Holly Daisy Phoebe Ellie Millie Sienna Alice Florence Maisie Layla Evelyn Rosie
Abigail Leah Hannah Lola Summer Amber Erin Imogen Bethany Jasmine Georgia Molly Eleanor Matilda Lexi Elsie
Willow Harriet Skye Eliza Ivy Amy Zara Bella Emma Gracie Anna Rose Maya Isabelle Lacey Martha Thea Penelope
Eva Esme Sarah Elizabeth Violet Libby Katie Paige Nancy Heidi Faith Robyn Eden Courtney Niamh Caitlin Keira
Shannon Demi Leila Aimee Tilly Beatrice Zoe Francesca Victoria Rebecca Lauren Rachel Laura Natasha Chelsea
Kayla Kayleigh Tia Tiana Ebony Jade Hollie Madison Skyla Darcie Darcey Hope Harper Luna Aria Ayla Mila
Arabella Lottie Orla Iris Connie Bonnie Maddison Annabelle Amelie Edith Ada Mabel Clara Nevaeh Tegan Cerys
Seren Carys Ffion Rhiannon Mollie Lilly Lillie Elodie Ottilie Dolly Mary Kate Kelsey Kimberley Stacey Leanne
Charlie Frankie Billie Bobbi Jodie Kirsty Eilidh Iona Ailsa Catherine Katherine Alexandra Gabriella
Gabrielle Samantha Danielle Nicole Michaela Stephanie Jennifer Christina Patricia Teresa Margaret Josephine
Susannah Winifred Delilah Marnie Olive Margot Hallie Kiera Ciara Tamsin Verity Philippa Henrietta Rowan
Autumn Savannah Saffron Coral Crystal Destiny Trinity Serenity Melody Harmony Princess Honey Lexie Alyssa
Alisha Shanice
""")

_BOYS = entries("""
Oliver Jack Harry George Noah Charlie Jacob Alfie Freddie Oscar Leo Logan Archie Theo Thomas James Joshua
Henry William Max Lucas Ethan Arthur Mason Isaac Harrison Teddy Finley Daniel Riley Edward Joseph Alexander
Adam Reggie Samuel Jaxon Sebastian Elijah Harley Toby Arlo Dylan Jude Benjamin Rory Tommy Jake Louie Carter
Jenson Hugo Bobby Frankie Ollie Zachary David Albie Lewis Luca Ronnie Jackson Matthew Alex Roman Jasper Kai
Ellis Gabriel Nathan Luke Tyler Connor Callum Liam Ryan Jamie Cameron Kieran Bradley Aaron Kyle Reece Rhys
Owen Evan Morgan Gethin Dafydd Iwan Osian Jordan Ashton Corey Curtis Dominic Elliot Elliott Felix Finn Frank
Frederick Gareth Harvey Hayden Jayden Jaden Kayden Caden Brandon Blake Billy Ben Caleb Cole Declan Ewan
Fergus Hamish Angus Fraser Murray Craig Scott Stuart Gary Lee Shane Dean Darren Jason Robert Richard Michael
John Paul Mark Peter Stephen Steven Andrew Anthony Christopher Christian Jonathan Nicholas Patrick Sean
Simon Stanley Vincent Zack Zac Rowan River Rex Ralph Otis Otto Albert Alfred Ernest Ernie Sonny Spencer
Tobias Toby Xavier Zane Kaiden Koby Kian Keanu Kallum Levi Ezra Eli Jonah Abel Silas Ezekiel Micah Caspian
Rupert Barnaby Monty Ted Ned Rafferty Dexter Brody Grayson Hunter Chase Bailey Taylor Leon Lennon Lenny
Vinnie Marley Jago Denzil Trystan Jevan Mackenzie Marcus Maximus Ace Alan Kenneth Terence Francis Gerard
Raymond Edwin
""")

_SURNAMES = entries("""
Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker Roberts
Green Hall Wood Jackson Clarke Thomas Lewis Hughes Edwards Harris Martin Turner Cooper Hill Ward Moore Clark
King Baker Harrison Morgan Patterson Allen James Scott Phillips Watson Davis Parker Price Bennett Young
Griffiths Mitchell Cook Carter Richardson Bailey Collins Bell Shaw Murphy Miller Cox Marshall Simpson
Richards Anderson Adams Wilkinson Foster Ellis Chapman Mason Gray Webb Rogers Hunt Mills Holmes Palmer
Matthews Fisher Barnes Knight Lloyd Butler Russell Barker Stevens Jenkins Dixon Fletcher Stevenson Powell
Pearson Graham Fox Howard Andrews Elliott Reynolds Ford Payne Fowler Gibson Hudson Day Lawrence Atkinson
Dawson Holland Perry Reid Armstrong Harvey Hart Hayes Spencer Burton Saunders Cole Wells Pearce Burns Carr
Newman Webster Rose Brooks Grant Stone Warren Hunter Ryan West Nicholson Gordon Jordan Bradley Crawford
Porter Walsh Hamilton Barrett Lane Johnston Berry Cunningham Austin Bird Riley Bishop Lowe Gardner
Watts Oliver Henderson Gill Kennedy Sutton Lee Long Nash Parry Chambers Hawkins Hughson Doyle Greenwood
Harding Dunn Banks Wallace Bates Stephenson Kelly Goodwin Francis Wheeler Cross Reeves Page Hopkins Burgess
Osborne Barton Curtis Gregory Woods Todd Bull Sharp Nelson Coles Coleman Parsons Hardy Howe Poole Potter
Hicks Wade Newton Sanders Marsh Stokes Bond Davidson Nicholls Robson Franklin Norman Blake Bryant Read
Bradshaw Moss Rowe Kirk Savage Higgins Baxter Thornton Lynch Sheppard French Field Fuller Steele Morton
Morrison Norris Summers Gibbs Yates Barber Hartley Cooke Kent Briggs Booth Skinner Buckley Pickering Horton
Mann Slater Nixon Manning Power Welch Whitehead Sullivan Bolton Preston Weston Bentley Akers Abbott Ashworth
Atherton Bagshaw Bainbridge Ball Barlow Barnett Bartlett Beaumont Beckett Benson Birch Blackburn Blythe
Bowen Boyle Brennan Broadhurst Buckland Bullock Burke Cartwright Casey Chadwick Chandler Charlton Clayton
Cliff Clegg Coates Connolly Connor Conway Cowley Crane Crosby Crossley Crowther Dale Dalton Daly Davey
Denton Dickinson Dobson Dodd Drake Duffy Duncan Dyer Eaton Eccles Egan Emery Farrell Faulkner Fenton Finch
Fleming Flynn Forster Freeman Frost Garner Garside Gee Gilbert Giles Goddard Golding Gough Greaves Griffin
Haigh Hale Halliwell Hancock Hargreaves Harper Hartshorn Hastings Haywood Heath Hewitt Hinchliffe Hobbs
Hodgson Holden Holt Hooper Hope Horne Howarth Hull Humphreys Hurst Hutchinson Ingham Ingram Irving Jarvis
Jeffery Jennings Joyce Kay Kaye Kemp Kerr Kershaw Kitchen Lamb Lambert Leach Leigh Lester Lister Little
Livesey Lomas Lord Lucas Lyons Maddox Mahoney Marsden Massey Mather Maynard May Mellor Metcalfe Middleton
Milner Moran Mortimer Naylor Needham Noble Nolan North Norton Nuttall Oakley Ogden Openshaw Osgood Owen Pace
Parkin Parkinson Parr Patrick Peacock Peel Pemberton Penn Perkins Peters Philpott Pilkington Pitt Platt
Pollard Pope Pratt Prescott Prince Pritchard Pugh Quinn Ramsden Randall Rawlinson Redfern Rees Rhodes Rigby
Rowlands Royle Rushton Salt Sanderson Schofield Seddon Sellers Sharples Shepherd Short Sidebottom Simmons
Sims Singleton Sinclair Small Stafford Stanton Stott Sumner Swift Sykes Tate Tattersall Tennant Thorpe
Tierney Tomlinson Townsend Tucker Unsworth Varley Vaughan Vernon Vickers Vincent Wainwright Walton Waters
Weaver Wharton Whitaker Whittle Whitworth Wilcox Wilde Wilkins Winstanley Winter Woodhead Woodward Woolley
Worrall Wyatt York MacDonald McDonald MacLeod McKenzie Campbell Stewart Robertson Thomson Murray Fraser Ross
Ferguson Cameron McLean MacLean Paterson McIntyre Douglas Sutherland McKay Munro McMillan McGregor Forbes
Bruce Buchanan Drummond Erskine Galbraith McPherson Prothero Probert Gwynne Llewellyn Meredith Beynon Bevan
Penhaligon Trelawney Tremayne Pascoe Nance Trevithick Boscawen Rosewarne Penrose Hocking Chenoweth
""")

_PREFIXES = entries("""
Ash Black Brad Brom Thorn Whit Hazel Oak Birch Elm Al Ald Am Ard Bard Bark Beck Ben Bick Bil Blen Bol Bram
Bran Brink Brock Buck Bur Cal Car Chad Charl Cheris Chil Clay Cof Cold Comp Cop Cran Craw Crop Cul Dal Darl
Deep Den Dun Eccle Edg El Ell Els Fair Farn Fen Fern Finch Gar Gold Gran Green Gris Had Hal Ham Hand Har
Hart Hat Hay Heb Hel Hen Hether Hol Hop Hors Hux Kel Ken Kil Kin Kirk Lang Laver Led Lind Lis Lock Long Lud
Lyn Mal Mar Mel Mid Mil Mor Nab Net New Nor Ot Pem Pen Pick Pres Quar Rad Ram Red Ring Rock Ros Row Rush
Ruther Sal Sand Scar Sel Shel Ship Shir Sil Skel Spar Stan Stap Stock Stan Sten Strat Sut Swan Tad Tam Tar
Thur Til Tun Wal War Wat Wel Wen West Whar Wick Win Wood Wool Wor Wyn Yar
""")

_SUFFIXES = entries("""
ton ley worth field ham bury wick combe shaw croft wood stone brook hurst ford well land bourne burn by don
dale den gate grove hall head house low man more ridge row thorpe thwaite tree wall ward water way
""")

_IRISH_GIRLS = entries("""
Aoife Saoirse Ciara Niamh Roisin Caoimhe Sinéad Siobhán Orlaith Clodagh Gráinne Mairead Bridget Kathleen
Margaret Mary Bernadette Shauna Tara Erin Eimear Aisling Fionnuala Maeve Nuala Sorcha Éabha Fiadh Dearbhla
Colleen
""")
_IRISH_BOYS = entries("""
Conor Seán Patrick Oisín Cillian Fionn Darragh Cian Eoin Tadhg Pádraig Ciarán Diarmuid Niall Brendan Eamon
Declan Donal Finbar Kevin Michael John Martin Miley Simon Thomas Brian Cormac Rónán Shay Ruairí Colm Dermot
""")
_IRISH_SURNAMES = entries("""
Murphy Kelly O'Sullivan Walsh O'Brien Byrne Ryan O'Connor O'Neill O'Reilly Doyle McCarthy Gallagher Doherty
Kennedy Lynch Murray Quinn Moore McLoughlin O'Carroll Connolly Daly O'Connell Wilson Dunne Brennan Burke
Collins Campbell Clarke Johnston Hughes O'Farrell Fitzgerald Brown Martin Maguire Nolan Flynn Thompson
O'Callaghan O'Donnell Duffy O'Mahony Boyle Healy O'Shea Sweeney Hayes Kavanagh Power McGrath Moran
Brady Stewart Casey Foley Fitzpatrick O'Leary McDonnell MacMahon Donnelly Regan Donovan Burns Flanagan
Mullan Barry Kane Robinson Cunningham Griffin Kenny Sheehan Ward Whelan Lyons Reid Graham Higgins Cullen
Keane King Maher McKenna Bell Scott Hogan O'Keeffe Magee McNamara McDonald MacDermott Molony O'Rourke
Buckley O'Dwyer Connors Cash Joyce McDonagh Mongan Stokes Maughan O'Driscoll McGinley Mac_Giolla Delaney
Rooney
""")

_CARIBBEAN_GIRLS = entries("""
Shanice Aaliyah Tianna Kiara Keisha Renée Naomi Jada Shania Tanisha Ebony Imani Nia Latoya Monique Chantelle
Alicia Kadijah Rihanna Tiana Amara Zaria Shakira Sharice Leticia Dionne Simone Yasmin Anaya Khadija Tenisha
Deja Makayla
""")
_CARIBBEAN_BOYS = entries("""
Tyrone Jerome Marlon Andre Dwayne Leroy Malachi Isaiah Kymani Romario Tyrell Jermaine Shaquille Kemar
Devonte Denzel Omari Rashaun Javon Tre Tremaine Nathaniel Malik Kofi Khalil Reuben Delroy Winston Errol
Courtney Ziggy Kingston
""")
_CARIBBEAN_SURNAMES = entries("""
Campbell Brown Williams Gordon Thompson Reid Morgan Francis Clarke Lewis Johnson Henry Bailey Grant Joseph
Charles Edwards Walters Morrison Blake Bennett Richards Stewart Samuels Dixon Facey Beckford McKenzie
Pinnock Whyte Wright Barrett Powell Cunningham Palmer Dacosta Daley Gayle Hylton Lindo Nembhard Plummer Rowe
Sterling Tulloch Wynter Alleyne Braithwaite Cumberbatch Greenidge Holder Sobers Weekes Baptiste Fontaine
Jean-Baptiste Pierre St_Louis Laurent Noel Phillip Antoine Belgrave Ramsaran
""")

_COMPOUND_GIRLS = entries("Mae Rose May Grace Leigh Jo Louise Anne Marie Jane")
_COMPOUND_BOYS = entries("James Lee Jay Ray John Jack Joe")

_MIXED_OR_WHITE = (
    ("WBRI", 0.85),
    ("MWBC", 0.05),
    ("MWBA", 0.02),
    ("MWAS", 0.02),
    ("MOTH", 0.03),
    ("WOTH", 0.03),
)

BRITISH_ISLES = (
    NameOrigin(
        "british", 0.615, 0.0, _MIXED_OR_WHITE, _GIRLS, _BOYS, _SURNAMES,
        stems=_PREFIXES, endings=_SUFFIXES, tail=0.30,
        second_girls=_COMPOUND_GIRLS, second_boys=_COMPOUND_BOYS,
    ),
    NameOrigin(
        "irish", 0.045, 0.0, (("WIRI", 0.45), ("WBRI", 0.35), ("WIRT", 0.20)),
        _IRISH_GIRLS, _IRISH_BOYS, _IRISH_SURNAMES, borrows="british",
    ),
    NameOrigin(
        "caribbean", 0.065, 0.0, (("BCRB", 0.55), ("MWBC", 0.35), ("BOTH", 0.10)),
        _CARIBBEAN_GIRLS, _CARIBBEAN_BOYS, _CARIBBEAN_SURNAMES, borrows="british",
    ),
)  # fmt: skip
