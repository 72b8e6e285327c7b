"""The house itself: the same file names, no web in the rules, settings and events in order."""

import ast
from pathlib import Path

import pytest
from flask import Flask

from itsm.kernel.module import registry
from tests.conftest import PACKAGES, ROOT

RULES = ("models.py", "lifecycle.py", "policy.py", "services.py", "queries.py", "subscribers.py", "jobs.py")
LINES = 420


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]


@pytest.mark.parametrize("name", RULES)
def test_rules_and_queries_do_not_know_the_web(name: str) -> None:
    guilty = []
    for path in sources():
        inside = path.name == name or path.parent.name == name.removesuffix(".py")
        if not inside or "kernel" in path.parts or "web" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            guilty += [f"{path}: {each}" for each in names if each.split(".")[0] in {"flask", "werkzeug"}]
    assert not guilty


def test_files_stay_short_enough_to_find_ones_way() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources()
        if (lines := len(path.read_text("utf-8").splitlines())) > LINES
    }
    assert not long


def test_public_functions_say_what_types_do_not() -> None:
    silent = []
    for path in sources():
        for node in ast.parse(path.read_text("utf-8")).body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                silent.append(f"{path.relative_to(ROOT)}: {node.name}")
    assert not silent


def test_only_the_clock_reads_wall_time() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.name != "clock.py" and ("datetime.now(" in (text := path.read_text("utf-8")) or "time.time()" in text)
    ]
    assert not readers


def test_every_permission_names_known_roles(app: Flask) -> None:
    from itsm.identity.services import ROLES

    unknown = {item.name for item in registry().permissions.values() if set(item.roles) - set(ROLES)}
    assert not unknown


def test_nothing_is_committed_inside_services_or_queries() -> None:
    guilty = [
        str(path.relative_to(ROOT))
        for path in sources()
        if path.name in {"services.py", "queries.py", "subscribers.py"} and "session.commit(" in path.read_text("utf-8")
    ]
    assert not guilty
