"""The data-flow diagram: parties, what flows between them, and the walls that nothing crosses."""

from collections.abc import Iterator

from api.console_app.shapes import INK, words

__all__ = ["DATA_FLOW", "DATA_FLOW_WORDS"]

DATA_FLOW_WORDS = (
    "On its own machine each agency encodes identifiers with a key, and makes a bundle of two sealed parts. "
    "The linkage unit's service passes one part to the linking worker, which sees encodings only, and the "
    "other to the register worker, which sees clear codes only. Between the two only this crosses: which "
    "record belongs to which person. Each agency gets back what is about its own records. Statistics leave "
    "through disclosure control and two people. Custodians make and hold the key in shares; it never reaches "
    "the linkage unit, and encodings never reach custodians. Every step has an entry in the ledger."
)

_BLUE, _RED = "#0b3c49", "#b10e1e"


def _zone(x: int, y: int, width: int, height: int, title: str) -> Iterator[str]:
    yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="#f3f6f7" stroke="#6b7377"/>'
    yield words(x + 12, y + 24, title, size=16, bold=True)


def _box(x: int, y: int, width: int, height: int, *lines: str) -> Iterator[str]:
    place = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    yield f'<rect {place} rx="4" fill="#ffffff" stroke="{_BLUE}" stroke-width="2"/>'
    top = y + height / 2 - 9 * (len(lines) - 1) + 5
    for number, line in enumerate(lines):
        yield words(x + width // 2, round(top + 18 * number), line, anchor="middle", bold=number == 0)


def _arrow(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="2" marker-end="url(#head)"/>'


def _wall(path: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{_RED}" stroke-width="4" stroke-dasharray="10 6"/>'


def _agency() -> Iterator[str]:
    yield from _zone(10, 10, 290, 400, "Agency, on its own machine")
    yield from _box(46, 50, 238, 52, "identifiers and absences", "from its own case system")
    yield from _box(46, 132, 238, 52, "encode, with the epoch key", "bits in views; nothing to read")
    yield from _box(46, 214, 238, 52, "bundle, looked at and signed", "two parts, each sealed")
    yield from _box(46, 340, 238, 52, "report with own references", "joined here, and nowhere else")
    yield _arrow("M165 102V130")
    yield _arrow("M165 184V212")


def _unit() -> Iterator[str]:
    yield from _zone(420, 10, 400, 400, "Linkage unit: never has the key")
    yield from _box(440, 130, 96, 160, "service", "checks the", "signature,", "can open", "no part")
    yield from _box(600, 60, 200, 64, "linking worker", "opens encodings, no codes")
    yield from _box(600, 260, 200, 64, "register worker", "opens codes, no encodings")
    yield from _box(440, 346, 360, 48, "ledger", "an entry for every step of each")
    yield _arrow("M284 240H392V210H438")
    yield _arrow("M536 160L598 105")
    yield _arrow("M536 250L598 282")
    yield _arrow("M700 124V258")
    yield words(712, 196, "which record is", size=13)
    yield words(712, 213, "which person", size=13)
    yield words(308, 228, "sealed parts", size=13)
    yield _arrow("M440 280H398V366H286")
    yield words(308, 332, "only about", size=13)
    yield words(308, 349, "own records", size=13)
    yield _wall("M560 190H690")
    yield words(548, 180, "wall 2", size=13, bold=True, colour=_RED)


def _others() -> Iterator[str]:
    yield from _zone(10, 450, 610, 130, "Custodians: never have encodings")
    yield from _box(30, 490, 270, 66, "ceremony", "several contribute, nobody chooses")
    yield from _box(330, 490, 270, 66, "shares of the epoch key", "some must come together")
    yield _arrow("M300 523H328")
    yield _arrow("M30 523H16V158H44")
    yield words(26, 436, "key, wrapped for this agency alone", size=13)
    yield _wall("M420 430H820")
    yield words(636, 448, "wall 1: key and encodings never meet", size=13, bold=True, colour=_RED)
    yield from _zone(650, 466, 320, 114, "Publication")
    yield from _box(670, 500, 280, 62, "disclosure control, two people", "rounded, small counts suppressed")
    yield _arrow("M800 292H895V498")
    yield words(838, 60, "Never leave", bold=True, colour=_RED)
    yield words(838, 78, "an agency:", bold=True, colour=_RED)
    never = ("names", "date of birth", "address", "postcode", "local references", "free text")
    for place, one in enumerate(never):
        yield words(838, 100 + 18 * place, one)


def _drawn() -> str:
    head = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 980 590" width="980" height="590" role="img" '
        f'aria-label="{DATA_FLOW_WORDS}" font-family="arial, sans-serif">'
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0L10 5L0 10z" fill="{INK}"/></marker></defs>'
    )
    return head + "".join((*_agency(), *_unit(), *_others())) + "</svg>"


DATA_FLOW = _drawn()
