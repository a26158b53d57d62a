"""The conformance digest: proof that two installations encode alike, before anything is compared.

It is a MAC over the encodings of fixed made-up people under the epoch's own keys.  A drifted normaliser,
table or library gives another digest, and the agency is refused.  The encodings themselves never leave:
under the epoch's keys they would be known pairs.
"""

import datetime
from typing import Final

from linkage.encode.encoder import Encoder
from linkage.encode.framing import KeyedHash
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.tables import tables_digest
from linkage.profile import EncodingProfile
from linkage.wire.derivation import derive
from linkage.wire.encodings import HANDLE_BYTES

__all__ = ["MADE_UP_PEOPLE", "conformance_digest"]

_TODAY: Final = datetime.date(2025, 1, 31)

MADE_UP_PEOPLE: Final = (
    Identifiers("Amelia", "Hartley", "Rose", "04/07/2009", "F", "LS6 3HN", "1 Mill Road", "Ash", "011349600"),
    Identifiers("MISS Zoë", "O’Brien", "n/a", "2010-02-28T00:00:00Z", "2", "sw1a1aa", "Flat 2, 9 Mill Lane"),
    Identifiers("Mr. Tom (Tommy)", "OBrien", "", "28 Feb 2010", "male", "SW1A IAA", "9A, St John's Wood"),
    Identifiers("JosÃ© Luis", "al-Hassan", "", "12.11.08", "1", "M1 1AE", "221 Baker Street", "Manchester"),
    Identifiers("Jose", "Al Hassan", "", "39764", "m", "M11AE", "221 baker st", "MANCHESTER"),
    Identifiers("Nguyễn Văn", "Ấn", "", "March 3rd, 2011", "", "ZZ99 3VZ", "no fixed abode"),
    Identifiers("Иван", "Щербаков", "Петрович", "20110331", "M", "B33 8TH", "7 Gravelly Lane", "Birmingham"),
    Identifiers("محمد", "عبد الرحمن", "", "٠٥/٠٦/٢٠١٢", "M", "CR2 6XH", "30 Mountain Creek Road"),
    Identifiers("小明", "王", "", "2012/13/05", "M", "DN55 1PT", "105 Piccadilly", "York"),
    Identifiers("Ægir", "Þórðarson", "Ø", "31-12-99", "x", "W1A 0AX", "1 Château Allée"),
    Identifiers("Kate also known as Katy", "Smith née Łukasiewicz", "", "15/08/2009", "F", "EC1A 1BB"),
    Identifiers("Daniel", "Tesfay", "", "15/08/2008", "M", "L1 8JQ", birth_uncertain=True),
    Identifiers("Selam", "ገብረ", "", "01/01/2008", "F", "CT16 1AB", "3 Harbour View", "Dover"),
    Identifiers("Abdul-Rahman", "Khan", "", "age 15", "M", "CT16 1AB"),
    Identifiers("Mohammed", "Ali", "", "2009", "M", "BD8 9QT"),
    Identifiers("Baby Girl", "Ellis", "", "02/01/2025", "F", "NE1 4ST", "12 Grey Street", "Newcastle"),
    Identifiers("Jo", "van der Berg", "", "31/02/2010", "F", "3084", "93 Oman Place", "Parmelia"),
    Identifiers("Xander", "Mac Donald jr", "D'Arcy", "05/06/2031", "M", "AB10 1XG", "5-7 Union Street"),
    Identifiers("", "Okafor", "", "17/09/2007", "M", "SE15 5EW", "44 Rye Lane", phone="+44 (0)20 7946 0958"),
    Identifiers("Dr", "???", "xxx", "17/09/1807", "7", "no idea", "n/k", "Leeds", "none"),
    Identifiers("A" * 300, "Smith", "", "soon", "F", "LS6 3HN", "unknown", "Ash"),
    Identifiers("Unknown", "Unknown", "", "00/00/0000", "U", "NK"),
    Identifiers("Tara", "Quill", "", "31/02/2010", "F", "SW1A 1AA, M1 1AE", nhs_number="943 476 5918"),
    Identifiers("Owen", "Pryce-Jones", "", "31/13/2010", "M", "LL57 2DG", upn="A12345678901B"),
    Identifiers("Olwen", "ap Rhys", "", "31/12/2010", "F", "LL57 2DG", nhs_number="12345", upn="A1"),
    Identifiers("Lena", "Frost", "", "07/06/2011", "F", "DT1 1XJ", upn="U80120000100A"),
)  # fmt: skip
"""Nobody: together they meet every rule and every reason of the normaliser."""


def conformance_digest(profile: EncodingProfile, epoch_key: bytes) -> str:
    """Return the conformance digest of this installation for a profile and epoch, as 64 hex digits.

    Raises :class:`linkage.errors.EpochError` for a key that does not have 32 bytes.  Source:
    docs/spec/encoding-1.md, section 9.
    """
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(epoch_key, profile), today=_TODAY)
    encodings = encoder.encode(
        PersonRecord(number.to_bytes(HANDLE_BYTES, "big"), (person,))
        for number, person in enumerate(MADE_UP_PEOPLE)
    )
    rows = [
        encodings.handles[row].tobytes()
        + bytes((encodings.variants[row], encodings.tiers[row]))
        + int(encodings.present[row]).to_bytes(4, "little")
        + encodings.bits[row].tobytes()
        + encodings.exact[row].tobytes()
        for row in range(len(encodings))
    ]
    first = "conformance", profile.digest, tables_digest()
    return KeyedHash(derive(epoch_key, "conformance"), *first)(b"".join(rows)).hex()
