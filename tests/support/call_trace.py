"""What a process asks of the operating system, read from strace: each call with its beginning and its end.

``strace -y`` writes the path or socket behind every descriptor, so that a call says which file it was for.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.killing import STRACE

TRACED = (
    "fsync,fdatasync,rename,renameat,renameat2,write,pwrite64,pwritev,recvfrom,recvmsg,sendto,sendmsg,writev"
)

_LINE = re.compile(r"^(?P<thread>\d+) +(?P<text>.*)$")
_RESUMED = re.compile(r"^<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)$")
_CALL = re.compile(r"^(?P<call>\w+)\((?P<rest>.*)$", re.DOTALL)
_RESULT = re.compile(r"\) += (?P<result>-?\d+)[^=]*$")


@dataclass
class Call:
    """One system call: the lines on which it began and ended, in the order of the whole process."""

    thread: int
    name: str
    arguments: str
    began: int
    ended: int = -1
    result: int = -1

    @property
    def path(self) -> str:
        """The file behind the first descriptor, or nothing."""
        found = re.match(r"\d+<([^>]*)>", self.arguments)
        return found.group(1) if found else ""


@contextmanager
def traced(process: int, output: Path) -> Iterator[None]:
    """Write down what a running process and all its threads ask for, until the block ends."""
    assert STRACE is not None
    words = ["-f", "-y", "-s", "200", "-o", str(output), "-e", f"trace={TRACED}", "-e", "signal=none"]
    tracer = subprocess.Popen([STRACE, *words, "-p", str(process)], stderr=subprocess.PIPE)
    assert tracer.stderr is not None
    tracer.stderr.readline()  # "Process … attached"
    try:
        yield
    finally:
        tracer.terminate()
        tracer.communicate()


def read_trace(path: Path) -> list[Call]:
    """Read a trace; calls are in the order in which they began."""
    calls: list[Call] = []
    open_calls: dict[int, Call] = {}
    for number, line in enumerate(path.read_text(errors="replace").splitlines()):
        found = _LINE.match(line)
        assert found is not None, line
        thread, text = int(found["thread"]), found["text"]
        if text.startswith(("+++", "---")):
            continue
        if resumed := _RESUMED.match(text):
            call = open_calls.pop(thread, None)
            if call is not None and not resumed["rest"].endswith("<detached ...>"):
                call.arguments += resumed["rest"]
                _end(call, resumed["rest"], number)
            continue
        began = _CALL.match(text)
        assert began is not None, line
        call = Call(thread, began["call"], began["rest"].removesuffix("<unfinished ...>"), number)
        calls.append(call)
        if text.endswith(("<unfinished ...>", "<detached ...>")):
            open_calls[thread] = call
        else:
            _end(call, text, number)
    return calls


def _end(call: Call, text: str, number: int) -> None:
    found = _RESULT.search(text)
    assert found is not None, text
    call.ended, call.result = number, int(found["result"])


_REQUEST = re.compile(r'"(?P<method>GET|PUT|POST|DELETE) (?P<path>/\S*) HTTP')
_STATUS = re.compile(r'"HTTP/1\.1 (?P<status>\d{3}) ')


@dataclass(frozen=True)
class Exchange:
    """A request and the first byte of its answer, as the process saw them."""

    method: str
    path: str
    status: int
    received: int
    answered: int


def exchanges(calls: list[Call]) -> list[Exchange]:
    """Match every answer to the request that came over the same connection before it."""
    waiting: dict[str, tuple[str, str, int]] = {}
    found: list[Exchange] = []
    for call in calls:
        if call.name in {"recvfrom", "recvmsg"} and (asked := _REQUEST.search(call.arguments)):
            waiting[call.path] = (asked["method"], asked["path"], call.began)
        elif call.name in {"sendto", "sendmsg"} and (said := _STATUS.search(call.arguments)):
            method, path, received = waiting.pop(call.path)
            found.append(Exchange(method, path, int(said["status"]), received, call.began))
    return found
