"""The roofline in C, built where there is a compiler and a processor that can run it."""

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from linkage.match.kernel_tiles import noise_limit, widest

__all__ = ["build_roofline"]

_SOURCE = Path(__file__).with_name("roofline.c")
_GROUP = 8


def build_roofline(
    folder: Path, left: NDArray[np.uint64], right: NDArray[np.uint64], noise_z: float
) -> Callable[[], int] | None:
    """Return what counts the pairs of ``left`` and ``right`` (n, words) that speak, or None if it cannot be.

    ``n`` is a multiple of 8 on both sides.  Everything but the comparison itself is done beforehand.
    """
    words = left.shape[1]
    library = folder / f"roofline-{words}.so"
    compiler = shutil.which("cc")
    flags = _flags()
    if compiler is None or "avx512_vpopcntdq" not in flags:
        return None
    command = [
        compiler,
        "-O3",
        "-march=native",
        "-shared",
        "-fPIC",
        f"-DWORDS={words}",
        "-o",
        library,
        _SOURCE,
    ]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return None
    count = ctypes.CDLL(str(library)).count_pairs
    count.restype = ctypes.c_int64
    length, limit = 64 * words, noise_limit(64 * words, noise_z)
    u_left, u_right = (
        length - 2 * np.bitwise_count(side).sum(axis=1, dtype=np.int64) for side in (left, right)
    )
    ends = int(u_right.min()), int(u_right.max())
    bounds = np.array([widest(limit - 1, int(u), *ends, length) for u in u_left], dtype=np.int64)
    columns = np.ascontiguousarray(right.reshape(-1, _GROUP, words).transpose(0, 2, 1))

    def run() -> int:
        place = (
            np.ascontiguousarray(side).ctypes.data_as(ctypes.c_void_p) for side in (bounds, u_left, u_right)
        )
        first = left.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(len(left))
        second = columns.ctypes.data_as(ctypes.c_void_p), ctypes.c_int64(len(columns))
        return int(count(*first, *second, *place, ctypes.c_int64(limit)))

    return run


def _flags() -> set[str]:
    information = Path("/proc/cpuinfo")
    return set(information.read_text(encoding="utf-8").split()) if information.exists() else set()
