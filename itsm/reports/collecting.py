"""Reports make hundreds of thousands of small objects at once, all of which stay to the end."""

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST = 60.0  # seconds without a look, where reports follow one another without a gap

_lock = threading.Lock()
_building = 0  # reports under way in this process
_was_on = True  # before the first of them
_looked_at = 0.0


@contextmanager
def collecting_later() -> Iterator[None]:
    """Look for unreachable cycles only after the block: there are none among rows, and looking costs a third of a report.

    Of several blocks at once the last one to end switches it on again, if it was on before the first; where they never end
    together, cycles are looked for once a minute.
    """
    global _building, _was_on, _looked_at  # noqa: PLW0603 (the collector is one for the process)
    with _lock:
        if _building == 0:
            _was_on, _looked_at = gc.isenabled(), time.monotonic()
            gc.disable()
        _building += 1
    try:
        yield
    finally:
        with _lock:
            _building -= 1
            if _building == 0 and _was_on:
                gc.enable()
            elif time.monotonic() - _looked_at > LONGEST:
                _looked_at = time.monotonic()
                gc.collect()
