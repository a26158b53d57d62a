"""The other ways in which one name is written: nicknames and spellings.

Written from general knowledge.  A line of nicknames is ``Full: Short Shorter``; a line of spellings holds
names that clerks write for each other.  A name may stand in several lines.
"""

__all__ = ["NICKNAMES", "SPELLINGS"]

_NICKNAMES = """
Olivia: Liv Livvy Ollie | Amelia: Millie Amy Mia | Emily: Em Emmy Millie | Isabella: Bella Izzy Issy
Jessica: Jess Jessie | Sophie: Soph | Charlotte: Charlie Lottie Char | Megan: Meg Meggie
Eleanor: Ellie Nell Nora | Matilda: Tilly Mattie | Abigail: Abi Abby Gail | Georgia: Georgie Gee
Harriet: Hattie Harry | Isabelle: Izzy Belle | Elizabeth: Lizzie Beth Liz Eliza | Bethany: Beth
Katherine: Kate Katie Kathy | Catherine: Cath Cathy Kate | Alexandra: Alex Lexi Sandra
Francesca: Fran Frankie | Victoria: Vicky Tori | Rebecca: Becky Bex Becca | Rachel: Rach
Natasha: Tasha Nat | Chelsea: Chels | Kayleigh: Kay | Madison: Maddie | Maddison: Maddie
Annabelle: Anna Belle | Samantha: Sam Sammy | Danielle: Dani Danni | Nicole: Nic Nicky | Stephanie: Steph
Jennifer: Jen Jenny | Christina: Chris Tina | Patricia: Pat Trish | Teresa: Terri Tess
Margaret: Maggie Meg | Josephine: Josie Jo | Winifred: Winnie | Philippa: Pippa Pip | Henrietta: Hettie Etta
Gabriella: Gabby Ella | Gabrielle: Gabby | Michaela: Micky Kayla | Lauren: Loz | Leanne: Lee
Kimberley: Kim | Courtney: Court | Poppy: Pops | Penelope: Penny | Beatrice: Bea | Susannah: Susie Sue
Alisha: Lish | Savannah: Savvy | Niamh: Neve | Caitlin: Cait | Saoirse: Sersh | Siobhán: Shiv
Caoimhe: Keeva | Oliver: Ollie Olly | Jack: Jackie Jacko | Harry: Haz | George: Georgie | Charlie: Chaz
Jacob: Jake Jakey | Alfie: Alf | Leo: Lee | Freddie: Fred | Archie: Arch | Theo: Ted | Thomas: Tom Tommy
James: Jim Jamie Jimmy | Joshua: Josh | Henry: Harry Hal | Logan: Lo | William: Will Billy Liam Bill
Ethan: Eth | Isaac: Zac Ike | Harrison: Harry | Daniel: Dan Danny | Edward: Ed Eddie Ted | Joseph: Joe Joey
Alexander: Alex Xander Sandy | Samuel: Sam Sammy | Sebastian: Seb Bas | Elijah: Eli | Benjamin: Ben Benny
Zachary: Zac Zach | David: Dave Davey | Matthew: Matt Matty | Gabriel: Gabe | Nathan: Nate | Callum: Cal
Cameron: Cam | Kieran: Kier | Bradley: Brad | Aaron: Az | Jordan: Jord | Dominic: Dom Nic
Frederick: Fred Freddie | Brandon: Bran | Caleb: Cal | Robert: Rob Bobby Bob | Richard: Rich Ricky
Michael: Mike Mikey Mick | John: Johnny Jack | Stephen: Steve Stevie | Steven: Steve Stevie
Andrew: Andy Drew | Anthony: Tony Ant | Christopher: Chris Kit | Christian: Chris | Jonathan: Jon Jonny
Nicholas: Nick Nicky | Patrick: Paddy Pat Rick | Simon: Si | Stanley: Stan | Vincent: Vinnie Vince
Ronnie: Ron | Albert: Bert Bertie Al | Alfred: Alf Alfie Fred | Ernest: Ernie | Kenneth: Ken
Spencer: Spence | Tobias: Toby | Terence: Terry | Gerard: Gerry | Raymond: Ray | Edwin: Ed | Kingsley: King
Maximus: Max | Reggie: Reg | Mackenzie: Mack | Marcus: Marc | Tyler: Ty | Taylor: Tay | Jayden: Jay
Kayden: Kay | Jermaine: Jay | Jerome: Romy | Tyrone: Ty | Nathaniel: Nate Nat | Tremaine: Tre | Latoya: Toya
Shanice: Shan | Tianna: Tia | Winston: Win | Malachi: Mal | Isaiah: Zay | Mohammed: Mo Moe
Muhammad: Mo Moe | Mohamed: Mo | Mohammad: Mo | Mehmet: Memo | Mustafa: Mus | Ibrahim: Ibby Ibra
Abdullah: Abdul Abs | Abdullahi: Abdi | Abdirahman: Abdi | Abdul-Rahman: Abdul | Abdiaziz: Abdi
Hussain: Huss | Hassan: Hass | Usman: Uzi | Zakariya: Zak | Ismail: Izzy | Yusuf: Joe Yus | Yousef: Joe
Ahmed: Meds | Fatima: Fati Tima | Khadija: Khadi Dija | Zainab: Zee Zai | Maryam: Mary Mim | Aisha: Aish
Sumaiya: Sumi | Gurpreet: Gopi Guri | Manpreet: Mani | Harpreet: Harry Happy | Jaspreet: Jas | Jasmeet: Jas
Simran: Sim | Sukhdeep: Sukhi | Mandeep: Mandy | Sandeep: Sandy | Oluwaseun: Seun | Oluwatobi: Tobi
Temitope: Temi Tope | Ayodeji: Deji Ayo | Babatunde: Tunde | Chukwuemeka: Emeka | Ikenna: Ike
Kelechi: Kele | Chioma: Chi | Tolulope: Tolu | Damilola: Dami | Damilare: Dami | Funmilayo: Funmi
Abimbola: Bim Abi | Simisola: Simi | Ayomide: Ayo Mide | Adaeze: Ada | Ebenezer: Eben | Emmanuel: Manny Emma
Emmanuella: Ella | Priscilla: Cilla | Kwadwo: Kojo | Kwabena: Kobby | Tinashe: Tina Nash | Tafadzwa: Taffy
Aleksandra: Ola Alex | Zuzanna: Zuzia | Julia: Julka | Wiktoria: Wika Vicky | Natalia: Natalka
Małgorzata: Gosia | Agnieszka: Aga | Magdalena: Magda | Katarzyna: Kasia | Zofia: Zosia | Jakub: Kuba
Mateusz: Mati | Bartosz: Bartek | Wojciech: Wojtek | Krzysztof: Krzysiek Kris | Michał: Misiek
Tomasz: Tomek | Łukasz: Luk | Piotr: Piotrek Peter | Paweł: Pawel Paul | Sebastian: Seba | Alexandru: Alex
Andreea: Andra | Gabriela: Gabi | Constantin: Costi | Ștefan: Fane | Nicolae: Nicu | Gheorghe: Ghita
Cristian: Cristi | Mihai: Misu | Maria: Mia Mary | Beatriz: Bia | Francisco: Chico | José: Zé
João: Joãozinho | António: Tó | Oleksandr: Sasha | Oleksandra: Sasha | Anastasiia: Nastia | Mykhailo: Misha
Dmytro: Dima | Volodymyr: Vova | Kateryna: Katia | Yelyzaveta: Liza | Maksym: Max | Samuel: Sami
Yohannes: John Jonny | Natnael: Nati | Amanuel: Aman | Bethlehem: Betty | Mikael: Mike | Filmon: Fil
Arben: Ben | Klajdi: Klay | Gentian: Genti | Rahmatullah: Rahmat | Samiullah: Sami | Najibullah: Najib
Zabihullah: Zabi | Esmatullah: Esmat | Hekmatullah: Hekmat | Noorullah: Noor | Ihsanullah: Ihsan
Xiaoyan: Yan | Jacky: Jack | Kelvin: Kel | Vivian: Viv
"""

_SPELLINGS = """
Mohammed Muhammad Mohamed Mohammad Muhammed Mohamad Mohd | Yusuf Youssef Yousef Yousuf Yusef Yousaf
Ahmed Ahmad Ahmet Achmed | Hassan Hasan Hassen | Hussain Hussein Husain Hossain Hosein Hüseyin
Abdul-Rahman Abdulrahman Abdurrahman Abdirahman Abdul-Rehman | Omar Umar Umer Ömer
Osman Usman Uthman Othman | Ibrahim Ebrahim Ibraheem İbrahim | Fatima Fatma Fatimah Faatimah Fadumo
Aisha Ayesha Aysha Aishah Ayşe | Khadija Khadijah Hatice Kadijah | Zainab Zaynab Zeinab Zeynep
Maryam Mariam Maryan Meryem Miriam | Ismail Ismaeel Ismael Esmail | Mustafa Mustafe Mostafa Moustafa
Abdullah Abdallah Abdullahi Abdulla Abdalla Abdulle | Khalid Khaled Khalad | Tariq Tarek Tareq
Bilal Belal Bilaal | Hamza Hamzah | Zakariya Zakaria Zachariah Zakarya | Yahya Yehia Yahia
Suleiman Sulaiman Süleyman Soliman | Sumaya Sumaiya Sumayyah Somaya | Layla Leila Laila Leyla
Nour Noor Nur Nuur | Hodan Hoodan | Abdi Abdy | Ali Aly Alli | Farah Farrah Fara | Jama Jaamac Jamah
Warsame Warsama | Hersi Hirsi | Adan Aden Aadan | Rahman Rehman Rahmaan | Uddin Udin Ud-Din
Begum Begom Begam | Miah Mia Miya | Chowdhury Choudhury Chaudhry Choudhary Chowdhry | Sheikh Shaikh Shaykh
Siddiqui Siddiqi Sidiqui | Qureshi Quraishi Koreshi | Akhtar Akhter Aktar | Malik Malick Maalik
Iqbal Eqbal | Mahmood Mehmood Mahmoud Mahmud | Syed Sayed Said | Rashid Rasheed Rachid | Karim Kareem
Salim Saleem Selim | Saeed Said Sayeed | Aziz Azeez | Latif Lateef | Majid Majeed | Hamid Hameed
Amin Ameen | Al-Hassan Alhassan El-Hassan Elhassan | El-Sayed Elsayed Al-Sayed | Haidari Heidari Hydari
Karimi Kareemi | Ahmadi Ahmady | Mohammadi Mohammady | Rahimi Raheemi | Yohannes Johannes Yohanes Yohanns
Gebremedhin Ghebremedhin Gebremedhn | Tesfay Tesfai Tesfaye | Haile Hailu Hayle | Weldemichael Woldemichael
Gebreselassie Ghebreselassie | Kidane Kidan | Mehari Mehary | Filmon Philmon Filimon | Dawit Daweet
Bereket Bereqet | Natnael Natinael Nathnael | Mikael Mikiel Michael | Oluwaseun Oluwashun
Chukwuemeka Chukwuemaka | Adeyemi Adeyemo | Okafor Okafo | Kwame Kwami | Owusu Owoosu | Boateng Boaten
Mensah Mensa | Agyeman Agyemang | Catherine Katherine Kathryn Catharine | Sarah Sara | Hannah Hanna
Leah Lea | Zoe Zoë Zoey | Chloe Khloe Chloë | Amy Aimee Ami | Isabelle Isabel Isobel
Isabella Isabela Izabella | Jasmine Jasmin Yasmin Yasmine | Lily Lilly Lillie | Ellie Elly | Evie Evi
Maisie Maisy | Millie Milly | Abigail Abigale Abbigail | Caitlin Kaitlyn Katelyn Caitlyn
Kayleigh Kayley Kaylee | Skye Sky | Lacey Lacie | Darcie Darcey Darcy | Madison Maddison Madisyn
Keira Kiera Kira | Tia Tiah | Alisha Alesha Alicia | Lexi Lexie | Mollie Molly | Jodie Jody | Stacey Stacy
Rebecca Rebekah | Rachel Rachael | Niamh Neve Niahm | Siobhán Shivaun | Aoife Eefa | Caoimhe Keeva
Sinéad Shinead | Róisín Roisin Rosheen | Ciara Keera Kiera | Orla Orlagh | Thomas Tomas Tomasz
Stephen Steven Stefan | Jon John | Jonathan Jonathon Johnathan | Matthew Mathew | Philip Phillip
Geoffrey Jeffrey | Sean Shaun Shawn Seán | Callum Calum Kallum | Kieran Ciaran Kieron Ciarán
Connor Conor Conner | Reece Rhys Reese | Aaron Arron Aron | Jayden Jaden Jaydon | Kayden Caden Kaiden
Tyler Tylor | Zachary Zachery Zackary | Zac Zack Zak | Louis Lewis Louie | Elliot Elliott Eliot | Alfie Alfy
Ollie Olly | Lucas Lukas Luka | Luca Luka | Jack Jak | Jake Jaik | Mason Mayson | Dylan Dillon Dylon
Toby Tobi | Jackson Jaxon Jaxson | Harley Harlee | Freddie Freddy | Danny Dannie | Bobby Bobbie
Clark Clarke | Brown Browne | Davis Davies | Read Reid Reed | Thompson Thomson Tomson | Stevens Stephens
Stevenson Stephenson | Philips Phillips | Matthews Mathews | Green Greene | Cook Cooke | Wood Woods
Allen Allan Alan | Johnston Johnson Johnstone | Smith Smyth Smythe | Taylor Tayler
Hughes Hughs | Rogers Rodgers | Nicholls Nichols Nicolls | Elliott Elliot | Andrews Andrew | Pearce Pierce
Bailey Bayley Baily | Shepherd Sheppard Shephard | Harrison Harisson | Robinson Robison | Lee Leigh Lea
Moore More | Parry Perry | Griffiths Griffith | Barker Baker | Marshall Marshal | Connor Connors O'Connor
Kelly Kelley | Byrne Byrnes Burn | Doherty Docherty Dogherty | Reilly Riley O'Reilly | Neil Neill O'Neill
MacDonald McDonald Macdonald | McLean MacLean McClean | McKenzie MacKenzie Mackenzie | McGregor MacGregor
Kowalski Kowalska | Lewandowski Lewandowska | Kamiński Kamińska | Zieliński Zielińska
Wiśniewski Wiśniewska | Szymański Szymańska | Dąbrowski Dąbrowska | Kozłowski Kozłowska
Jankowski Jankowska | Jakub Jacob | Wiktoria Victoria | Aleksandra Alexandra | Aleksander Alexander
Oliwia Olivia | Zuzanna Susanna | Mateusz Mateus | Ștefan Stefan | Alexandru Aleksandru | Popescu Popesku
Ionescu Yonescu | Shevchenko Szewczenko | Oleksandr Aleksandr Alexander | Mykhailo Mikhail
Sofiia Sofia Sophia | Mariia Maria | Anastasiia Anastasia | Yana Jana | Nguyễn Nguyen Ngyuen | Trần Tran
Phạm Pham | Hoàng Huynh | Chen Chan Cheng | Zhang Cheung Chang | Wang Wong | Li Lee Ly | Huang Wong Hwang
Xu Hsu | Zhou Chow Chou | Wu Ng | Liu Lau Lui | Yang Yeung | Hoxha Hodja | Xhafa Djafa | Çela Chela
Gjoka Gioka | Singh Sing | Kaur Kour | Patel Patell | Sidhu Sidhoo | Dhillon Dillon | Sharma Sarma
Jasmeet Jasmit | Gurpreet Gurprit | Khan Kan | Javed Javaid | Yaqoob Yakub | Karimi Karami | Silva da_Silva
Santos dos_Santos | João Joao Joäo | Gonçalves Goncalvez | Luís Louis | Conceição Conceicao | Kwaku Kweku
Akosua Akosuah | Kofi Koffi | Ayodeji Ayodegi | Azad Asad | Rezan Resan | Sherko Shirko | Karwan Karvan
Hiwa Heva
"""


def _cells(text: str) -> list[str]:
    return [cell.strip() for line in text.splitlines() for cell in line.split("|") if cell.strip()]


def _nicknames() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for cell in _cells(_NICKNAMES):
        full, _, short = cell.partition(":")
        table[full] = tuple(dict.fromkeys((*table.get(full, ()), *short.split())))
    return table


def _spellings() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for cell in _cells(_SPELLINGS):
        group = [name.replace("_", " ") for name in cell.split()]
        for name in group:
            others = (other for other in group if other != name)
            table[name] = tuple(dict.fromkeys((*table.get(name, ()), *others)))
    return table


NICKNAMES = _nicknames()
"""Full forename to the nicknames in use for it."""

SPELLINGS = _spellings()
"""A forename or surname to the other spellings of it, transliterations among them."""
