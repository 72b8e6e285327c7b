"""The real agent and the recordings that the discovery tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cmdb.discovery.targets import Guard
from tests.cmdb.discovery.replay import Recording
from tests.servers.snmp import SnmpServer, SnmpUser

RECORDINGS = Path(__file__).parent / "recordings"
OPERATOR = SnmpUser("operator", "SHA", "auth-passphrase-1", "AES", "priv-passphrase-1")
AUDITOR = SnmpUser("auditor", "SHA-256", "auth-passphrase-2", "AES", "priv-passphrase-2")
LLDP = "1.0.8802.1.1.2.1"
ENTITY = "1.3.6.1.2.1.47.1.1.1.1"
OVERRIDES: tuple[tuple[str, str, str | int], ...] = (
    (f"{LLDP}.4.1.1.4.0.1.1", "integer", 4),
    (f"{LLDP}.4.1.1.5.0.1.1", "octet_str", "0x00c0ffee0001"),
    (f"{LLDP}.4.1.1.6.0.1.1", "integer", 5),
    (f"{LLDP}.4.1.1.7.0.1.1", "octet_str", "Gi1/0/24"),
    (f"{LLDP}.4.1.1.9.0.1.1", "octet_str", "access-1"),
    (f"{LLDP}.4.2.1.3.0.1.1.1.4.10.20.0.1", "integer", 2),
    (f"{ENTITY}.5.1", "integer", 3),
    (f"{ENTITY}.11.1", "octet_str", "FOC1234X0AB"),
    (f"{ENTITY}.13.1", "octet_str", "WS-C2960X-48TS-L"),
)


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnmpServer]:
    """A real agent that shows one chassis and one LLDP neighbour."""
    server = SnmpServer(
        tmp_path_factory.mktemp("snmpd"),
        communities=("public", "s3cret-community"),
        users=(OPERATOR, AUDITOR),
        name="access-2",
        location="Rack 9",
        object_id="1.3.6.1.4.1.9.1.1208",
        overrides=OVERRIDES,
    )
    with server:
        yield server


@pytest.fixture(scope="session")
def plain_agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SnmpServer]:
    """A real agent as the system's package sets it up: it has no serial number."""
    with SnmpServer(tmp_path_factory.mktemp("plain-snmpd"), name="host-1") as server:
        yield server


@pytest.fixture
def loopback() -> Guard:
    """A guard that allows loopback for tests."""
    return Guard(["127.0.0.0/8"], test_mode=True)


def recording(name: str) -> Recording:
    """Read one of the recordings."""
    return Recording.from_file(RECORDINGS / f"{name}.snmprec")
