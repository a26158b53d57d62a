"""Tidy CSV: one file for each table, in the shape of the Explore Education Statistics open data."""

import csv
import io
import re

from api.publishing.rows import printed
from linkage.register.statistics.published import Beside, LinkedShares, TableGroup

__all__ = ["file_name", "tidy_csv"]

_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


def file_name(group: TableGroup, suffix: str, name: str = "") -> str:
    """Return a file's name: the table's number and title, and the name of a second chart."""
    words = _NOT_PLAIN.sub("-", group.title.lower()).strip("-")
    return f"{group.number.lower()}_{words}{'_' if name else ''}{name}.{suffix}"


def tidy_csv(group: TableGroup, beside: Beside, linked: LinkedShares) -> bytes:
    """Write a table in UTF-8; figures and symbols only, no cell blank but for places of another level."""
    rows = printed(group, beside, linked)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(rows.columns)
    writer.writerows(rows.rows)
    return text.getvalue().encode()
