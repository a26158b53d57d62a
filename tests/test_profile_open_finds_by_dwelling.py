"""``person-1-open`` finds two records that agree in little but the dwelling, which ``person-1`` does not."""

import numpy as np

from linkage.encode.identifiers import Identifiers
from linkage.lab.evaluation import Table, encode_tables
from linkage.match.kernel import candidate_pairs
from linkage.match.rows import gather
from linkage.shipped_profiles import shipped_profile

FIRST = Identifiers(
    forename="Petra",
    surname="Hollingworth",
    address="12 Kingsmill Street",
    locality="Ashford",
    postcode="2480",
)
SWAPPED = Identifiers(
    forename="Hollingworth",
    surname="Betra",
    address="12 Kingsmil Street",
    locality="Ashford",
    postcode="2840",
)


def _found(profile_name: str, *people: Identifiers) -> list[tuple[int, int]]:
    profile = shipped_profile(profile_name)
    table = Table("A", tuple(f"{number}" for number in range(len(people))), people)
    rows = gather([encoded.source for encoded in encode_tables([table], profile, bytes(32))], profile)
    pairs = candidate_pairs(rows, noise_z=profile.decision.noise_z, threads=1)
    return [(int(a), int(b)) for a, b in np.sort(rows.record[pairs], axis=1)]


def test_swapped_and_misspelt_names_without_a_date_are_found_by_their_dwelling() -> None:
    assert len(_found("person-1-open", FIRST, SWAPPED)) == 1
    assert _found("person-1", FIRST, SWAPPED) == []


def test_another_dwelling_is_not_found() -> None:
    elsewhere = Identifiers(
        forename="Hollingworth",
        surname="Betra",
        address="14 Kingsmill Street",
        locality="Ashford",
        postcode="2840",
    )
    assert _found("person-1-open", FIRST, elsewhere) == []
