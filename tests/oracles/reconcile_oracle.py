"""Reconciliation written a second time, slowly, from the rules in docs/reconciliation.md.

Intervals are sets of days or of minutes, matchings are found by listing them all, and every question is
answered by going through every record of every agency.  Nothing is shared with linkage.register.
"""

import datetime as dt
from collections import Counter
from itertools import combinations

ORDER = [
    "OPEN_CLOSED_CONFLICT",
    "SPLIT_MERGE",
    "MATCHED_START_CONFLICT",
    "MATCHED_END_CONFLICT",
    "TYPE_CONFLICT",
    "OUT_OF_AREA_UNSEEN",
    "MATCHED",
    "COUNCIL_ONLY_M",
    "POLICE_ONLY_CLA",
    "POLICE_ONLY_NOT_CLA",
    "POLICE_ONLY_UNLINKED",
    "COUNCIL_ONLY_A",
    "NOT_COMPARABLE",
    "DUPLICATE_WITHIN_AGENCY",
]
ONE_DAY = dt.timedelta(days=1)
ONE_MINUTE = dt.timedelta(minutes=1)
DATE = "day"


def last_sunday(year, month):
    day = dt.date(year, month, 31)
    while day.weekday() != 6:
        day -= ONE_DAY
    return dt.datetime(year, month, day.day, 1, tzinfo=dt.UTC)


def local(moment):
    """A moment's wall-clock reading in London: summer time between the last Sundays of March and October."""
    if moment.precision == DATE:
        return moment.at
    summer = last_sunday(moment.at.year, 3) <= moment.at < last_sunday(moment.at.year, 10)
    return moment.at + (dt.timedelta(hours=1) if summer else dt.timedelta(0))


def civil_day(moment):
    return local(moment).date()


def month(moment):
    return civil_day(moment).strftime("%Y-%m")


def last_of_month(text):
    day = dt.date.fromisoformat(text + "-28")
    while (day + ONE_DAY).month == day.month:
        day += ONE_DAY
    return day


class Interval:
    """An episode with an end, given or assumed, as sets."""

    def __init__(self, agency, episode, world):
        self.agency, self.episode, self.handle = agency, episode, episode.handle
        self.open = episode.end is None
        self.start_is_date = episode.start.precision == DATE
        self.first = civil_day(episode.start)
        self.begins = episode.start.at
        if self.open:
            self.end_is_date, self.ends = True, None
            self.last = max(self.first, world.snapshot_end(agency))
            returns = [
                (civil_day(other.start), other.start)
                for other in world.payloads[agency].episodes
                if other.child == episode.child
                and civil_day(other.start) - self.first > world.day_tolerance // ONE_DAY * ONE_DAY
            ]
            if returns and min(day for day, _ in returns) < self.last:
                # Of several that day a bare date comes first, then the earliest time.
                self.last = min(day for day, _ in returns)
                at = min(
                    (s for day, s in returns if day == self.last), key=lambda s: (s.precision != DATE, s.at)
                )
                self.end_is_date, self.ends = at.precision == DATE, at.at
        else:
            self.end_is_date = episode.end.precision == DATE
            self.ends = episode.end.at
            self.last = max(self.first, civil_day(episode.end))

    def days(self, margin=dt.timedelta(0)):
        first, last = self.first - margin // ONE_DAY * ONE_DAY, self.last + margin // ONE_DAY * ONE_DAY
        return {first + n * ONE_DAY for n in range((last - first).days + 1)}

    def minutes(self, margin=dt.timedelta(0)):
        first, last = self.begins - margin, self.ends + margin
        return {first + n * ONE_MINUTE for n in range((last - first) // ONE_MINUTE + 1)}

    def sort_key(self):
        return (self.first, not self.start_is_date, self.begins, self.handle)


class World:
    def __init__(self, records, person_of, *, day_tolerance=ONE_DAY, minute_tolerance=dt.timedelta(hours=6)):
        self.payloads = {r.agency: r.payload for r in records}
        self.roles = {r.agency: r.role for r in records}
        self.person_of = person_of
        self.day_tolerance, self.minute_tolerance = day_tolerance, minute_tolerance
        self.intervals = [
            Interval(agency, episode, self) for agency, p in self.payloads.items() for episode in p.episodes
        ]

    def person(self, agency, child):
        return self.person_of.get((agency, child), (agency, child))

    def person_of_interval(self, interval):
        return self.person(interval.agency, interval.episode.child)

    def snapshot_end(self, agency):
        months = [row.month for row in self.payloads[agency].coverage]
        if months:
            return last_of_month(max(months))
        mentioned = []
        for payload in self.payloads.values():
            mentioned += [last_of_month(row.month) for row in payload.coverage]
            for record in (*payload.episodes, *payload.care_spells):
                mentioned += [civil_day(m) for m in (record.start, record.end) if m is not None]
        return max(mentioned)

    # --- two intervals -------------------------------------------------------------------------------

    def starts_agree(self, a, b):
        if a.start_is_date or b.start_is_date:
            return abs(a.first - b.first) <= self.day_tolerance
        return abs(a.begins - b.begins) <= self.minute_tolerance

    def ends_agree(self, a, b):
        if a.end_is_date or b.end_is_date:
            return abs(a.last - b.last) <= self.day_tolerance
        return abs(a.ends - b.ends) <= self.minute_tolerance

    def overlap(self, a, b):
        dates = {a.start_is_date, a.end_is_date, b.start_is_date, b.end_is_date}
        if dates == {False}:
            return bool(a.minutes(self.minute_tolerance) & b.minutes())
        if dates == {True}:
            return bool(a.days(self.day_tolerance) & b.days())
        return self.not_before(a, b) and self.not_before(b, a)

    def not_before(self, a, b):
        """Whether ``b`` starts no later than the tolerance after the end of ``a``, by what those two know."""
        if a.end_is_date or b.start_is_date:
            return b.first - a.last <= self.day_tolerance
        return b.begins - a.ends <= self.minute_tolerance

    def same_absence(self, a, b):
        return self.overlap(a, b) or self.starts_agree(a, b)

    def distance(self, a, b):
        by_day = a.start_is_date or b.start_is_date
        start = abs(a.first - b.first) if by_day else abs(a.begins - b.begins)
        end = abs(a.last - b.last) if a.end_is_date or b.end_is_date else abs(a.ends - b.ends)
        if a.open and b.open:
            end = dt.timedelta(0)
        x, y = sorted((a, b), key=lambda i: i.agency)
        return (start + end, start, x.handle, y.handle)

    # --- one agency ----------------------------------------------------------------------------------

    def returned_between(self, a, b):
        """Whether one child record says that the absence ``a`` was over when ``b`` began."""
        if a.episode.child != b.episode.child:
            return False
        if a.open:
            return (b.first - a.first) // ONE_DAY > self.day_tolerance // ONE_DAY
        later = b.first > a.first if a.start_is_date or b.start_is_date else b.begins > a.begins
        after = b.first >= a.last if a.end_is_date or b.start_is_date else b.begins >= a.ends
        return later and after

    def first_reports(self):
        kept = []
        for interval in sorted(self.intervals, key=Interval.sort_key):
            if not any(
                other.agency == interval.agency
                and self.person_of_interval(other) == self.person_of_interval(interval)
                and self.same_absence(other, interval)
                and not self.returned_between(other, interval)
                for other in kept
            ):
                kept.append(interval)
        return kept

    # --- two agencies --------------------------------------------------------------------------------

    def matching(self, left, right):
        """The only one-to-one matching to which no two episodes object."""
        pairs = [(a, b) for a in left for b in right if self.same_absence(a, b)]
        stable = [m for m in all_matchings(pairs) if not any(self.objects(p, m) for p in pairs)]
        assert len(stable) == 1
        return stable[0]

    def objects(self, pair, matching):
        if pair in matching:
            return False
        rivals = [m for m in matching if m[0] is pair[0] or m[1] is pair[1]]
        return all(self.distance(*pair) < self.distance(*rival) for rival in rivals)

    def all_pairs(self, kept):
        found = []
        for x, y in combinations(sorted(self.payloads), 2):
            for person in {self.person_of_interval(i) for i in kept}:
                mine = [i for i in kept if self.person_of_interval(i) == person]
                left = [i for i in mine if i.agency == x]
                found += self.matching(left, [i for i in mine if i.agency == y])
        return found

    def differences(self, a, b):
        return {
            name
            for name, differs in (
                ("open", a.open != b.open),
                ("start", not self.starts_agree(a, b)),
                ("end", not a.open and not b.open and not self.ends_agree(a, b)),
                ("type", a.episode.kind != b.episode.kind),
            )
            if differs
        }

    # --- one agency's one is another's several -------------------------------------------------------

    def is_part(self, part, whole):
        """Inside the whole; or inside the whole made longer by the tolerance, and more than a touch."""
        if part.open:
            last, at, date = part.first, part.begins, part.start_is_date
        else:
            last, at, date = part.last, part.ends, part.end_is_date
        by_day = part.start_is_date or whole.start_is_date
        early = whole.first - part.first if by_day else whole.begins - part.begins
        early_limit = self.day_tolerance if by_day else self.minute_tolerance
        by_day = date or whole.end_is_date
        late = last - whole.last if by_day else at - whole.ends
        late_limit = self.day_tolerance if by_day else self.minute_tolerance
        if early <= dt.timedelta(0) and late <= dt.timedelta(0):
            return True
        by_day = part.start_is_date or whole.end_is_date
        starts_before_end = part.first < whole.last if by_day else part.begins < whole.ends
        by_day = date or whole.start_is_date
        ends_after_start = last > whole.first if by_day else at > whole.begins
        return early <= early_limit and late <= late_limit and starts_before_end and ends_after_start

    def splits(self, kept, pairs):
        """Lists of a whole and its parts, for every two agencies and person."""
        found = []
        for x, y in combinations(sorted(self.payloads), 2):
            between = [pair for pair in pairs if {i.agency for i in pair} == {x, y}]
            for one, many in ((x, y), (y, x)):
                groups = {}
                for part in kept:
                    if part.agency != many or any(part in pair for pair in between):
                        continue
                    wholes = [
                        (whole, other)
                        for pair in between
                        for whole, other in (pair, pair[::-1])
                        if whole.agency == one
                        and self.person_of_interval(whole) == self.person_of_interval(part)
                        and self.same_absence(whole, part)
                        and (not whole.open or other.open)
                        and self.is_part(part, whole)
                    ]
                    if wholes:
                        whole, other = min(wholes, key=lambda w: self.distance(w[0], part))
                        groups.setdefault(whole, {other}).add(part)
                found += [(w, sorted(parts, key=Interval.sort_key)) for w, parts in groups.items()]
        return found

    def compared(self, pairs, splits):
        """Yield (interval, class, differences), for councils against forces."""
        inside = {(w, p) for w, parts in splits for p in parts} | {
            (p, w) for w, parts in splits for p in parts
        }
        split_ends = {i: set() for pair in pairs for i in pair}
        for w, parts in splits:
            for i in (w, *parts):
                split_ends.setdefault(i, set()).add((w.agency, parts[0].agency))
        for a, b in pairs:
            agencies = {(a.agency, b.agency), (b.agency, a.agency)}
            if self.roles[a.agency] == self.roles[b.agency] or (a, b) in inside:
                continue
            if split_ends[a] & agencies or split_ends[b] & agencies:
                continue  # each belongs to a split between the same two agencies
            named = self.differences(a, b)
            order = (
                ("open", "OPEN_CLOSED_CONFLICT"),
                ("start", "MATCHED_START_CONFLICT"),
                ("end", "MATCHED_END_CONFLICT"),
                ("type", "TYPE_CONFLICT"),
            )
            name = next((name for what, name in order if what in named), "MATCHED")
            yield a, name, named
            yield b, name, named
        for whole, parts in splits:
            if self.roles[whole.agency] != self.roles[parts[0].agency]:
                yield from self.compared_split(whole, parts)

    def compared_split(self, whole, parts):
        everything = set()
        for number, part in enumerate(parts):
            named = self.differences(whole, part)
            if number > 0:
                named.discard("start")
            if number < len(parts) - 1:
                named.discard("end")
            if not part.open:
                named.discard("open")
            everything |= named
            yield part, "OPEN_CLOSED_CONFLICT" if "open" in named else "SPLIT_MERGE", named
        yield whole, "OPEN_CLOSED_CONFLICT" if "open" in everything else "SPLIT_MERGE", everything

    # --- who should hold it and does not -------------------------------------------------------------

    def unseen_by(self, interval, group):
        if self.roles[interval.agency] == "council" and interval.episode.kind == "away":
            return set()
        person = self.person_of_interval(interval)
        carers = {agency for agency, _ in self.looked_after_by(person, interval.first)}
        holders = {i.agency for i in group if self.roles[i.agency] == "council"}
        hosted = any(holder not in carers for holder in holders)
        return {
            agency
            for agency in carers - holders
            if (hosted or agency in self.placed_out_by(person, interval.first))
            and self.submitted("council", agency, month(interval.episode.start))
        }

    def placed_out_by(self, person, day):
        return {
            agency
            for agency, payload in self.payloads.items()
            for spell in payload.care_spells
            if (agency, spell.child) in self.looked_after_by(person, day)
            and civil_day(spell.start) <= day
            and (spell.end is None or day <= civil_day(spell.end))
            and spell.legal_status not in ("V3", "V4")
            and (spell.area == "out" or (spell.host is not None and spell.host != agency))
        }

    # --- unmatched -----------------------------------------------------------------------------------

    def submitted(self, role, area, when):
        return any(
            self.roles[agency] == role
            and row.area == area
            and row.month == when
            and (role == "police" or agency == area)
            for agency, payload in self.payloads.items()
            for row in payload.coverage
        )

    def council_children(self, person):
        return {
            (agency, child.handle)
            for agency, payload in self.payloads.items()
            for child in payload.children
            if self.roles[agency] == "council" and self.person(agency, child.handle) == person
        }

    def looked_after_by(self, person, day):
        found = set()
        for agency, payload in self.payloads.items():
            for spell in payload.care_spells:
                ours = self.roles[agency] == "council" and self.person(agency, spell.child) == person
                begun = civil_day(spell.start) <= day
                lasts = spell.end is None or day <= civil_day(spell.end)
                if ours and begun and lasts and spell.legal_status not in ("V3", "V4"):
                    found.add((agency, spell.child))
        return found

    def class_alone(self, interval):
        episode, when = interval.episode, month(interval.episode.start)
        person = self.person_of_interval(interval)
        if self.roles[interval.agency] == "council":
            if not self.submitted("police", episode.responsible or interval.agency, when):
                return "NOT_COMPARABLE"
            return {"missing": "COUNCIL_ONLY_M", "away": "COUNCIL_ONLY_A"}[episode.kind]
        if not self.councils_submitted(interval, person, when):
            return "NOT_COMPARABLE"
        if not self.council_children(person):
            return "POLICE_ONLY_UNLINKED"
        return "POLICE_ONLY_CLA" if self.looked_after_by(person, interval.first) else "POLICE_ONLY_NOT_CLA"

    def councils_submitted(self, interval, person, when):
        for area in (interval.episode.responsible, interval.episode.host):
            if area is not None:
                return self.submitted("council", area, when)
        for agency, _ in self.council_children(person):
            if any(row.month == when for row in self.payloads[agency].coverage):
                return True
        areas = [row.area for row in self.payloads[interval.agency].coverage if row.month == when]
        return areas != [] and all(self.submitted("council", area, when) for area in areas)


def all_matchings(pairs):
    if not pairs:
        return [[]]
    (a, b), rest = pairs[0], pairs[1:]
    without = all_matchings(rest)
    compatible = [(x, y) for x, y in rest if x is not a and y is not b]
    return without + [[(a, b), *more] for more in all_matchings(compatible)]


def reconcile_slowly(records, person_of, query_number, **tolerances):
    """Return (findings by agency, disclosures by agency, figures) as plain values."""
    world = World(records, person_of, **tolerances)
    kept = world.first_reports()
    pairs = world.all_pairs(kept)
    splits = world.splits(kept, pairs)
    links = pairs + [(whole, part) for whole, parts in splits for part in parts]
    groups = absences(kept, links)
    sides, differs = {}, {interval: set() for interval in world.intervals}
    for interval, name, named in world.compared(pairs, splits):
        sides[interval] = min(name, sides.get(interval, name), key=ORDER.index)
        differs[interval] |= named
    for interval in world.intervals:
        if interval not in kept:
            sides[interval] = "DUPLICATE_WITHIN_AGENCY"
        elif interval not in sides:
            sides[interval] = world.class_alone(interval)
    classes = dict(sides)
    for group in groups:
        for interval in group:
            if world.unseen_by(interval, group):
                classes[interval] = min(sides[interval], "OUT_OF_AREA_UNSEEN", key=ORDER.index)
    findings = {
        agency: {i.handle: (name, differs[i]) for i, name in classes.items() if i.agency == agency}
        for agency in world.payloads
    }
    told = disclosures(world, sides, groups, query_number)
    return findings, told, figures(world, classes, kept, groups)


def disclosures(world, sides, groups, query_number):
    told = {agency: Counter() for agency in world.payloads}

    def tell(agency, child, name, interval):
        query = query_number(agency, child, interval.handle)
        told[agency][child, name, month(interval.episode.start), interval.agency, query] += 1

    for group in groups:
        person = world.person_of_interval(group[0])
        in_order = sorted(group, key=lambda i: (world.roles[i.agency] == "council", i.agency, i.sort_key()))
        lacking = set()
        for interval in in_order:
            for agency in world.unseen_by(interval, group) - lacking:
                lacking.add(agency)
                own = [c for who, c in world.looked_after_by(person, interval.first) if who == agency]
                tell(agency, min(own), "OUT_OF_AREA_UNSEEN", interval)
        for interval in group:
            for agency, payload in world.payloads.items():
                own = {c.handle for c in payload.children if world.person(agency, c.handle) == person}
                if sides[interval] == "POLICE_ONLY_CLA":
                    own &= {c for who, c in world.looked_after_by(person, interval.first) if who == agency}
                elif sides[interval] != "COUNCIL_ONLY_M" or world.roles[agency] != "police":
                    continue
                if own and agency not in lacking:
                    tell(agency, min(own), sides[interval], interval)
    return told


def absences(kept, links):
    groups = []
    waiting = list(kept)
    while waiting:
        group = [waiting.pop()]
        for member in group:
            joined = [i for link in links if member in link for i in link if i in waiting]
            for interval in joined:
                if interval in waiting:
                    waiting.remove(interval)
                    group.append(interval)
        groups.append(group)
    return groups


def figures(world, classes, kept, absences):
    by_class = Counter(min((classes[i] for i in group), key=ORDER.index) for group in absences)
    by_class["DUPLICATE_WITHIN_AGENCY"] = len(world.intervals) - len(kept)
    return {
        "children_in_register": len(
            {world.person(a, c.handle) for a, payload in world.payloads.items() for c in payload.children}
        ),
        "findings_by_class": {name: Counter(classes.values())[name] for name in ORDER},
        "episodes_by_class": {name: by_class[name] for name in ORDER},
        "missing_by_councils": missing(world, absences, {"council"}),
        "missing_by_police": missing(world, absences, {"police"}),
        "missing_by_register": missing(world, absences, {"council", "police"}),
        "open_episodes": sum(any(i.open for i in group) for group in absences),
    }


def missing(world, absences, sides):
    def counts(interval):
        return world.roles[interval.agency] in sides and interval.episode.kind == "missing"

    told = [i for i in world.intervals if counts(i)]
    held = [group for group in absences if any(counts(i) for i in group)]
    return {
        "child_records": len({(i.agency, i.episode.child) for i in told}),
        "children": len({world.person_of_interval(group[0]) for group in held}),
        "reports": len(told),
        "episodes": len(held),
    }
