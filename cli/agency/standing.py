"""Where an agency stands at the linkage unit, in words."""

from collections.abc import Iterator

from linkage.counted import counted
from linkage.wire.submission import AgencyStatus

__all__ = ["status_words"]


def status_words(status: AgencyStatus) -> Iterator[str]:
    """Say what the unit holds of this agency."""
    yield f"{status.agency} at the linkage unit: epoch {status.epoch}, cycle {status.cycle}"
    yield f"highest bundle committed: {status.sequence}"
    for one in status.submissions:
        linked = ", linked" if one.linked else ""
        missing = f", {counted(len(one.missing), 'chunk')} missing" if one.missing else ""
        reason = f": {''.join(c for c in one.reason if c.isprintable())}" if one.reason else ""
        yield f"  {one.submission}  {one.state}{linked}{missing}{reason}"
