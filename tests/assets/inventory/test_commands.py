"""`itsm inventory import`: one JSON line a file."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from flask import Flask

from assets.inventory.commands import inventory
from tests.assets.inventory.documents import FUSION
from tests.assets.inventory.machines import machine


def run(app: Flask, *paths: Path) -> tuple[Result, list[dict[str, Any]]]:
    del app
    result = CliRunner().invoke(inventory, ["import", *map(str, paths)], catch_exceptions=False)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_each_file_gets_its_line_and_a_bad_one_stops_nothing(app: Flask, tmp_path: Path) -> None:
    files = {
        "first.ocs": FUSION,
        "bad.xml": b"<REQUEST>",
        "again.xml": FUSION,
        "other.json": machine("b", serial="XYZ9876", name="ü"),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    result, lines = run(app, *(tmp_path / name for name in files), tmp_path / "absent.xml", tmp_path)
    assert result.exit_code == 1
    assert [list(line) for line in lines] == [["file", "action", "ci", "asset", "changes", "reason"]] * 6
    assert [line["action"] for line in lines] == ["created", "rejected", "unchanged", "created", "rejected", "rejected"]
    assert lines[0]["file"] == str(tmp_path / "first.ocs")
    assert lines[0]["ci"] == lines[2]["ci"] != lines[3]["ci"]
    assert lines[0]["asset"].startswith("AST")
    assert lines[4]["reason"].startswith("It cannot be read: No such file")


def test_exit_status_is_0_when_every_file_was_taken(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "one.xml"
    path.write_bytes(FUSION)
    assert [run(app, path)[0].exit_code for _ in range(2)] == [0, 0]


def test_no_file_is_wrong_usage(app: Flask) -> None:
    assert run(app)[0].exit_code == 2
