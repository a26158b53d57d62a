"""How long the console keeps a reviewer waiting between two pairs, by keyboard in Chromium.

    python -m benchmarks.reviewing
    python -m benchmarks.reviewing --world demo-world

Two reviewers press one key for each pair that a linkage of a made-up world left; what is timed is from the
key to the next pair, painted.  What is left of ten seconds is the reviewer's own.  Also counted: the words of
the summary, and whether it stands beside the verdicts without scrolling at 1280 by 800.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from tests.support.browser import chromium, context_of, sign_in
from tests.support.console import Console, serving_console

_KEYS = "1213"
_SIZE = {"width": 1280, "height": 800}
_ALLOWED = 10.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--world", type=Path, help="what `clew demo --keep` left; else one is played")
    parser.add_argument("--children", type=int, default=2_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        unit = _unit(asked.world, asked.children, Path(name))
        with serving_console(unit) as console:
            waits, words, fits = _reviewed(console)
    waits.sort()
    figures = {
        "pairs": len(waits),
        "keys_per_pair": 1,
        "wait_p50_s": round(statistics.median(waits), 3),
        "wait_p95_s": round(waits[int(0.95 * (len(waits) - 1))], 3),
        "wait_longest_s": round(waits[-1], 3),
        "share_of_ten_seconds_p95": round(waits[int(0.95 * (len(waits) - 1))] / _ALLOWED, 4),
        "words_of_summary_p50": statistics.median(words),
        "words_of_summary_most": max(words),
        "pairs_with_summary_in_sight": sum(fits),
    }
    print(json.dumps(figures, indent=2))


def _unit(world: Path | None, children: int, folder: Path) -> Path:
    """Return a copy of the register of a demo's world."""
    if world is None:
        world = folder / "world"
        demo = [sys.executable, "-m", "cli.main", "demo", "--children", str(children), "--keep", str(world)]
        subprocess.run(demo, check=True, stdout=subprocess.DEVNULL)
    copy = folder / "unit"
    shutil.copytree(world / "linkage-unit" / "data", copy)
    migrate = [sys.executable, "-m", "cli.main", "register", "migrate", "--data", str(copy)]
    subprocess.run(migrate, check=True, stdout=subprocess.DEVNULL)
    return copy


def _reviewed(console: Console) -> tuple[list[float], list[int], list[bool]]:
    waits, words, fits = [], [], []
    with chromium() as browser:
        for name in ("ann", "ben"):
            with context_of(browser, console.url, viewport=_SIZE) as (context, _):
                sign_in(context, console.url, console.token(name, "reviewer"))
                page = context.new_page()
                page.goto("/review")
                page.get_by_role("button", name="Start reviewing").press("Enter")
                page.wait_for_url("**/review/pairs/*")
                while "/review/pairs/" in page.url:
                    words.append(len(page.locator(".clew-review__short").inner_text().split()))
                    fits.append(_in_sight(page))
                    waits.append(_decided(page, _KEYS[len(waits) % len(_KEYS)]))
    return waits, words, fits


def _in_sight(page: Page) -> bool:
    """Say whether the summary and the last verdict end above the fold."""
    summary = page.locator(".clew-review__short").bounding_box()
    verdict = page.get_by_role("button", name="Cannot tell").bounding_box()
    return all(one is not None and one["y"] + one["height"] <= _SIZE["height"] for one in (summary, verdict))


def _decided(page: Page, key: str) -> float:
    """Press a key, and return the seconds until another page is painted."""
    before, began = page.url, time.perf_counter()
    page.keyboard.press(key)
    page.wait_for_url(lambda url: url != before)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
