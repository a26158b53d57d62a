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
    "over-7-days": {"8-28-days", "over-28-days"},
}
COMPLETED = {"within-72h", "after-72h", "hours-not-known"}
ACCEPTED = COMPLETED | {"accepted-not-completed"}
OFFERED = ACCEPTED | {"declined", "unable", "outcome-not-known"}
BY_COUNCIL = OFFERED | {"not-offered", "offer-not-recorded"}
INTERVIEWS = {
    "completed": COMPLETED,
    "accepted": ACCEPTED,
    "offered": OFFERED,
    "reported-by-council": BY_COUNCIL,
    "ended": BY_COUNCIL | {"no-council-report"},
}
CARE = ("legal_status", "placement", "provider", "placement_change")
NO_CARE = ("not-looked-after", "care-not-known")
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
    return f"{first}/{str(first + 1)[2:]}"


def quarter(month):
    number = {"04": 1, "05": 1, "06": 1, "07": 2, "08": 2, "09": 2, "10": 3, "11": 3, "12": 3}.get(
        month[5:], 4
    )
    return f"{year(month)} Q{number}"


def falls_under(name, code, value, directory, total):  # noqa: C901 (one way for each dimension)
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
    if name == "interview" and code in INTERVIEWS:
        return value in INTERVIEWS[code]
    if name in ("interview_hours", "reason", "harm") and code == "completed":
        return value != "no-completed-interview"
    if name in CARE and code == "looked-after":
        return value not in NO_CARE
    if name == "legal_status" and value in ("V3", "V4"):
        return code == "unknown"
    if name == "placement" and value not in NO_CARE:
        for group, codes in PLACED.items():
            if value in codes.split():
                return code == group
        return code == ("unknown" if value == "unknown" else "other-placement")
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


def values_of(kind, facts, period):  # noqa: C901 (one way for each kind, on purpose)
    """Every thing that a table counts, as (child, thing, calls, values); one may come several times."""
    months = period.months
    began = [(n, one) for n, one in enumerate(facts.absences) if one.month in months]
    missing = [(n, one) for n, one in began if one.kind == "missing"]
    last = period.last.toordinal()
    if kind == "away":
        return [plain(facts, n, one) for n, one in began if one.kind == "away"]
    if kind == "missing":
        found = []
        for n, one in missing:
            stage = "not-ended" if one.end is None else one.interview.stage
            hours = one.interview.hours if stage in COMPLETED else "no-completed-interview"
            found.append(plain(facts, n, one, interview=stage, interview_hours=hours))
        return found
    if kind in ("reasons", "harms"):
        found = []
        for n, one in missing:
            done = one.interview is not None and one.interview.stage in COMPLETED
            codes = ["no-completed-interview"]
            if done:
                codes = one.interview.reasons if kind == "reasons" else one.interview.harms
            found += [plain(facts, n, one, **{kind[:-1]: code}) for code in codes]
        return found
    if kind == "open":
        found = []
        for n, one in enumerate(facts.absences):
            if one.kind == "missing" and one.start.day <= last:
                so_far = last - one.start.day
                band = "up-to-7-days" if so_far <= 7 else "8-28-days" if so_far <= 28 else "over-28-days"
                if one.state == "disputed":
                    found.append(
                        plain(facts, n, one, open_days=band, open_state="disputed", time=period.code)
                    )
                elif one.end is None or one.end.day > last:
                    found.append(plain(facts, n, one, open_days=band, open_state="open", time=period.code))
        return found
    if kind == "calls":
        return [
            (one.person, (n, m), 1, plain(facts, n, one, reconciliation_class=report.reconciliation_class)[3])
            for n, one in missing
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
                values = {
                    "time": period.code,
                    "area": area,
                    "repeats": banded(len(own)),
                    "three_in_90": "yes" if three else "no",
                }
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
                values = {"area": area, "placements": band, "went_missing": "yes" if gone else "no"}
                found.append((number, (number, area), 1, {"time": period.code, **values}))
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


def count_slowly(table, kind, facts, directory, period):
    """Return value and largest of every cell of a table, by key."""
    things = values_of(kind, facts, period)
    measure = table.measure.split("_")[0]
    found = {}
    for key in table.cells:
        counted = {}
        for person, thing, calls, values in things:
            if all(
                falls_under(dimension.name, code, values[dimension.name], directory, dimension.codes[0])
                for dimension, code in zip(table.dimensions, key, strict=True)
            ):
                counted.setdefault(person, {})[thing] = calls
        if measure == "children":
            found[key] = (len(counted), 1 if counted else 0)
        else:
            amounts = [len(own) if measure == "incidents" else sum(own.values()) for own in counted.values()]
            found[key] = (sum(amounts), max(amounts, default=0))
    return found
