"""What the vectors normalise and encode: texts as sources write them, of nobody who lives or lived."""

import random
from typing import Any, Final

from linkage.encode.conformance import MADE_UP_PEOPLE
from linkage.encode.identifiers import Identifiers

__all__ = ["FORMAL_NAMES", "normalisation_inputs", "people", "variant_inputs"]

_FORENAMES = (
    "Aisha", "Bartosz", "Chloe", "Dmitri", "Efua", "Fionn", "Grace", "Haruki", "Imogen", "Jürgen",
    "Khadija", "Łucja", "Mbali", "Niamh", "Oluwaseun", "Padraig", "Quang", "Rhys", "Siân", "Tariq",
    "Ulla", "Wren",
)  # fmt: skip
_SURNAMES = (
    "Abdullahi", "Baker-Shaw", "Crânganu", "D'Souza", "El Amrani", "Fitzgerald", "Grzybowski",
    "Hội", "Iqbal", "Jones", "Kovačević", "Lewis", "Mac Lean", "Nkemelu", "O'Neill", "Papadópoulos",
    "van Dijk", "Yılmaz",
)  # fmt: skip
_STREETS = ("Acacia Avenue", "Station Road", "The Green", "Queen's Terrace", "Bryn Celyn", "Wharf Lane")

_NAMES: Final = (
    "Anna", "ANNA", "anna-maria", "Anna Maria", "  Anna \t Maria ", "O'Brien", "O’Brien", "OBrien",
    "O`Brien", "O´Brien", "O ' Brien", "d’Souza", "al-Hassan", "Al Hassan", "Abd el-Rahman",
    "Mac Donald", "van der Berg", "Zoë", "Zoe\u0308", "ZOË", "Ǆordžević", "Straße", "STRASSE",
    "Łukasz", "Þórdís", "Ægir", "Œuvrard", "Ĳsbrand", "ﬁona", "Ａｎｎａ", "𝐀𝐧𝐧𝐚", "İpek", "Işık",
    "Ñandú", "Nguyễn Thị", "Żółć", "Đặng", "Ølstad", "Çağla", "Иван", "Щербаков", "Їжак", "Ґалаґан",
    "Ђорђе", "Αθηνά", "Ωμέγα", "Ὀδυσσεύς", "Հայկ", "שָׁלוֹם", "יעקב", "محمد", "عَبْدُ الله", "ﻣﺤﻤﺪ",
    "فاطمة", "گلناز", "आरती", "প্রিয়া", "ਗੁਰਪ੍ਰੀਤ", "ગીતા", "முருகன்", "สมชาย", "თამარ", "ገብረ",
    "さくら", "サクラ", "ｻｸﾗ", "小明", "王", "김민준", "𠮷田", "Jose\u200bLuis", "An\u00adna", "\ufeffAnna",
    "\u202eAnna\u202c", "Anna\u00a0Maria", "Anna\u2013Maria", "Anna\u2212Maria", "Anna\u2014Maria",
    "JosÃ©", "JosÃƒÂ©", "MÃ¼ller", "Ã\x81gnes", "Oâ€™Brien", "ÃrÃ©n", "Ñ", "Â", "Dr Ã…sa Ã",
    "Mr Smith", "Miss. Smith", "Rev'd Green", "Mrs", "Master", "Dr.", "Smith Jr", "Smith, Esq.",
    "Smith III", "Prof Dr Jones Jnr", "Jr", "Lady", "Anna 2nd", "2nd", "3rd Anna", "Anna (Annie)",
    "(Annie)", "Anna [Annie", 'Anna "Annie"', "Anna “Annie” Maria", "Anna 'Annie'", "Anna d'Arc'",
    "Anna known as Annie", "Known as Annie", "Anna aka Annie", "Anna a.k.a. Annie",
    "Anna a/k/a Annie", "Smith nee Jones", "Smith née Jones", "Nee", "Smith formerly Jones",
    "Kaur d/o Singh", "S/O Singh", "Anna/Annie", "A/B", "Anna / Annie", "Anna;Annie", "Anna|Annie",
    "Unknown/Anna", "Anna / ", "N/K", "n/a", "NA", "Not Known", "not-known", "unknown", "Test",
    "xxx", "X", "XXXX", "aaa", "bb", "zzzz", "aa aa", "nn n", "zz-zz", "ba byof Anna", "bb b'b",
    "Baby", "BABY GIRL", "Baby of Anna", "Twin 1",
    "Twin One", "infant", "Child", "no surname", "TBC", "Surname", "???", "-", "'", "''", "1234",
    "Anna1", "Anna 1 Maria", "4nna", "🙂", "Anna 🙂", "", " ", "\u00a0", "\x85", "\x1f", "\x00",
    "\x00Anna\x00", "\ud800", "Anna\ud800", "①②", "½", "A" * 256, "A" * 257, "A" * 4097, " " * 4097,
    "Ａ" * 129, "x" * 300, "A.B.", "A. B. Smith", "J.R.R.", "St. John", "Saint-Étienne", "N'Golo",
    "Ng", "O", "Y", "'t Hooft", "Anna-", "-Anna", "Anna--Maria", "Anna / Unknown (Annie) aka Ann",
    "Mr (Annie)", "Anna (", "Anna )", "((Anna))", "Ann_Marie", "Ann+Marie", "Ann&Marie",
    "Ann\\Marie", "Ann.Marie", "ʻOfa", "Hawaiʻi", "Ta‘ahine", "Qur´an", "«Anna»", "„Anna“",
    "Ann\u0cf3Lee", "Ann\u1c89Lee", "Ann\U000323afaka\U000323afNan", "Annaâšªakaâšªannie", "Ann\u0378Lee",
    "O\u2032Brien", "O\uff07Brien", "\u2033Anna\u2033", "\ua78bOfa", "Anna \u02bdAnn\u02bc", "\u0378",
)  # fmt: skip

_DATES: Final = (
    "2009-03-31", "2009/3/31", "2009.03.31", "2009 03 31", "2009-03-31T00:00:00Z",
    "2009-03-31 00:00:00", "2009-03-31T23:59:59.999+01:00", "2009-03-31T12:00 pm",
    "2009-03-31+01:00", "2009-03-31Z", "31/03/2009", "31/3/09", "31.3.09", "31-03-2009",
    "31 03 2009", "31. 3. 2009", "31/03/49", "31/03/50", "31/03/99", "31/03/00", "00/00/00",
    "00/00/0000", "00/03/2009", "00/00/2009", "03/31/2009", "03/04/2009", "13/13/2009", "20090331",
    "31032009", "20091331", "20090331T000000Z", "20090331T0000", "200903310000", "20093103",
    "Tue 31st March 2009", "31 March 2009", "Mar 31, 2009", "March 31st 2009", "31-Mar-09",
    "2009 March 31", "the 31st of March, 2009", "31 Mar", "31 Mrz 2009", "31 March 209",
    "March March 2009", "sept 2009", "Mar 2009", "March 09", "39903", "39903.0", "39903.75",
    "10000", "73050", "73051", "09999", "99999", "2009", "2009.0", "c. 2009", "circa 2009",
    "about 2009", "03/2009", "3-2009", "2009-03", "2009/3", "00/2009", "15", "15.0", "age 15",
    "aged 15", "15 yrs", "15 years old", "about 15", "15y", "150", "1899-12-31", "31/12/1899",
    "1900-01-01", "01/01/1900", "1900-01-02", "01/01/2009", "2009-01-01", "1 Jan 2009",
    "15/03/2009", "15/01/2009", "01/03/2009", "31/12/2099", "2100-01-01", "9999-12-31",
    "31/12/9999", "0000-00-00", "31/02/2009", "30/02/2009", "29/02/2009", "29/02/2008",
    "29/02/2000", "29/02/1900", "31/04/2009", "32/03/2009", "31/06/2009", "45/45/2009",
    "2009-13-05", "2009-13-45", "2009-00-31", "٣١/٠٣/٢٠٠٩", "３１／０３／２００９", "۳۱-۰۳-۲۰۰۹",
    "३१/०३/२००९", "31–03–2009", "31−03−2009", "31\\03\\2009", "31_03_2009", "'31/03/2009",
    '"31/03/2009"', "31,03,2009", "  31/03/2009  ", "31/03/2009\u00a0", "31/ 03/ 2009",
    "31//03//2009", "31///03///2009", "unknown", "n/k", "NK", "not known", "tbc", "soon", "?", "-",
    "", " ", "\x85", "31/03/2009 approx", "31\u200b/03/2009", "mars 2009", "31 марта 2009",
    "2009年3月31日", "1/2/3/2009", "3" * 4097, "31/03/20O9", "31/03/2009 14:30", "31/03/2009 2:30 pm",
    "31/03/2009t14:30:00z", "2009-03-31T00:00:00 UTC", "4/7/2009", "2025-01-31", "2025-02-01",
    "02/2025", "2026", "01/01/2025", "31/02/2025",
    "04\u0cf3/07/2009", "31\u0903/03/2009", "31\U0001171e/03/2009", "31/03/2009\u0378", "ca 2009",
    "31/03/2009 9:05am bst", "2009-03-31 12:00:00,5 +0100", "200903312359", "20090331T245959",
    "20090331235959.5z", "about. 2009",
)  # fmt: skip

_POSTCODES: Final = (
    "SW1A 1AA", "sw1a1aa", "SW1A  1AA", " sw1a-1aa ", "SWIA 1AA", "SW1A IAA", "SW1A 1A4", "M1 1AE",
    "M1 IAE", "M11AE", "B33 8TH", "CR2 6XH", "DN55 1PT", "W1A OAX", "EC1A 1BB", "GIR 0AA",
    "GIR OAA", "BFPO 57", "JE2 3XP", "ZZ99 3VZ", "zz993cz", "ZZ99", "NFA", "no fixed abode",
    "homeless", "unknown", "n/k", "N/A", "00000", "99999", "0000 000", "3084", "90210", "K1A 0B1",
    "75008", "D02 AF30", "AB", "A1", "ABCDEF", "12345678901", "SW1A", "SW1A 1AA; M1 1AE",
    "SW1A 1AA M1 1AE SW1A 1AA", "was SW1A 1AA", "ZZ99 3VZ then M1 1AE", "M1 1AE (ZZ99 3VZ)",
    "ＳＷ１Ａ　１ＡＡ", "SW1A\u00a01AA", "SW1A 1AA.", "?", "", " ", "\ufeff", "S1A 1AA 1AA", "9" * 4097,
    "E1O 6NP", "M㏪ B㏪", "LS6 3HN, Leeds", "Flat 3 LS6 3HN", "СW1A 1AA",
)  # fmt: skip

_SEXES: Final = (
    "M", "m", "Male", "MAN", "boy", "1", "F", "female", "Woman", "girl", "2", "U", "u", "X", "0",
    "9", "i", "Unknown", "other", "not stated", "non-binary", "N/K", "", " ", "?", "3", "mf", "Ｍ",
    "Ｆ.", "m.", "prefer", "m" + " " * 4096,
)  # fmt: skip

_PLACES: Final = (
    "1 Mill Road", "1, MILL ROAD", "Flat 2, 9 Mill Lane", "9A, St John’s Wood", "5-7 Union Street",
    "Château Allée 12", "The Old Vicarage", "unknown", "n/k", "Address Unknown", "no fixed abode",
    "N.F.A.", "homeless", "-", "", " ", "x" * 257, "a b " * 80, "y" * 4097, "12", "ул. Ленина 5",
    "東京都", "c/o 3 High St", "221b Baker Street", "Unit 4/3", "Ⅳ Park Row", "１２ Ｍｉｌｌ", "co. Durham",
    "withheld", "12 Möwenstraße",
)  # fmt: skip

_PHONES: Final = (
    "020 7946 0958", "+44 20 7946 0958", "+44 (0)20 7946 0958", "0044 20 7946 0958",
    "44 7700 900123", "07700 900123", "07700900123 (mum)", "123456", "1234567", "123456789012345",
    "1234567890123456", "0000000", "1111111", "none", "?", "", " ", "٠٧٧٠٠٩٠٠١٢٣",
    "+1 202 555 0143", "441234", "00447700900", "07700900123" + " " * 4096,
)  # fmt: skip

_NHS_NUMBERS: Final = (
    "943 476 5919", "9434765919", "943-476-5919", "9434765919.0", "9434765918", "943476591",
    "94347659190", "0000000000", "1111111111", "9999999999", "unknown", "n/k", "pending", "?", "",
    " ", "９４３４７６５９１９", "NHS 9434765919", " 9434765919 ", "9434765919.00", "9434765919.5",
    "9" * 4097,
)  # fmt: skip

_UPNS: Final = (
    "A801200005001", "B801200005001", "b801200005001", "H801200001001", "T80120000100A",
    "H80120000100A", "UN1", "UN0", "un9", "UN10", "I801200005001", "B80120000500", "B8012000050012",
    "B801200005001.0", "unknown", "not known", "", " ", "?", "0000000000000", "B80120000500I",
    "Ｂ801200005001", "B-801-2000-05001", "D90920000503B", "K90920000503B",
)  # fmt: skip

_FIELDS: Final = {
    "forename": _NAMES, "surname": _NAMES, "date_of_birth": _DATES, "sex": _SEXES, "postcode": _POSTCODES,
    "address": _PLACES, "locality": ("Leeds", "NEWCASTLE upon TYNE", "n/k", "St. Ives", "Ynys Môn"),
    "phone": _PHONES, "nhs_number": _NHS_NUMBERS, "upn": _UPNS, "middle_name": ("Rose", "n/a", "Baby", "J."),
}  # fmt: skip

_VARIANTS: Final[tuple[dict[str, Any], ...]] = (
    {"forename": "Kate (known as Katy)", "surname": "Smith"},
    {"forename": "Kate known as Katy", "surname": "Smith née Jones", "postcode": "SW1A 1AA; M1 1AE; B33 8TH"},
    {"forename": "Tom known as Tommy Smith", "surname": "Smith"},
    {"forename": 'Anna "Annie" / Ann', "surname": "Lee aka Li formerly Leigh"},
    {"forename": "Anna (twin)", "surname": "Lee (see note)"},
    {"forename": "Anna (prefers Ann)", "surname": "Lee (was Li)"},
    {"forename": "Anna (goes by Nan, b. 2009)", "surname": "Lee (deceased)"},
    {"forename": "Anna (one two three four five)", "surname": "Lee (Li / Leigh)"},
    {"forename": "Unknown / Anna", "surname": "N/K"},
    {"forename": "Anna / Annie / Nan / Ann / Nancy", "surname": "Lee"},
    {"forename": "(Annie)", "surname": "Kaur d/o Singh"},
    {"forename": "Иван (Ваня)", "surname": "Щербаков"},
    {"forename": "Anna", "postcode": "ZZ99 3VZ, M1 1AE, M11AE", "postcode_shared": True},
    {"forename": "Anna", "surname": "Lee", "date_of_birth": "04/07/2009"},
    {"forename": "Anna (Jr)", "surname": "Lee (A)"},
    {"forename": "Anna (Annie) (Nan) / Annie", "surname": "Lee aka Li / Leigh (L-i) (Loy)"},
    {"forename": "Annaâšªakaâšªannie", "postcode": "M㏪ B㏪"},
    {"forename": "Ann\U000323afaka\U000323afNan", "postcode": "SW1A1AA\U000323afM11AE"},
    {
        "forename": "Anna / " + " / ".join(f"B{letter}a" for letter in "abcdefghijklmnopqrst"),
        "surname": "Lee",
    },
    {},
)

FORMAL_NAMES: Final = (
    "bill", "kate", "alex", "katherine", "catherine", "muhammad", "mo", "ian", "sasha", "jamie",
    "jo", "beth", "liz", "jack", "harry", "mikey", "ollie", "lexi", "charlie", "sam", "robbie",
    "abi", "zac", "xander", "ellie", "quang", "zzyzx", "nell", "tony", "pat", "steve", "stephen",
    "yusuf", "teddy", "ted",
)  # fmt: skip
"""Normalised forenames whose formal names are vectors."""


def people() -> list[Identifiers]:
    """Return whole sets of identifiers: those of the conformance digest, drawn ones, and a few odd ones."""
    draw = random.Random(1)
    drawn = [
        Identifiers(
            forename=draw.choice(_FORENAMES),
            surname=draw.choice(_SURNAMES),
            middle_name=draw.choice(("", *_FORENAMES)),
            date_of_birth=f"{draw.randint(1, 28):02}/{draw.randint(1, 12):02}/{draw.randint(2005, 2024)}",
            sex=draw.choice("MFU"),
            postcode=f"{draw.choice('BELMNSW')}{draw.randint(1, 28)} {draw.randint(1, 9)}AQ",
            address=f"{draw.randint(1, 200)} {draw.choice(_STREETS)}",
            locality=draw.choice(("Bangor", "Corby", "Leith", "Omagh")),
        )
        for _ in range(44)
    ]
    return [*MADE_UP_PEOPLE, *drawn, *_ODD_PEOPLE]


_ODD_PEOPLE: Final = (
    Identifiers("Bill", "Ashe", "", "07/04/2009", "M", "LS6 3HN", "12 Grove Rd", postcode_shared=True),
    Identifiers("William", "Ashe", "", "04/07/2009", "M", "LS6 3HN", "Flat 12a Grove Road", "Leeds"),
    Identifiers("Ashe", "William", "B", "2009-07-04", "M", phone="07700 900123", nhs_number="943 476 5919"),
    Identifiers("Kate", "Hwhyaeiouy", "", "2008", "F", "M1 1AE", upn="H801200001001", postcode_shared=True),
    Identifiers("Al", "O", "Q", "15/06/2010", "F", "M1 1AE", "7", birth_uncertain=True),
    Identifiers("Pfister", "Tymczak", "", "23/11/2011", "M", "90210", "1a b2 c3dd 4ee"),
    Identifiers(surname="Ng", date_of_birth="29/02/2012", postcode="CT16 1AB", postcode_shared=True),
    Identifiers(forename="Mo", date_of_birth="30/02/2012", birth_uncertain=True, sex="M"),
    Identifiers(),
)


def normalisation_inputs() -> list[dict[str, Any]]:
    """Return identifiers of one field each, some in the other order of dates, some with a today."""
    singly = [{"identifiers": {field: text}} for field, texts in _FIELDS.items() for text in texts if text]
    marked = [
        {"identifiers": {"date_of_birth": text, "birth_uncertain": True}}
        for text in (
            "01/03/2009",
            "15/03/2009",
            "16/03/2009",
            "2009",
            "age 15",
            "soon",
            "31/02/2009",
            "01/01/2009",
            "",
        )
    ]
    american = [
        {"identifiers": {"date_of_birth": text}, "date_order": "mdy"}
        for text in (
            "03/31/2009",
            "31/03/2009",
            "03/04/09",
            "03042009",
            "2009-03-04",
            "4 March 2009",
            "13/13/2009",
        )
    ]
    today = [
        {"identifiers": {"date_of_birth": text}, "today": "2025-01-31"}
        for text in ("31/01/2025", "01/02/2025", "2025", "02/2025", "2026", "31/02/2025", "45690", "age 3")
    ]
    shared = [
        {"identifiers": {"postcode": text, "postcode_shared": True}}
        for text in ("LS6 3HN", "3084", "ZZ99 3VZ", "?")
    ]
    return [*singly, *marked, *american, *today, *shared]


def variant_inputs() -> list[dict[str, Any]]:
    """Return identifiers that stand for several sets."""
    return [{"identifiers": dict(written)} for written in _VARIANTS]
