"""The distribution's unmodified agents against the whole application, served on loopback."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.serving import make_server

from assets.inventory import jobs, services
from assets.inventory.models import InventoryAgent, InventoryBody, InventorySnapshot
from assets.models import Asset
from cmdb import queries as cmdb
from itsm.kernel.actor import SYSTEM
from itsm.kernel.db import session
from tests.assets.inventory.documents import FUSION
from tests.assets.inventory.machines import machine
from tests.conftest import missing

SECRET = "a secret that agents share"


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application behind a real socket; the address that agents are given."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def run(agent: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run an agent once."""
    if shutil.which(agent) is None or os.geteuid() != 0:
        missing(f"{agent} (installed, and tests that run as root)")
    return subprocess.run([agent, *options], capture_output=True, text=True, timeout=120, check=False)


def fusioninventory(url: str, *options: str) -> subprocess.CompletedProcess[str]:
    return run("fusioninventory-agent", "--server", url, "--no-httpd", "--tasks=inventory", "--logger=stderr", *options)


def imported(app: Flask) -> tuple[int, Any, Any]:
    """Import what waits; how many documents there were, the only agent and its CI."""
    with app.app_context():
        done = jobs.import_waiting().done
        agent = session.scalars(select(InventoryAgent)).one()
        ci = cmdb.get_ci(SYSTEM, agent.ci_id) if agent.ci_id else None
        session.remove()
        return done, agent, ci


def test_fusioninventory_agent_twice(separate_app: Flask) -> None:
    with served(separate_app) as address:
        first = fusioninventory(f"{address}/plugins/fusioninventory/")
        done, agent, ci = imported(separate_app)
        assert "error" not in first.stderr
        assert (done, agent.kind, agent.state) == (1, "fusioninventory", "known")
        assert ci.name == agent.name != ""
        assert ci.attributes["operating_system"]
        second = fusioninventory(f"{address}/inventory")
        again, agent, same = imported(separate_app)
    assert "error" not in second.stderr
    assert (again, same.id) == (1, ci.id)


def test_ocs_inventory_agent(separate_app: Flask, tmp_path: Path) -> None:
    with served(separate_app) as address:
        finished = run(
            "ocsinventory-agent", "--server", f"{address}/ocsinventory", "--local=0", f"--basevardir={tmp_path / 'ocs'}"
        )
    done, agent, ci = imported(separate_app)
    assert finished.returncode == 0, finished.stderr
    assert (done, agent.kind, ci.name) == (1, "ocs", agent.name)


def test_fusioninventory_agent_signs_in_with_the_shared_secret(separate_app: Flask) -> None:
    separate_app.config["ITSM"] = replace(separate_app.config["ITSM"], demo=False, inventory_secret=SECRET)
    with served(separate_app) as address:
        refused = fusioninventory(f"{address}/inventory")
        with separate_app.app_context():
            assert session.scalar(select(func.count()).select_from(InventoryAgent)) == 0
            session.remove()
        fusioninventory(f"{address}/inventory", "--user=agent", f"--password={SECRET}")
    assert "401" in refused.stderr or "uthenti" in refused.stderr
    assert imported(separate_app)[0] == 1


@pytest.mark.parametrize("source_ids", [("a", "a"), ("a", "b")], ids=["one agent", "two agents of one machine"])
def test_documents_of_one_machine_at_the_same_time_make_one_ci(
    separate_app: Flask, source_ids: tuple[str, str]
) -> None:
    documents = [machine(one, serial="ABC1234", macs=("b8:6b:23:e0:5c:81",)) for one in source_ids] * 4

    def take(document: bytes) -> Any:
        with separate_app.app_context():
            return jobs.in_own_unit(lambda: services.import_body(SYSTEM, document))

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(take, documents))
    with separate_app.app_context():
        counts = [
            session.scalar(select(func.count()).select_from(table))
            for table in (InventorySnapshot, Asset, InventoryAgent)
        ]
        session.remove()
    assert len({result.ci for result in results}) == 1
    assert [result.action for result in results].count("created") == 1
    assert counts == [1, 1, len(set(source_ids))]


def test_the_same_report_at_the_same_time_is_answered_and_kept(separate_app: Flask) -> None:
    """Six copies at once, of eight agents that were never seen: one row each, and no transaction stops another."""
    with served(separate_app) as address:
        from urllib.request import Request, urlopen

        def post(body: bytes) -> int:
            request = Request(f"{address}/inventory", data=body, headers={"Content-Type": "text/xml"})
            with urlopen(request, timeout=30) as answer:
                return int(answer.status)

        with ThreadPoolExecutor(6) as pool:
            for number in range(8):
                device = b"<DEVICEID>pc-%d-2026-01-01-00-00-00<" % number
                assert list(pool.map(post, [re.sub(rb"<DEVICEID>[^<]*<", device, FUSION)] * 6)) == [200] * 6
    with separate_app.app_context():
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (InventoryAgent, InventoryBody)]
        session.remove()
    assert counts == [8, 8]
