"""Whether charts can be drawn on this machine, asked before the work that they are of."""

import importlib

from linkage.errors import InputError

__all__ = ["check_charts"]


def check_charts() -> None:
    """Raise :class:`InputError`, with what lacks, where charts cannot be drawn."""
    for package in ("altair", "vl_convert"):
        try:
            importlib.import_module(package)
        except ModuleNotFoundError:
            raise InputError(
                f"--html: this machine lacks the package {package}, which draws the charts",
                hint="install the extra that draws them: pip install 'clew[lab]'",
            ) from None
