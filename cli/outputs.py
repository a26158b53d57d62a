"""Where the outputs of a command go: never over what it reads, and into folders made if need be."""

import contextlib
import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from keys.files import name_of
from linkage.errors import InputError

__all__ = ["parents_made", "spare_inputs", "spare_outputs"]


def spare_inputs(outputs: Iterable[Path | None], inputs: Iterable[Path | None]) -> None:
    """Raise :class:`InputError` for an output that is one of the inputs, or another output."""
    wanted = [path for path in outputs if path is not None]
    if any(_is_one(one, other) for one, other in itertools.combinations(wanted, 2)):
        raise InputError("two outputs would go to one file", hint="name a file of its own for each")
    read = [path for path in inputs if path is not None]
    for output in wanted:
        if any(_is_one(output, one) for one in read):
            raise InputError(
                f"{name_of(output)}: this command reads that file, and would write over it",
                hint="choose another name for the output",
            )


def spare_outputs(outputs: Iterable[Path], *, overwrite: bool) -> None:
    """Raise :class:`InputError` for an output that is there already, unless it may be written over."""
    for output in outputs:
        if output.is_file() and not overwrite:
            raise InputError(
                f"{name_of(output)}: is there already and is not replaced",
                hint="choose another name, or --overwrite if replacing it is what you mean",
            )


def _is_one(one: Path, other: Path) -> bool:
    """Say whether two paths lead to one file: by links, too, or in capitals where these do not count."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there yet
        return os.path.realpath(one) == os.path.realpath(other)


@contextlib.contextmanager
def parents_made(path: Path) -> Iterator[None]:
    """Make the folder of an output; the folders made go again if the block fails and leaves them empty.

    Raises :class:`InputError` if a file is where the folder should be, and ``OSError``.
    """
    folder = path.parent
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    around = missing[-1].parent if missing else folder
    if not around.is_dir():
        raise InputError(
            f"{path.name}: not written: {name_of(around)} is a file and no folder",
            hint="choose another place",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for made in missing:
            with contextlib.suppress(OSError):  # somebody else has put something there
                made.rmdir()
        raise
