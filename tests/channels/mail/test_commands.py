"""The commands that an MTA and a curious person call, as processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from itsm.channels.mail import mailboxes
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import unit_of_work
from tests.channels.mail.letters import letter
from tests.conftest import ROOT
from tests.servers.mail import free_port


def itsm(*arguments: str, raw: bytes = b"", **settings: str) -> "subprocess.CompletedProcess[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ITSM_")}
    environment |= {f"ITSM_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "itsm.cli", "mail", *arguments]
    return subprocess.run(command, check=False, input=raw, capture_output=True, cwd=ROOT, env=environment, timeout=120)


def unreachable() -> str:
    return f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none"


def test_receive_tells_what_became_of_the_message(new_desk: Callable[..., Flask], tmp_path: Path) -> None:
    app = new_desk("one")
    with app.app_context(), unit_of_work():
        mailboxes.create_mailbox(SYSTEM, name="Help", address="help@desk.test")
    where = {"data_dir": str(tmp_path / "one"), "database_url": app.config["ITSM"].database_url}
    raw = letter()
    first = itsm("receive", "--mailbox", "Help", raw=raw, **where)
    again = itsm("receive", "--mailbox", "help@desk.test", raw=raw, **where)
    assert (first.returncode, again.returncode) == (0, 0)
    told = json.loads(first.stdout)
    assert (told["action"], told["ticket"][:3], set(told)) == ("created", "INC", {"action", "ticket", "reason"})
    assert json.loads(again.stdout) == {"action": "duplicate", "ticket": told["ticket"], "reason": "duplicate"}
    unknown = itsm("receive", "--mailbox", "Nobody", raw=raw, **where)
    assert (unknown.returncode, unknown.stdout) == (75, b"")


def test_receive_asks_to_try_later_when_nothing_can_be_stored(tmp_path: Path) -> None:
    no_driver = "nosuchdatabase://nobody@127.0.0.1/none"
    for settings in ({"database_url": unreachable()}, {"database_url": no_driver}, {"demo": "0"}, {"port": "x"}):
        answer = itsm("receive", raw=letter(), data_dir=str(tmp_path), **settings)
        assert (answer.returncode, answer.stdout) == (75, b""), settings


def test_parse_needs_no_database(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.eml", tmp_path / "bad.eml"
    good.write_bytes(letter("Hello"))
    bad.write_bytes(b"\0")
    where = {"data_dir": str(tmp_path), "database_url": unreachable()}
    answer = itsm("parse", str(good), str(bad), str(tmp_path / "none.eml"), **where)
    first, second, third = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.returncode == 0
    assert (first["file"], first["text"], first["from"]["address"]) == (str(good), "Hello", "ana@example.org")
    assert (second["file"], second["error"].split(":")[0]) == (str(bad), "empty")
    assert (third["file"], set(third)) == (str(tmp_path / "none.eml"), {"file", "error"})
    piped = itsm("parse", raw=letter("Hello"), **where)
    assert json.loads(piped.stdout)["file"] is None


def test_parse_does_not_import_the_application() -> None:
    code = (
        "import sys; from itsm.cli import main; sys.argv[1:] = ['mail', 'parse', '--help']\n"
        "try: main()\n"
        "except SystemExit: print(sorted({'flask', 'sqlalchemy'} & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT, timeout=60)
    assert answer.stdout.splitlines()[-1] == b"[]"
