"""Heavy work in a process of its own: what it loads and takes in memory is given back when it ends.

The program is a file that imports nothing of the product, so that it holds only what it needs. It reads JSON from its
standard input until that ends, and writes its answer to its standard output.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

STEP_SECONDS = 1.0
LONGEST_ERROR = 2000

Step = Callable[[], None]


def run_apart(program: Path, task: Any, step: Step) -> bytes:
    """What a program answers to `task`; `step` is called about every second and may raise, which ends the program.

    Raises RuntimeError with the end of what the program says when it fails.
    """
    command = [sys.executable, "-I", str(program)]
    pipe = subprocess.PIPE
    with TemporaryFile() as given:
        given.write(json.dumps(task).encode())
        given.seek(0)
        with subprocess.Popen(command, stdin=given, stdout=pipe, stderr=pipe) as process:  # noqa: S603 (our own program)
            answer, told = _wait(process, step)
    if process.returncode:
        end = told.decode(errors="replace")[-LONGEST_ERROR:]
        raise RuntimeError(f"{program.name} ended with {process.returncode}: {end}")
    return answer


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
