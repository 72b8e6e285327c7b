"""Reports make hundreds of thousands of small objects at once, all of which stay to the end."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_building = 0  # reports under way in this process


@contextmanager
def collecting_later() -> Iterator[None]:
    """Look for unreachable cycles only after the block: there are none among rows, and looking costs a third of a report.

    Of several blocks at once the last one to end switches it on again.
    """
    global _building  # noqa: PLW0603 (the collector is one for the process)
    with _lock:
        was_on = _building > 0 or gc.isenabled()
        _building += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _building -= 1
            if was_on and _building == 0:
                gc.enable()
