"""Made-up people to measure on."""

from collections.abc import Iterator
from functools import cache
from itertools import chain, islice
from itertools import count as count_from

import numpy as np

from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.lab.world import linkage_tables, simulate

__all__ = ["identifiers", "plain_people", "records", "streamed_records"]

_SEEDS_OF_A_STREAM = 5_000


@cache
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


def records(count: int) -> list[PersonRecord]:
    """Return people as records under random handles."""
    handles = np.random.default_rng(0).bytes(16 * count)
    return [
        PersonRecord(handles[16 * number : 16 * number + 16], (person,))
        for number, person in enumerate(identifiers(count))
    ]


def streamed_records(count: int) -> Iterator[PersonRecord]:
    """Yield any number of records one by one, without ever holding them.

    A world of so many people takes longer to make than to encode, so these are drawn value by value from a
    small one, with postcodes and dates of their own: as many distinct values as a nation's records have.
    """
    people = identifiers(_SEEDS_OF_A_STREAM)
    draw = np.random.default_rng(1)
    drawn = chain.from_iterable(
        draw.integers(0, (len(people), len(people), len(people), 99, 10, 400, 28), (1000, 7)).tolist()
        for _ in count_from(0)
    )
    for number, (*chosen, area, sector, unit, day) in enumerate(islice(drawn, count)):
        first, second, third = (people[place] for place in chosen)
        postcode = f"AB{area} {sector}{chr(65 + unit % 20)}{chr(65 + unit // 20)}"
        born = f"{third.date_of_birth[:-2]}{day + 1:02}" if third.date_of_birth else ""
        person = Identifiers(
            forename=first.forename,
            middle_name=first.middle_name,
            surname=second.surname,
            date_of_birth=born,
            sex=first.sex,
            postcode=postcode if third.postcode else "",
        )
        yield PersonRecord(number.to_bytes(16, "big"), (person,))
