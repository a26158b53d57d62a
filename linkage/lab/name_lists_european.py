"""Forenames and surnames of families from continental Europe and Brazil, roughly by frequency in England.

Written from general knowledge, with the diacritics that the families write.
"""

from linkage.lab.name_origin import NameOrigin, entries

__all__ = ["EUROPEAN"]

_POLISH_GIRLS = entries("""
Julia Zuzanna Maja Oliwia Wiktoria Natalia Aleksandra Amelia Nikola Lena Gabriela Weronika Zofia Hanna Kinga
Patrycja Martyna Karolina Magdalena Agnieszka Dominika Paulina Małgorzata Łucja Jagoda Emilia
""")
_POLISH_BOYS = entries("""
Jakub Kacper Szymon Filip Mateusz Oskar Dawid Michał Bartosz Wojciech Adrian Krzysztof Piotr Paweł Łukasz
Kamil Dominik Patryk Maciej Tomasz Hubert Igor Marcel Sebastian Grzegorz Miłosz
""")
_POLISH_SURNAMES = entries("""
Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski
Kozłowski Jankowski Mazur Kwiatkowski Krawczyk Piotrowski Grabowski Pawłowski Michalski Król Zając Wieczorek
Jabłoński Wróbel Majewski Olszewski Stępień Malinowski Jaworski Adamczyk Dudek Nowicki Pawlak Górski Sikora
Walczak Baran Rutkowski Szewczyk
""")
_POLISH_STEMS = entries("""
Bor Brzez Czar Dom Gal Glin Gor Grab Jan Jaw Kal Kam Kras Kuch Lip Mal Maz Mor Ostr Pol Rad Rog Sob Sok Star
Tar Wit Zab
""")
_POLISH_ENDINGS = entries("owski iński ecki arski czyk niak ewski icki ak ek")
_ROMANIAN_GIRLS = entries("""
Maria Andreea Ioana Elena Alexandra Ana Gabriela Denisa Bianca Larisa Daria Antonia Sofia Ștefania Raluca
Mihaela Cristina Florentina Roxana Esmeralda Narcisa Rebeca Estera Izabela
""")
_ROMANIAN_BOYS = entries("""
Andrei Alexandru Mihai Ionuț Gabriel David Ștefan Cristian Marian Florin Daniel Robert Luca Matei Vasile
Constantin Nicolae Darius Răzvan Ion Gheorghe Rareș Armando Sorin
""")
_ROMANIAN_SURNAMES = entries("""
Popa Popescu Radu Ionescu Dumitru Stan Stoica Gheorghe Ciobanu Constantin Rusu Marin Munteanu Dinu Florea
Moldovan Lazăr Nistor Preda Tudor Ungureanu Matei Toma Rostaș Lăcătuș Căldăraru Mihai Barbu Bogdan Vasile
Șerban Neagu Cojocaru Iancu Crăciun Bălan Ciurar Covaci Lingurar
""")
_ROMANIAN_STEMS = entries(
    "Adam Alb Andre Ban Berc Cant Ciobot Dobr Filip Geor Ili Lup Mar Mih Negr Olt Petr Sim Vasil Văcăr"
)
_ROMANIAN_ENDINGS = entries("escu eanu oiu aru ean ache")
_ALBANIAN_GIRLS = entries("""
Elira Arta Ardita Blerta Drita Era Fjolla Besa Liridona Albana Anisa Ajla Ema Kejsi Klea Rina Dafina Valbona
Enkela Sara
""")
_ALBANIAN_BOYS = entries("""
Ardit Blerim Arben Besnik Dritan Ervin Fatjon Klajdi Mario Gentian Ilir Kledi Altin Endri Ledion Luan Agron
Armando Erion Florian Albi Kristi Rigers
""")
_ALBANIAN_SURNAMES = entries("""
Hoxha Shehu Gjoka Leka Prifti Hysa Dervishi Marku Lleshi Krasniqi Gashi Berisha Rama Meta Basha Kola Doda
Gjini Ndoj Lika Hasani Xhafa Çela Kurti Morina Shala Bytyqi Osmani Muça Cani Sula Brahimi Elezi Zeneli
Topalli
""")
_PORTUGUESE_GIRLS = entries("""
Maria Ana Beatriz Leonor Mariana Inês Carolina Matilde Joana Catarina Sofia Rita Luana Larissa Letícia Júlia
Lara Débora Vitória Conceição
""")
_PORTUGUESE_BOYS = entries("""
João Rodrigo Martim Francisco Tiago Afonso Gonçalo Miguel Diogo André Rafael Pedro Rui Nuno Tomás José Luís
António Fábio Márcio Leandro Vítor
""")
_PORTUGUESE_SURNAMES = entries("""
Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Jesus Sousa Fernandes Gonçalves Gomes Lopes
Marques Alves Almeida Ribeiro Pinto Carvalho Teixeira Moreira Correia Mendes Nunes Soares Vieira Monteiro
Cardoso Rocha da_Silva dos_Santos de_Oliveira da_Costa de_Sousa Neves Simões Araújo Magalhães Brandão
""")
_UKRAINIAN_GIRLS = entries("""
Anastasiia Sofiia Daria Mariia Polina Yelyzaveta Viktoriia Kateryna Anna Veronika Solomiia Zlata Yana
Oleksandra Alina Tetiana
""")
_UKRAINIAN_BOYS = entries("""
Maksym Artem Oleksandr Dmytro Danylo Andrii Bohdan Nazar Vladyslav Mykhailo Ivan Kyrylo Mykola Yaroslav
Serhii Illia Matvii
""")
_UKRAINIAN_SURNAMES = entries("""
Shevchenko Kovalenko Bondarenko Tkachenko Kravchenko Oliinyk Kovalchuk Koval Polishchuk Boiko Melnyk
Savchenko Rudenko Moroz Marchenko Lysenko Petrenko Klymenko Pavlenko Kuzmenko Ponomarenko Vasylenko
Kharchenko Hrytsenko Sydorenko Romaniuk
""")
_UKRAINIAN_STEMS = entries(
    "Andr Bab Bondar Danyl Dem Fed Hav Hon Iv Kyr Lev Makar Naz Ostap Pan Rom Stepan Tym Yur Zin"
)
_UKRAINIAN_ENDINGS = entries("enko chuk iuk yshyn ets iak")
_BALTIC_GIRLS = entries("""
Emilija Gabija Ugnė Kamilė Austėja Viktorija Evelina Karolina Elīna Līga Anastasija Kristīne Samanta Petra
Nikol Vanesa
""")
_BALTIC_BOYS = entries("""
Lukas Matas Nojus Dominykas Mantas Tomas Jonas Artūrs Mārtiņš Kārlis Deividas Rokas Martin Marek Dominik
Roman
""")
_BALTIC_SURNAMES = entries("""
Kazlauskas Petrauskas Jankauskas Stankevičius Žukauskas Butkus Paulauskas Urbonas Bērziņš Kalniņš Ozoliņš
Jansons Liepiņš Horváth Kováč Balog Oláh Lakatoš Tóth Čonka Dunka Giňa Ferko Badžo Mižigár
""")

EUROPEAN = (
    NameOrigin(
        "polish", 0.016, 0.0, (("WOTH", 1.0),), _POLISH_GIRLS, _POLISH_BOYS, _POLISH_SURNAMES,
        stems=_POLISH_STEMS, endings=_POLISH_ENDINGS, tail=0.35,
    ),
    NameOrigin(
        "romanian", 0.014, 0.0, (("WOTH", 0.65), ("WROM", 0.35)),
        _ROMANIAN_GIRLS, _ROMANIAN_BOYS, _ROMANIAN_SURNAMES,
        stems=_ROMANIAN_STEMS, endings=_ROMANIAN_ENDINGS, tail=0.25,
    ),
    NameOrigin(
        "albanian", 0.005, 0.08, (("WOTH", 1.0),), _ALBANIAN_GIRLS, _ALBANIAN_BOYS, _ALBANIAN_SURNAMES,
    ),
    NameOrigin(
        "portuguese", 0.008, 0.0, (("WOTH", 0.80), ("MOTH", 0.20)),
        _PORTUGUESE_GIRLS, _PORTUGUESE_BOYS, _PORTUGUESE_SURNAMES, two_surnames=0.45,
    ),
    NameOrigin(
        "ukrainian", 0.003, 0.0, (("WOTH", 1.0),), _UKRAINIAN_GIRLS, _UKRAINIAN_BOYS, _UKRAINIAN_SURNAMES,
        stems=_UKRAINIAN_STEMS, endings=_UKRAINIAN_ENDINGS, tail=0.45,
    ),
    NameOrigin(
        "baltic", 0.006, 0.0, (("WOTH", 0.70), ("WROM", 0.30)), _BALTIC_GIRLS, _BALTIC_BOYS, _BALTIC_SURNAMES,
    ),
)  # fmt: skip
