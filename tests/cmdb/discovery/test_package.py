"""The package as a whole: what it imports, and what happens without the real agent."""

import shutil
import subprocess
import sys

import pytest

from tests.servers.snmp import snmpd_path


def test_discovery_needs_neither_web_nor_database() -> None:
    program = (
        "import sys, cmdb.discovery.run, cmdb.discovery.client.gufo_backend, cmdb.discovery.client.pysnmp_backend;"
        "print([name for name in ('flask', 'sqlalchemy', 'werkzeug') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_missing_agent_is_a_skip_here_and_a_failure_with_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="snmpd is not installed"):
        snmpd_path()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="snmpd is not installed"):
        snmpd_path()
