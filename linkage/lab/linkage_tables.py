"""The persons of an extract in the columns that linkage evaluation reads."""

import datetime as dt

from linkage.lab.extracts import Extract, Table

__all__ = ["PERSON", "person_table"]

PERSON = ("rec_id", "given_name", "middle_name", "surname", "date_of_birth", "sex", "postcode")
_FROM_COUNCIL = ("child_id", "forename", "middle_name", "surname", "date_of_birth", "sex", "postcode")
_FROM_POLICE = ("child_ref", "forenames", "surname", "date_of_birth", "sex", "home_postcode")


def person_table(extract: Extract) -> Table:
    """One row a local child reference, in the order of the extract."""
    if extract.agency.role == "council":
        return Table(
            PERSON, [_council_person(row) for row in _columns(extract.tables["children"], _FROM_COUNCIL)]
        )
    rows = (_police_person(row) for row in _columns(extract.tables["episodes"], _FROM_POLICE))
    return Table(PERSON, list({row[0]: row for row in rows}.values()))


def _columns(table: Table, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    places = [table.columns.index(name) for name in names]
    return [tuple(row[place] for place in places) for row in table.rows]


def _council_person(row: tuple[str, ...]) -> tuple[str, ...]:
    born = dt.datetime.strptime(row[4], "%d/%m/%Y").date()  # noqa: DTZ007
    return (*row[:4], born.isoformat(), *row[5:])


def _police_person(row: tuple[str, ...]) -> tuple[str, ...]:
    """Split the forenames after the first word, as whoever maps the file would."""
    given, _, middle = row[1].partition(" ")
    return (row[0], given, middle, *row[2:])
