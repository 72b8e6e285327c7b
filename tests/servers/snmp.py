"""A real SNMP agent (net-snmp's snmpd) on a loopback port, for tests."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

_READY_SECONDS = 10.0


@dataclass(frozen=True)
class SnmpUser:
    """A user of SNMP v3 with authentication and privacy."""

    name: str
    auth_protocol: str
    auth_key: str
    priv_protocol: str
    priv_key: str


def snmpd_path() -> str:
    """Find snmpd; without it a test is skipped, or fails where CI is ``true``."""
    found = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin:/usr/local/sbin")
    if found is not None:
        return found
    reason = "snmpd is not installed (Debian package snmpd)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def free_udp_port(host: str = "127.0.0.1") -> int:
    """Return a UDP port that nothing listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class SnmpServer:
    """Runs snmpd in a folder of its own; ``overrides`` are (oid, type, value) rows that it serves beside its own.

    Types are those of snmpd's ``override`` directive: integer, octet_str, object_id, ipaddress, timeticks, uinteger.
    An octet string that begins with 0x is hexadecimal.
    """

    def __init__(
        self,
        folder: Path,
        *,
        communities: Sequence[str] = ("public",),
        users: Sequence[SnmpUser] = (),
        host: str = "127.0.0.1",
        port: int | None = None,
        name: str = "agent-1",
        location: str = "Rack 7",
        contact: str = "network@example.org",
        object_id: str = "1.3.6.1.4.1.8072.3.2.10",
        overrides: Sequence[tuple[str, str, str | int]] = (),
    ) -> None:
        self.folder = folder
        self.communities = tuple(communities)
        self.users = tuple(users)
        self.host = host
        self.port = port or free_udp_port(host)
        self._lines = [
            f"agentAddress udp:{host}:{self.port}",
            *(f"rocommunity {community} 127.0.0.0/8" for community in communities),
            *(_create_user(user) for user in users),
            *(f"rouser {user.name} priv" for user in users),
            f"sysName {name}",
            f"sysLocation {location}",
            f"sysContact {contact}",
            f"sysObjectID {object_id}",
            *(f"override .{oid} {kind} {_quoted(kind, value)}" for oid, kind, value in overrides),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the agent and wait until it listens."""
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "snmpd.conf"
        configuration.write_text("\n".join(self._lines) + "\n", encoding="utf-8")
        environment = os.environ | {"SNMP_PERSISTENT_DIR": str(self.folder / "state"), "MIBS": "", "MIBDIRS": ""}
        with (self.folder / "snmpd.log").open("wb") as log:
            self._process = subprocess.Popen(
                [snmpd_path(), "-f", "-Le", "-C", "-c", str(configuration), "-I", "-smux"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """End the agent; nothing happens when it does not run."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            if b"NET-SNMP version" in (self.folder / "snmpd.log").read_bytes():
                return
            time.sleep(0.02)
        self.stop()
        raise RuntimeError("snmpd did not start: " + (self.folder / "snmpd.log").read_text(errors="replace")[-500:])


def _create_user(user: SnmpUser) -> str:
    return f"createUser {user.name} {user.auth_protocol} {user.auth_key} {user.priv_protocol} {user.priv_key}"


def _quoted(kind: str, value: str | int) -> str:
    text = str(value)
    return f'"{text}"' if kind == "octet_str" and not text.startswith("0x") else text
