"""How many examples a property test tries (a fifth of the thorough number, which `ITSM_THOROUGH=1` runs in full and
`ITSM_EXAMPLES=20000` replaces), and what work costs, told without a clock where that is possible: a test that asks for
seconds fails on a busy machine."""

import gc
import os
import sys
import time
from collections.abc import Callable

LEAST_SECONDS = 0.05
WANTED = int(os.environ.get("ITSM_EXAMPLES") or 0)
THOROUGH = os.environ.get("ITSM_THOROUGH") == "1" or WANTED > 0


def examples(thorough: int) -> int:
    """The number to try now; never fewer than ten of as many as that."""
    if WANTED:
        return WANTED
    return thorough if THOROUGH else max(min(10, thorough), thorough // 5)


def grows_in_step(work: Callable[[int], object], size: int) -> bool:
    """Whether four times as much costs about four times the time, and not the sixteen of a square; on any machine.

    A busy machine may disturb one measurement; a square shows in all three.
    """
    quarter = max(_seconds(work, size // 4), LEAST_SECONDS)
    return any(_seconds(work, size) < quarter * 9 for _attempt in range(3))


def calls_of(work: Callable[[], object]) -> int:
    """How many functions, ours and built in, some work calls."""
    seen = 0

    def note(_frame: object, what: str, _argument: object) -> None:
        nonlocal seen
        seen += what in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return seen


def _seconds(work: Callable[[int], object], size: int) -> float:
    gc.disable()  # a collection costs what the whole run holds, not what is measured
    try:
        started = time.thread_time()
        work(size)
        return time.thread_time() - started
    finally:
        gc.enable()
