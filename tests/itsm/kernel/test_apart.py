"""Work in a process of its own: what it answers, how it fails, how it is ended."""

import json
import os
import time
from pathlib import Path

import pytest

from itsm.kernel.apart import Ended, run_apart


class Enough(Exception):
    """Somebody wants no more of the work."""


def program(folder: Path, text: str) -> Path:
    path = folder / "program.py"
    path.write_text(text, "utf-8")
    return path


def test_a_task_larger_than_a_pipe_reaches_a_program_that_reads_late(tmp_path: Path) -> None:
    text = "import json, sys, time\ntime.sleep(1.5)\nprint(len(json.load(sys.stdin)['text']))"
    steps: list[int] = []
    answer = run_apart(program(tmp_path, text), {"text": "x" * 1_000_000}, lambda: steps.append(1))
    assert answer == b"1000000\n"
    assert steps


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)program.py ended with 1: .*ValueError: no ink"):
        run_apart(program(tmp_path, "raise ValueError('no ink')"), {}, lambda: None)


def test_a_step_that_raises_ends_the_program(tmp_path: Path) -> None:
    def stop() -> None:
        raise Enough

    began = time.monotonic()
    with pytest.raises(Enough):
        run_apart(program(tmp_path, "import time\ntime.sleep(60)"), {}, stop)
    assert time.monotonic() - began < 30


def test_a_program_that_somebody_ends_is_told_from_one_that_fails(tmp_path: Path) -> None:
    with pytest.raises(Ended):
        run_apart(program(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)"), {}, lambda: None)


def test_a_program_knows_no_secrets_and_no_signals_of_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITSM_SECRET_KEY", "open sesame")
    text = "import json, os\nprint(json.dumps([os.environ.get('ITSM_SECRET_KEY'), os.getsid(0)]))"
    secret, own_session = json.loads(run_apart(program(tmp_path, text), {}, lambda: None))
    assert secret is None
    assert own_session != os.getsid(0)
