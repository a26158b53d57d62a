"""The formal forenames that a forename may stand for: "bill" for William, "kate" for any Katherine.

The list is that of the package ``nicknames`` (pinned), which records who is called what, in both directions
and with American genealogy's rarities.  What is here besides makes it fit for comparing children's names in
Britain: pairs that are wrong, names that stand for themselves, and spellings of one name.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

import rfc8785
from nicknames import name_triplets

__all__ = ["canonical_forenames", "nicknames_digest"]

_SPELLINGS: Final = """
    aaron arron aron | abdullah abdallah abdulla abdalla | abdulrahman abdurrahman abdirahman
    abdelrahman abdalrahman abdulrehman abderrahman | ahmed ahmad ahmet | aisha ayesha aysha aishah |
    alexander aleksander aleksandr oleksandr alexandru | alexandra aleksandra oleksandra | ali aly |
    allan alan allen | anne ann | ayden aiden aidan | bilal belal | caitlin katelyn kaitlyn caitlyn
    kaitlin katelin | callum calum | catherine katherine kathryn catharine katharine cathryn kathrine
    katarina | chloe khloe cloe | christina kristina | christopher kristopher christoffer kristofer
    kristoffer | conor connor conner | deborah debra | dominic dominick domenic | dylan dillon |
    elizabeth elisabeth | elliot elliott eliot | erik eric | fatima fatimah fatma | geoffrey jeffrey |
    hailey hayley haylee | hamza hamzah | hannah hanna | harriet harriett | hassan hasan | hussain
    hussein husain hossain hussien | ibrahim ebrahim ibraheem | isabel isabelle isobel |
    isabella isabela izabella | ismail ismael esmail | jacob jakub jakob | jamie jamey | jasmine jasmin
    yasmin yasmine | jayden jaden jaydon | jonathan johnathan jonathon johnathon | josephine josophine |
    kayleigh kaylee kayley | khadija khadijah | khalid khaled | kieran ciaran kieron | kimberley
    kimberly | laurence lawrence | layla leila laila leyla lailah | leah lea | lewis louis | lily lilly
    lillie | luca luka | lucas lukas | madeleine madeline madelyn | madison maddison | mahmoud mahmood
    mehmood mahmud | maisie maisy | mark marc | maryam mariam miriam | matthew mathew mateusz |
    maximilian maximillian | michael mikael micheal mykhailo | mohammed muhammad mohamed mohammad
    muhammed mohamad mohamud muhammod mohd mehmet | molly mollie | mustafa mostafa moustafa | natalie
    nathalie | niamh neve | nicholas nicolas nikolas | noor nour nur | oliver olivier | omar umar umer |
    osman usman uthman othman | philip phillip | rachel rachael | rebecca rebekah | reece rhys reese |
    roger rodger | saeed said sayeed | sarah sara | sean shaun shawn | sofia sophia sophie zofia |
    stacey stacy stacie | stephen steven stephan stefan | sulaiman suleiman suleman | sumaya sumaiya
    sumayyah | susannah susanna | tariq tarek tareq | theresa teresa | thomas tomas tomasz | toby tobi |
    tyler tylor | victoria viktoria wiktoria | winifred winnifred | yahya yehia | yaqub yaqoob yakub |
    yusuf youssef yousef yousuf yusef yousif yousaf | zachary zachery zackary | zainab zaynab zeinab
    zeynep | zakariya zakaria | zoe zoey
"""
"""Spellings of one name; the first stands for all."""

_OWN: Final = """
    ada alan albert alexander alexandra ali amanda amelia amy ana andrew anna anne annie austin bo brady
    brody casey catherine chan charlotte clara cole daisy delilah dina edwin eleanor eli elias ella
    ellen eloise elsie emily emma emmanuel eric erin ernest esther eva evan evelina felix fiona
    frederick gary george georgia gina hannah heidi helen ian isabel isabella ivan ivy jacob james jan
    jane jean john jonathan joseph josephine joy jude julie kara kayla kelly kimberley lan laura
    laurence leah lee lena leon lewis lilian lily lina linda lloyd lola louise lucas lucy luke mabel
    margaret maria marie mark mary may megan mercy micah michael molly nathan naz nessa nicole noah noel
    ola oliver peter phoebe ralph reginald rita roland rose ross rupert sandra sarah scott sean sofia
    stacey stephen terence theresa vernon victoria william zachary
"""
"""Names that stand for themselves alone, although the list derives them from others ("ian" from John)."""

_WRONG: Final = frozenset(
    map(
        frozenset[str],
        (
            *(("robert", "bill"), ("robert", "billy"), ("roger", "bob"), ("benjamin", "jamie")),
            *(("patrick", "peter"), ("aaron", "ronnie"), ("jacob", "jay"), ("william", "bell")),
        ),
    )
)
"""Pairs of the list that nobody uses, whichever way they are listed."""

_ADDED: Final = """
    abigail: abi | alexander: xander lex | alexandra: lexi lexie | alfred: alfie | anthony: ant |
    benjamin: benji | bethany: beth | cameron: cam | catherine: cath kate katie | charlotte: lottie
    charlie | christopher: kit | daniel: dan | dominic: dom | edward: teddy | eleanor: ellie nell |
    elizabeth: beth libby lizzie | francesca: fran | frederick: freddie | gabriella: gabby |
    gabrielle: gabby | gareth: gaz | georgina: georgie | harrison: harry | imogen: immy | isabel: izzy |
    isabella: izzy bella | jacob: jake | jessica: jess | joseph: joey | joshua: josh | madison: maddie |
    matthew: matt | megan: meg | michael: mick mikey | mohammed: mo | natasha: tash | nathaniel: nate |
    oliver: ollie olly | olivia: liv livvy | patrick: paddy | philippa: pippa | rebecca: becky bex |
    reginald: reggie | robert: robbie | samantha: sam | sebastian: seb | stephen: steve stevie |
    victoria: vicky | zachary: zac zak
"""
"""Nicknames common in Britain that the list lacks, or that depend on it: formal name, nicknames."""


_ENDINGS: Final = ("y", "ie", "i")


def canonical_forenames(name: str) -> tuple[str, ...]:
    """Return the formal names, sorted, that a normalised forename may stand for.

    A name that is formal itself, or that nobody lists, stands for itself (in the first of its spellings);
    "" gives none.  Equal names always give equal tuples, and all of them normalised names.
    """
    return _table().get(name) or ((name,) if name else ())


def nicknames_digest() -> str:
    """Return SHA-256, in hex, over every listed name and what it may stand for."""
    table = {name: list(formal) for name, formal in _table().items()}
    return hashlib.sha256(rfc8785.dumps(table)).hexdigest()


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    spelled = _spellings()
    parents = _parents(spelled)
    names = {*spelled, *parents, *(parent for found in parents.values() for parent in found)}
    return {name: _formal(spelled.get(name, name), parents) for name in sorted(names)}


def _spellings() -> dict[str, str]:
    """Return the first spelling by every spelling."""
    families = [family.split() for family in _SPELLINGS.split("|")]
    return {spelling: family[0] for family in families for spelling in family}


def _parents(spelled: Mapping[str, str]) -> dict[str, set[str]]:
    """Return by nickname the names that it is listed for, in first spellings."""
    own = frozenset(_OWN.split())
    pairs = {(spelled.get(one, one), spelled.get(other, other)) for one, other in _listed()}
    children: dict[str, set[str]] = {}
    for one, other in pairs:
        children.setdefault(one, set()).add(other)
    parents: dict[str, set[str]] = {}
    for one, other in pairs:
        if one != other and other not in own and not _is_nickname_of(one, other, children):
            parents.setdefault(other, set()).add(one)
    for one, other in _added():
        parents.setdefault(spelled.get(other, other), set()).add(spelled.get(one, one))
    return parents


def _listed() -> Iterable[tuple[str, str]]:
    # Initials ("k.c.") are in the list too; no normalised name has a full stop.
    pairs = ((triplet.name1, triplet.name2) for triplet in name_triplets())
    return (
        pair
        for pair in pairs
        if all(name.isascii() and name.isalpha() for name in pair) and frozenset(pair) not in _WRONG
    )


def _added() -> Iterable[tuple[str, str]]:
    for entry in _ADDED.split("|"):
        formal, _, nicknames = entry.partition(":")
        yield from ((formal.strip(), nickname) for nickname in nicknames.split())


def _is_nickname_of(one: str, other: str, children: Mapping[str, set[str]]) -> bool:
    """Tell which way a pair goes that is listed both ways.

    The formal name is the one that does not end as nicknames do; else the longer, else the one with more
    nicknames.
    """
    if one not in children.get(other, ()):
        return False

    def formality(name: str) -> tuple[bool, int, int, str]:
        return not name.endswith(_ENDINGS), len(name), len(children[name]), name

    return formality(other) > formality(one)


def _formal(name: str, parents: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Climb from a nickname to formal names, as few steps as it takes to meet one."""
    reached, seen = {name}, {name}
    while reached:
        formal = sorted(one for one in reached if one not in parents)
        if formal:
            return tuple(formal)
        reached = {parent for one in reached for parent in parents[one]} - seen
        seen |= reached
    return (name,)  # a circle of nicknames without a formal name among them
