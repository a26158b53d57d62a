"""Made-up people to measure on."""

from linkage.encode.identifiers import Identifiers
from linkage.lab.world import linkage_tables, simulate

__all__ = ["identifiers", "plain_people"]


def plain_people(count: int) -> list[dict[str, str]]:
    """Return people as plain fields, the same for every encoder that is measured."""
    world = simulate(count, seed=1)
    people: list[dict[str, str]] = []
    for name, table in sorted(linkage_tables(world).items()):
        if "entity_id" in table.columns:
            continue
        rows = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
        people += [{k: v for k, v in row.items() if k != "rec_id"} for row in rows if name]
    return people[:count]


def identifiers(count: int) -> list[Identifiers]:
    """Return people as the encoder takes them."""
    return [
        Identifiers(
            forename=person["given_name"],
            middle_name=person["middle_name"],
            surname=person["surname"],
            date_of_birth=person["date_of_birth"],
            sex=person["sex"],
            postcode=person["postcode"],
        )
        for person in plain_people(count)
    ]
