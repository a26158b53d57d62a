"""Reconciliation day by day: for each person and each day, who says that the child is missing.

An agency that holds an absence as open says so of every day until the months end for which it submitted.
Days in a row on which anybody says so are one absence, and everything follows from who said what in it.
That is so where a child's absences lie at least two days apart, and where nothing but a split makes an
agency hold one absence as several; worlds of that kind are what this oracle is for.
"""

import datetime as dt
from collections import defaultdict

ONE = dt.timedelta(days=1)
RANK = [
    "OPEN_CLOSED_CONFLICT",
    "SPLIT_MERGE",
    "MATCHED_START_CONFLICT",
    "MATCHED_END_CONFLICT",
    "TYPE_CONFLICT",
    "OUT_OF_AREA_UNSEEN",
    "MATCHED",
]


def day(moment):
    """The day of a moment; these worlds have no absence that begins or ends near midnight."""
    return moment.at.date()


class Told:
    """What one agency says of one absence: the days on which it calls the child missing."""

    def __init__(self, agency, role, episode, last_day):
        self.agency, self.role, self.episode = agency, role, episode
        self.key = (agency, episode.handle)
        self.first, self.open = day(episode.start), episode.end is None
        self.last = max(self.first, last_day) if self.open else day(episode.end)
        self.month = self.first.strftime("%Y-%m")
        self.days = {self.first + n * ONE for n in range((self.last - self.first).days + 1)}
        self.times = (self.first, episode.start.precision != "day", episode.start.at, episode.handle)


def classify_by_days(records, person_of):
    """Return the class of every episode, by agency and handle."""
    classes = {}
    world = World(records, person_of)
    for person, told in world.told.items():
        for absence in absences(told):
            classes |= world.classes(person, absence)
    return classes


def absences(told):
    """The reports of each absence: those that speak of days in a row."""
    who_says = defaultdict(list)
    for one in told:
        for each in one.days:
            who_says[each].append(one)
    found, yesterday = [], None
    for each in sorted(who_says):
        if yesterday is None or each - yesterday > ONE:
            found.append([])
        found[-1] += [one for one in who_says[each] if one not in found[-1]]
        yesterday = each
    return found


class World:
    def __init__(self, records, person_of):
        self.roles = {entry.agency: entry.role for entry in records}
        self.coverage = {
            entry.agency: {(row.area, row.month) for row in entry.payload.coverage} for entry in records
        }
        self.told, self.care = defaultdict(list), defaultdict(list)
        self.councils = defaultdict(set)
        for entry in records:
            last_day = self.last_day_covered(entry.agency)
            for child in entry.payload.children:
                person = person_of[entry.agency, child.handle]
                if entry.role == "council":
                    self.councils[person].add(entry.agency)
            for episode in entry.payload.episodes:
                person = person_of[entry.agency, episode.child]
                self.told[person].append(Told(entry.agency, entry.role, episode, last_day))
            for spell in entry.payload.care_spells:
                if spell.legal_status not in ("V3", "V4"):
                    self.care[person_of[entry.agency, spell.child]].append((entry.agency, spell))

    def last_day_covered(self, agency):
        """To the end of its last month: so long an agency's open episode is known to run."""
        months = [dt.date.fromisoformat(f"{month}-01") for _, month in self.coverage[agency]]
        return (max(months) + 31 * ONE).replace(day=1) - ONE

    def classes(self, person, absence):
        firsts, repeats = self.without_repeats(absence)
        found = {one.key: "DUPLICATE_WITHIN_AGENCY" for one in repeats}
        by_agency = defaultdict(list)
        for one in firsts:
            by_agency[one.agency].append(one)
        sides = defaultdict(list)
        for council in by_agency:
            for force in by_agency:
                if (self.roles[council], self.roles[force]) == ("council", "police"):
                    for one, name in compare(by_agency[council], by_agency[force]):
                        sides[one.key].append(name)
        holders = {one.agency for one in firsts if one.role == "council"}
        for one in firsts:
            names = sides[one.key] or [self.alone(one, person)]
            if self.somebody_lacks(one, person, holders):
                names = [*names, "OUT_OF_AREA_UNSEEN"]
            found[one.key] = min(names, key=lambda name: RANK.index(name) if name in RANK else len(RANK))
        return found

    def without_repeats(self, absence):
        firsts, repeats = [], []
        for one in sorted(absence, key=lambda one: one.times):
            again = any(other.agency == one.agency and other.days & one.days for other in firsts)
            (repeats if again else firsts).append(one)
        return firsts, repeats

    def looking_after(self, person, when):
        return [
            (council, spell)
            for council, spell in self.care[person]
            if day(spell.start) <= when and (spell.end is None or when <= day(spell.end))
        ]

    def somebody_lacks(self, one, person, holders):
        if one.role == "council" and one.episode.kind == "away":
            return False
        care = self.looking_after(person, one.first)
        strangers = holders - {council for council, _ in care}
        return any(
            council not in holders
            and (strangers or spell.area == "out")
            and (council, one.month) in self.coverage[council]
            for council, spell in care
        )

    def anybody_submitted(self, role, area, month):
        return any(
            (area, month) in self.coverage[agency] and (role == "police" or agency == area)
            for agency in self.coverage
            if self.roles[agency] == role
        )

    def alone(self, one, person):
        episode = one.episode
        if one.role == "council":
            if not self.anybody_submitted("police", episode.responsible or one.agency, one.month):
                return "NOT_COMPARABLE"
            return "COUNCIL_ONLY_M" if episode.kind == "missing" else "COUNCIL_ONLY_A"
        if not self.anybody_submitted("council", episode.responsible or episode.host, one.month):
            return "NOT_COMPARABLE"
        if not self.councils[person]:
            return "POLICE_ONLY_UNLINKED"
        return "POLICE_ONLY_CLA" if self.looking_after(person, one.first) else "POLICE_ONLY_NOT_CLA"


def compare(left, right):
    """Compare what a council and a force say of one absence; yields each report and its class."""
    assert min(len(left), len(right)) == 1, "not a world of this kind"
    if max(len(left), len(right)) > 1:
        (whole,), parts = sorted((left, right), key=len)
        still = [part for part in parts if part.open and not whole.open]
        for part in parts:
            yield part, "OPEN_CLOSED_CONFLICT" if part in still else "SPLIT_MERGE"
        yield whole, "OPEN_CLOSED_CONFLICT" if still else "SPLIT_MERGE"
        return
    (one,), (other,) = left, right
    yield from ((each, compare_two(one, other)) for each in (one, other))


def compare_two(one, other):
    if one.open != other.open:
        return "OPEN_CLOSED_CONFLICT"
    if abs(one.first - other.first) > ONE:
        return "MATCHED_START_CONFLICT"
    if not one.open and abs(one.last - other.last) > ONE:
        return "MATCHED_END_CONFLICT"
    return "MATCHED" if one.episode.kind == other.episode.kind else "TYPE_CONFLICT"
