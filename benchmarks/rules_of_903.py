"""Every rule over a children-looked-after return: rows flagged, beside an independent count.

``python -m benchmarks.rules_of_903 FOLDER`` reads header.csv, episodes.csv and missing.csv (uasc.csv if it is
there) as ``clew agency check`` does, joined to made-up names, for the collection year in which most episodes
began, and counts again with tests/oracles/rules_oracle.py, which shares no code with it.  ``--break N`` first
breaks about one row in N of missing.csv, seeded, so that rules have something to flag in a clean return.
Ends with 1 if any rule's rows differ.
"""

import argparse
import csv
import datetime as dt
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from cli.sources.context import Context
from cli.sources.extract import read_extract
from cli.sources.mapping import choose_mapping, parse_mapping
from cli.sources.rules import RULES
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from tests.oracles import rules_oracle

Row = dict[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--last-year", type=Path, help="last year's missing.csv, for rule 576")
    parser.add_argument("--break", dest="every", type=int, default=0, help="break one row in so many")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        figures = _figures(asked.folder, Path(made), asked.last_year, asked.every)
    print(f"collection year {figures['year']}, {figures['rows']:,} rows of missing.csv")
    print(f"{'rule':>5}{'flagged':>9}{'oracle':>9}{'differ':>8}  what it says")
    for one in figures["rules"]:
        counts = f"{one['flagged']:>9,}{one['oracle']:>9,}{one['differ']:>8,}"
        print(f"{one['rule']:>5}{counts}  {RULES[one['rule']]}")
    print("\n".join(f"{name:<12} {tally}" for name, tally in figures["tables"].items()))
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    sys.exit(any(one["differ"] for one in figures["rules"]))


def _figures(folder: Path, made: Path, last_year: Path | None, every: int) -> dict[str, Any]:
    for file in folder.iterdir():
        if file.name.lower() in {"header.csv", "episodes.csv", "missing.csv", "uasc.csv"}:
            shutil.copy(file, made / file.name.lower())
    header = _rows(made / "header.csv")
    _write(made / "names.csv", [{"CHILD": r["CHILD"], "FORENAME": "Ada", "SURNAME": "Lee"} for r in header])
    missing = _rows(made / "missing.csv")
    year = _collection_year(missing)
    if every:
        _write(made / "missing.csv", _broken(missing, every, year))
    first, last = dt.date(year, 4, 1), dt.date(year + 1, 3, 31)
    today = max(dt.datetime.now(dt.UTC).date(), last)
    period = Period(start=Moment.day(first), end=Moment.day(last))
    context = Context("E09", "council", today, period, last_year=last_year)
    extract = read_extract(made, parse_mapping(choose_mapping("ssda903")), context)
    mine = extract.log.rule_rows()
    theirs = rules_oracle.flagged(made, first, last, today, last_year)
    return {
        "year": f"{year}/{year + 1}",
        "rows": len(missing),
        "rules": [_compared(rule, {row for _, row in mine.get(rule, ())}, theirs[rule]) for rule in RULES],
        "tables": {
            name: f"read {t.read:,} = good {t.kept:,} + quarantined {t.quarantined:,} + outside {t.outside:,}"
            for name, t in extract.log.tallies.items()
        },
    }


def _compared(rule: str, mine: set[int], theirs: set[int]) -> dict[str, Any]:
    return {"rule": rule, "flagged": len(mine), "oracle": len(theirs), "differ": len(mine ^ theirs)}


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(path: Path, rows: list[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _collection_year(missing: list[Row]) -> int:
    starts = [day for row in missing if (day := rules_oracle.date(row["MIS_START"]))]
    return Counter(day.year - (day.month < 4) for day in starts).most_common(1)[0][0]


def _broken(rows: list[Row], every: int, year: int) -> list[Row]:
    chance = random.Random(903)
    changes: list[Row] = [
        {"MIS_START": ""},
        {"MISSING": ""},
        {"MIS_END": "01/01/2001"},
        {"MIS_START": f"01/06/{year + 2}", "MIS_END": ""},
        {"MIS_END": f"01/06/{year + 60}"},
        {"MIS_START": "31/02/2018"},
        {"MIS_END": "soon"},
        {"MIS_END": ""},
        {"MIS_START": "01/01/1999"},
    ]
    return [row | chance.choice(changes) if chance.randrange(every) == 0 else row for row in rows]


if __name__ == "__main__":
    main()
