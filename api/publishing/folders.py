"""A publication's folder: it appears whole or not at all."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from api.store.bodies import sync_folder, write_whole
from linkage.errors import InputError

__all__ = ["refuse_filled", "write_folder"]


def refuse_filled(output: Path) -> None:
    """Refuse a folder that has something in it."""
    if output.exists() and any(output.iterdir()):
        raise InputError(f"{output.name}: there is something in it already", hint="name a new folder")


def write_folder(output: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write all files beside the folder, and then put all in its place: no publication is ever half one."""
    output = output.absolute()
    beside = output.with_name(f".{output.name}.{os.getpid()}.part")
    beside.mkdir(mode=0o755)
    number = 0
    try:
        for name, content in files:
            (beside / name).parent.mkdir(mode=0o755, exist_ok=True)
            with (
                write_whole(beside / name, mode=0o644) as descriptor,
                open(descriptor, "wb", closefd=False) as stream,
            ):
                stream.write(content)
            number += 1
        beside.replace(output)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    sync_folder(output.parent)
    return number
