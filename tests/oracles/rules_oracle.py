"""The return's rules once more, slowly and plainly, over its CSV files: rule number to flagged rows.

Rows count as a spreadsheet counts.  A row that cannot be used at all (its child is not in the header or has
no usable date of birth, its reference was there before) is judged by no rule; the rules that compare rows
look only at those that are sent: without an error, and not outside the period.
"""

import csv
import datetime as dt
from pathlib import Path

Flagged = dict[str, set[int]]
RULES = ("564", "565", "567", "570", "571", "574", "575", "576", "577", "578", "581", "586", "1004", "1005")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = [dict(row) for row in csv.DictReader(stream)]
    for number, row in enumerate(rows, start=2):
        row["row"] = str(number)
    return rows


def date(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text.strip(), "%d/%m/%Y").date()
    except ValueError:
        return None


def flagged(
    folder: Path, first: dt.date, last: dt.date, today: dt.date, last_year: Path | None = None
) -> Flagged:
    found: Flagged = {rule: set() for rule in RULES}
    latest = max(today, last)
    births = {}
    for row in read(folder / "header.csv"):
        born = date(row["DOB"])
        if born and born > latest:
            found["586"].add(int(row["row"]))
        elif born:
            births[row["CHILD"]] = born
    rows = read(folder / "missing.csv")
    sent = [row for row in unique(rows, births) if judge(row, births, first, last, latest, found)]
    spells = care(folder, births, latest)
    for row in sent:
        compare(row, sent, spells.get(row["CHILD"], []), found)
    if last_year is not None:
        there = {(row["CHILD"], date(row["MIS_START"])) for row in rows}
        for row in read(last_year):
            start = date(row["MIS_START"])
            if start and not row["MIS_END"] and (row["CHILD"], start) not in there:
                found["576"].add(int(row["row"]))
    return found


def unique(rows: list[dict[str, str]], births: dict[str, dt.date]) -> list[dict[str, str]]:
    seen, kept = set(), []
    for row in rows:
        key = (row["CHILD"], date(row["MIS_START"]) or row["MIS_START"])
        if row["MIS_START"] and key in seen:
            continue
        seen.add(key)
        if row["CHILD"] in births:
            kept.append(row)
    return kept


def judge(
    row: dict[str, str],
    births: dict[str, dt.date],
    first: dt.date,
    last: dt.date,
    latest: dt.date,
    found: Flagged,
) -> bool:
    """Flag what is wrong with a row alone; tell whether it is sent."""
    number, kind = int(row["row"]), row["MISSING"]
    start, end = date(row["MIS_START"]), date(row["MIS_END"])
    blank = not row["MIS_START"]
    wrong = {
        rule
        for rule, holds in {
            "564": blank and kind,
            "565": not blank and not kind,
            "1004": start is None and not (blank and kind),
            "1005": row["MIS_END"] and end is None,
            "567": start and end and end < start,
            "570": start and start > latest,
            "571": start and end and end > latest,
            "586": start and start <= latest and start < births[row["CHILD"]],
        }.items()
        if holds
    }
    usable = not wrong and kind in ("M", "A")
    if usable and start and start > last:
        wrong.add("570")
    elif usable and end and end < first:
        wrong.add("571")
    for rule in wrong:
        found[rule].add(number)
    return usable and not wrong


def care(folder: Path, births: dict[str, dt.date], latest: dt.date) -> dict[str, list[list[dt.date | None]]]:
    spells: dict[str, list[list[dt.date | None]]] = {}
    seen = set()
    for row in read(folder / "episodes.csv"):
        start, end = date(row["DECOM"]), date(row["DEC"])
        known = (row["CHILD"], start) in seen
        seen.add((row["CHILD"], start))
        if row["CHILD"] not in births or start is None or known or start > latest:
            continue
        if (row["DEC"] and end is None) or (end and end < start):
            continue
        spells.setdefault(row["CHILD"], []).append([start, end])
    return spells


def compare(
    row: dict[str, str], sent: list[dict[str, str]], spells: list[list[dt.date | None]], found: Flagged
) -> None:
    number, start, end = int(row["row"]), date(row["MIS_START"]), date(row["MIS_END"])
    assert start is not None
    for other in sent:
        begun, over = date(other["MIS_START"]), date(other["MIS_END"])
        assert begun is not None
        earlier = (begun, int(other["row"])) < (start, number)
        if other["CHILD"] == row["CHILD"] and earlier and (over is None or over > start):
            found["574"].add(number)
    if not spells:
        return
    at = [s for s in spells if s[0] and s[0] <= start and (s[1] is None or s[1] >= start)]
    if all(s[0] and start < s[0] for s in spells):
        found["581"].add(number)
    elif not at:
        found["578"].add(number)
    if end is None and all(s[1] for s in spells):
        found["577"].add(number)
    elif end is None and at:
        # Of two that meet on the day, the one that had begun before.
        begun_first = min(at, key=lambda s: (s[0] or dt.date.min, s[1] or dt.date.max))
        if begun_first[1] is not None:
            found["575"].add(number)
