"""Whether a council's bundle has cover: children among whom those who went missing cannot be told.

Whoever sees encodings alone, and hears of a missing child, looks among all children of the bundle.  With few
others, or none without an episode, that is no search at all (docs/operations/privacy.md).
"""

from collections.abc import Iterator
from typing import Final

from cli.agency.workspace import Workspace
from cli.sources.extract import Extract

__all__ = ["CHILDREN_AT_LEAST", "EPISODE_SHARE", "cover_remarks"]

CHILDREN_AT_LEAST: Final = 100
EPISODE_SHARE: Final = 0.5


def cover_remarks(extract: Extract, workspace: Workspace, *, dummies: int = 0) -> Iterator[str]:
    """Warn where a council's extract gives too little cover; ``dummies``: how many go along, if known.

    A police force records nobody but children with episodes: other councils' children are its cover.
    """
    if workspace.card().role != "council" or not extract.children:
        return
    missing = len({one.child for one in extract.episodes})
    children = len(extract.children) + dummies
    share = missing / children
    advice = _advice(workspace)
    if children < CHILDREN_AT_LEAST:
        yield f"{children:,} children give little cover, fewer than {CHILDREN_AT_LEAST:,}; {advice}"
    if share > EPISODE_SHARE:
        yield (
            f"{share:.0%} of the children have an episode, which gives little cover: is every child looked "
            f"after in the period in the file? {advice}"
        )


def _advice(workspace: Workspace) -> str:
    if workspace.dummies_file.exists():
        return "dummies go along; more of them need `clew agency dummies off` and `on` with a larger --share"
    return "`clew agency dummies on` adds made-up children"
