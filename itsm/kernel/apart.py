"""Heavy work in a process of its own: what it loads and takes in memory is given back when it ends.

The program is a file that imports nothing of the product, so that it holds only what it needs. It reads JSON from its
standard input until that ends, and writes its answer to its standard output.
"""

import ctypes
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

STEP_SECONDS = 1.0
LONGEST_ERROR = 2000

Step = Callable[[], None]


class Ended(RuntimeError):
    """A program was ended from outside, as when the machine goes down: trying again may do."""


def run_apart(program: Path, task: Any, step: Step) -> bytes:
    """What a program answers to `task`; `step` is called about every second and may raise, which ends the program.

    Raises RuntimeError with the end of what the program says when it fails, `Ended` when somebody ended it from outside.
    The program knows none of the product's settings, whose names begin with ITSM_, and gets no signal that is meant for
    this process and its workers.
    """
    _give_back()
    command = [sys.executable, "-P", str(program)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ITSM_")}
    pipe = subprocess.PIPE
    with TemporaryFile() as given:
        given.write(json.dumps(task).encode())
        given.seek(0)
        with subprocess.Popen(  # noqa: S603 (our own program)
            command, stdin=given, stdout=pipe, stderr=pipe, env=environment, start_new_session=True
        ) as process:
            answer, told = _wait(process, step)
    if process.returncode < 0:
        raise Ended(f"{program.name} was ended by signal {-process.returncode}")
    if process.returncode:
        end = told.decode(errors="replace")[-LONGEST_ERROR:]
        raise RuntimeError(f"{program.name} ended with {process.returncode}: {end}")
    return answer


def _give_back() -> None:
    """Return to the system what this process no longer uses: both processes count towards the machine's memory."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # the C library of GNU has it
    if trim is not None:
        trim(0)


def _wait(process: "subprocess.Popen[bytes]", step: Step) -> tuple[bytes, bytes]:
    try:
        while True:
            try:
                return process.communicate(timeout=STEP_SECONDS)
            except subprocess.TimeoutExpired:
                step()
    except BaseException:
        process.kill()
        raise
