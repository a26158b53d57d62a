"""Short forms of forenames that colleagues use of each other, for telling whose account an account is.

A small list of Britain's usual ones, and not the one that encodings are made with (:mod:`linkage.encode`):
that one must find children, may name anybody's rarest form, and is not for the linkage unit to load.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

__all__ = ["one_forename"]

_LISTED: Final = """
    abdul abdullah | agnes aggie | albert al bert | alexander alex alec sandy sasha | alexandra alex
    lexi sandra sasha | alfred alf alfie fred | amanda mandy | andrew andy drew | angela angie | anthony
    tony ant | antonia toni | archibald archie | barbara barb babs | benjamin ben benny | bernard bernie
    | bridget biddy | caroline carol caz | catherine katherine kathryn cathy kathy kate katie kat cath
    kath kit | charles charlie chas chuck | charlotte lottie charlie | christina christine chris
    chrissie tina | christopher chris kit topher | clifford cliff | daniel dan danny | danielle dani |
    david dave davy dai | deborah debra deb debbie | dennis den | derek del | donald don | dorothy dot
    dottie dolly | douglas doug | edward ed eddie ted teddy ned | eleanor ellie nell nora | elizabeth
    elisabeth liz lizzie beth betty eliza lisa libby bess | emily em emmy | frances fran francesca |
    francis frank | frederick fred freddie | gabriel gabe | gabrielle gaby | geoffrey jeffrey geoff jeff
    | gerald gerard gerry jerry | gillian gill jill | graham gray | gregory greg | gwendolyn gwen |
    harold harry hal | harriet hattie | henry harry hal hank | hilary hil | ian iain | isabel isabella
    isobel bella izzy | jacob jake | jacqueline jackie jacqui | james jim jimmy jamie jem | jane janie
    janey | janet jan | jennifer jen jenny | jeremy jem jerry | jessica jess jessie | joanne joanna jo |
    john johnny jack jon | jonathan jon jonny | joseph joe joey | josephine jo josie | joshua josh |
    judith judy | julia julie jules | julian jules | kenneth ken kenny | kimberley kim | kristina kris |
    laurence lawrence larry laurie | leonard len lenny leo | leslie les | lewis louis lou | louise lou |
    lucinda lucy cindy | madeleine maddy | malcolm mal malc | margaret maggie meg peggy marge daisy
    greta | maria mary molly polly mae | martin marty | matthew matt matty | maureen mo | maurice mo |
    maximilian max | megan meg | michael mike mick mickey micky mikey | michelle shelley chelle |
    mohammed muhammad mohamed mohammad mo | nancy nan | natalie nat | nathan nathaniel nat nate |
    nicholas nicolas nick nicky | nicola nicky nic | oliver ollie | olivia liv livvy | pamela pam |
    patricia pat patty trish tricia | patrick pat paddy | penelope penny | peter pete | philip phillip
    phil | philippa pippa pip | priscilla cilla | rachel rachael rach | raymond ray | rebecca becky
    becca bex | reginald reg reggie | richard rich rick ricky dick richie | robert rob bob bobby robbie
    bert robin | roderick rod | rodney rod | roger rog | ronald ron ronnie | rosemary rose rosie |
    rupert ru | samantha sam sammy | samuel sam sammy | sandra sandy | sarah sara sally sadie |
    sebastian seb | simon si | sophia sophie sofia | stanley stan | stephanie steph | stephen steven
    steve stevie ste | stuart stewart stu | susan susanna suzanne sue susie suzy | terence terry |
    teresa theresa tess terri | theodore theo ted | thomas tom tommy | timothy tim timmy | valerie val |
    victor vic | victoria vicky tori vicki | vincent vince | vivien viv | walter walt wally | wendy wend
    | wilfred wilf | william will bill billy liam willie | winifred winnie | yasmin jasmine | yusuf
    yousef | zachary zac zach zack
"""


def _formal_names() -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for group in _LISTED.split("|"):
        names = group.split()
        for name in names:
            found[name].add(names[0])
    return {name: frozenset(formal) for name, formal in found.items()}


_FORMAL: Final = _formal_names()


def one_forename(one: str, other: str) -> bool:
    """Say whether two different forenames, in small letters without accents, may be called of one person."""
    return not _FORMAL.get(one, frozenset()).isdisjoint(_FORMAL.get(other, frozenset()))
