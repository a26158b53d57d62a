"""Tables counted a second time, with loops over every absence for every cell (docs/statistics.md).

What is true of each absence (``facts``) is taken as given: tests/test_statistics_settled.py is about that.
Codes of dimensions are recognised by functions written from the document, not by the trees.
"""

NOT_STATED = "not-stated"
UNDER = {
    "care-orders": {"C1", "C2"},
    "protection": {"L1", "L2", "L3"},
    "youth-justice": {"J1", "J2", "J3"},
    "by-the-clock": {"under-8h", "8h-24h", "24h-48h", "2d-7d", "7d-28d", "28d-or-more"},
    "by-the-day": {"same-day", "next-day", "2-days", "3-7-days", "8-28-days", "29-days-or-more"},
    "completed": {"within-72h", "after-72h", "hours-not-known"},
    "over-7-days": {"8-28-days", "over-28-days"},
}
UNDER["accepted"] = UNDER["completed"] | {"accepted-not-completed"}
UNDER["offered"] = UNDER["accepted"] | {"declined", "unable", "outcome-not-known"}
UNDER["reported-by-council"] = UNDER["offered"] | {"not-offered", "offer-not-recorded"}
PLACED = {
    "foster": "U1 U2 U3 U4 U5 U6",
    "childrens-homes": "K1 K2",
    "supported": "K3 H5 P2",
    "parents": "P1",
    "adoption": "A3 A4 A5 A6",
    "residential-other": "R1 R2 R3 R5 S1",
}


def year(month):
    first = int(month[:4]) - (1 if month[5:] in ("01", "02", "03") else 0)
    return f"{first}-{str(first + 1)[2:]}"


def quarter(month):
    number = {"04": 1, "05": 1, "06": 1, "07": 2, "08": 2, "09": 2, "10": 3, "11": 3, "12": 3}.get(
        month[5:], 4
    )
    return f"{year(month)} Q{number}"


def falls_under(name, code, value, directory, total):
    """Whether a value of a dimension counts under a code."""
    if code in (total, "total"):
        return True
    if name in ("area", "host_area", "region"):
        area = directory.get(value)
        if area is None:
            if value == NOT_STATED:
                return code == NOT_STATED
            return code in (value, "region-unknown")
        return code in (area.area_code, area.region_code, area.country_code)
    if name == "time":
        return code in (value, quarter(value), year(value))
    if name == "placement":
        for group, codes in PLACED.items():
            if value in codes.split():
                return code == group
        return code == (value if value in ("unknown", "not-looked-after") else "other-placement")
    if name == "legal_status" and value in ("V3", "V4"):
        value = "not-looked-after"
    return code == value or value in UNDER.get(code, ())


def banded(times):
    return (
        "1"
        if times == 1
        else "2"
        if times == 2
        else "3-4"
        if times < 5
        else "5-9"
        if times < 10
        else "10-or-more"
    )


def days_in(period):
    return range(period.first.toordinal(), period.last.toordinal() + 1)


def values_of(kind, facts, period, wanted):  # noqa: C901 (one way for each kind, on purpose)
    """Every thing that a table counts, as (child, thing, calls, values); one may come several times."""
    began = [
        (n, one)
        for n, one in enumerate(facts.absences)
        if period.first.strftime("%Y-%m") <= one.month <= period.last.strftime("%Y-%m")
        and wanted(one.responsible)
    ]
    missing = [(n, one) for n, one in began if one.kind == "missing"]
    last = period.last.toordinal()
    if kind in ("any-kind", "missing"):
        return [plain(facts, n, one) for n, one in (began if kind == "any-kind" else missing)]
    if kind == "missing-from-care":
        return [plain(facts, n, one) for n, one in missing if one.placement_change != "not-looked-after"]
    if kind == "interviewed":
        return [
            plain(facts, n, one, interview=one.interview.stage)
            for n, one in began
            if one.interview is not None
        ]
    if kind in ("interview-hours", "reasons", "harms"):
        found = []
        for n, one in began:
            if one.interview is None or one.interview.stage not in UNDER["completed"]:
                continue
            if kind == "interview-hours":
                found.append(plain(facts, n, one, interview_hours=one.interview.hours))
            if kind == "reasons":
                found += [plain(facts, n, one, reason=code) for code in one.interview.reasons]
            if kind == "harms":
                found += [plain(facts, n, one, harm=code) for code in one.interview.harms]
        return found
    if kind == "open":
        found = []
        for n, one in enumerate(facts.absences):
            if one.kind == "missing" and one.start.day <= last and wanted(one.responsible):
                so_far = last - one.start.day
                band = "up-to-7-days" if so_far <= 7 else "8-28-days" if so_far <= 28 else "over-28-days"
                if one.state == "disputed":
                    found.append(plain(facts, n, one, open_days=band, open_state="disputed"))
                elif one.end is None or one.end.day > last:
                    found.append(plain(facts, n, one, open_days=band, open_state="open"))
        return found
    if kind == "calls":
        return [
            (one.person, (n, m), 1, plain(facts, n, one, reconciliation_class=report.reconciliation_class)[3])
            for n, one in began
            for m, report in enumerate(one.reports)
        ]
    if kind in ("repeats", "three-in-90"):
        found = []
        for person in {one.person for _, one in missing}:
            own = [one for _, one in missing if one.person == person]
            ever = [one.start.day for one in facts.absences if one.person == person and one.kind == "missing"]
            # Three different absences, the last of which began in the period, on 90 days or fewer.
            three = any(
                len([day for day in ever if end - 90 < day <= end]) >= 3 and end in days_in(period)
                for end in ever
            )
            for area in {one.responsible for one in own}:
                values = {"area": area, "repeats": banded(len(own)), "three_in_90": "yes" if three else "no"}
                found.append((person, (person, area), 1, values))
        return found
    if kind == "looked-after":
        found = []
        for number, person in enumerate(facts.persons):
            councils = set()
            recent = 0
            for one in person.placements:
                until = 10**9 if one.last is None else one.last
                if any(one.first <= day <= until for day in days_in(period)):
                    councils.add(one.agency)
                if any(one.first <= day <= until for day in range(last - 364, last + 1)):
                    recent += 1
            band = "1" if recent < 2 else "2" if recent == 2 else "3-or-more"
            gone = any(one.person == number for _, one in missing)
            for area in councils:
                if wanted(area):
                    values = {"area": area, "placements": band, "went_missing": "yes" if gone else "no"}
                    found.append((number, (number, area), 1, values))
        return found
    raise AssertionError(kind)


def plain(facts, n, one, **more):
    person = facts.persons[one.person]
    values = {name: getattr(one, name) for name in one._fields}
    values |= {
        "sex": person.sex,
        "ethnicity": person.ethnicity,
        "uasc": person.uasc,
        "held_by": person.held_by,
    }
    values |= {"area": one.responsible, "host_area": one.host, "time": one.month, **more}
    return one.person, n, len(one.reports), values


def count_slowly(table, kind, facts, directory, period, areas=None):
    """Return value and largest of every cell of a table, by key."""
    things = values_of(kind, facts, period, lambda area: areas is None or area in areas)
    found = {}
    for key in table.cells:
        counted = {}
        for person, thing, calls, values in things:
            if all(
                falls_under(dimension.name, code, values[dimension.name], directory, dimension.codes[0])
                for dimension, code in zip(table.dimensions, key, strict=True)
            ):
                counted.setdefault(person, {})[thing] = calls
        if table.measure == "children":
            found[key] = (len(counted), 1 if counted else 0)
        else:
            amounts = [
                len(own) if table.measure == "incidents" else sum(own.values()) for own in counted.values()
            ]
            found[key] = (sum(amounts), max(amounts, default=0))
    return found
