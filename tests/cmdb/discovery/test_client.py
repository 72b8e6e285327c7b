"""The client: one contract for every backend, its limits, and what a strange device cannot do to it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cmdb.discovery.client as client_package
from cmdb.discovery.client import (
    AuthenticationRefused,
    Budget,
    BudgetExceeded,
    Client,
    Credential,
    InvalidCredential,
    NoAnswer,
    Row,
    Settings,
    SnmpFailure,
    UnreadableAnswer,
    V1Credential,
    V2Credential,
    V3Credential,
    open_client,
)
from cmdb.discovery.client.gufo_backend import GufoClient
from cmdb.discovery.client.pysnmp_backend import TARGETS_PER_ENGINE, PysnmpClient
from cmdb.discovery.targets import AddressNotAllowed, Guard
from tests.cmdb.discovery.agent import RecordedAgent
from tests.cmdb.discovery.conftest import AUDITOR, LLDP, OPERATOR, recording
from tests.cmdb.discovery.replay import InvalidRecording, Recording, ReplayClient
from tests.properties import examples
from tests.servers.snmp import SnmpServer, SnmpUser, free_udp_port

Result = TypeVar("Result")
Backend = type[GufoClient] | type[PysnmpClient]

HOST = "127.0.0.1"
PUBLIC = V2Credential("public")
SYSTEM = "1.3.6.1.2.1.1"
BACKENDS = pytest.mark.parametrize("backend", [GufoClient, PysnmpClient])
COMMON: tuple[Row, ...] = (
    (f"{SYSTEM}.1.0", b"Switch"),
    (f"{SYSTEM}.2.0", "1.3.6.1.4.1.9.1.1"),
    (f"{SYSTEM}.3.0", 4242),
    ("1.3.6.1.2.1.4.20.1.1.10.0.0.1", "10.0.0.1"),
    ("1.3.6.1.2.1.31.1.1.1.6.1", 2**40),
    *((f"1.3.6.1.5.1.{number}", b"\x00\xff" + bytes([number])) for number in range(1, 61)),
    ("1.3.6.1.5.2.1", -5),
)


def user(of: SnmpUser, **changes: Any) -> V3Credential:
    values = {"auth_protocol": of.auth_protocol, "auth_key": of.auth_key, "priv_protocol": of.priv_protocol}
    return V3Credential(of.name, **(values | {"priv_key": of.priv_key} | changes))


def ask(client: Client[Any], question: Callable[[Client[Any]], Coroutine[Any, Any, Result]]) -> Result:
    async def run() -> Result:
        async with client:
            return await question(client)

    return asyncio.run(run())


def opened(
    backend: Backend, credential: Credential, port: int, *, timeout: float = 0.5, attempts: int = 1, **more: Any
) -> Client[Any]:
    guard = Guard(["127.0.0.0/8"], test_mode=True)
    return backend(
        credential, guard=guard, settings=Settings(port=port, timeout_seconds=timeout, attempts=attempts, **more)
    )


@contextlib.contextmanager
def served(name: str, rows: tuple[Row, ...]) -> Iterator[Client[Any]]:
    """Yield a client of the named backend that reads the rows."""
    if name == "replay":
        guard = Guard(["127.0.0.0/8"], test_mode=True)
        yield ReplayClient(PUBLIC, {HOST: Recording(rows)}, guard=guard)
        return
    with RecordedAgent(rows) as agent:
        yield opened(GufoClient if name == "gufo" else PysnmpClient, PUBLIC, agent.port)


CONTRACT = pytest.mark.parametrize("name", ["gufo", "pysnmp", "replay"])


@CONTRACT
def test_contract_get_returns_what_exists_in_plain_types(name: str) -> None:
    wanted = [row[0] for row in COMMON[:5]] + ["1.3.6.1.5.9.9", "1.3.6.1.5.2.1"]
    with served(name, COMMON) as client:
        found = ask(client, lambda one: one.get(HOST, wanted))
    assert found == dict(COMMON[:5]) | {"1.3.6.1.5.2.1": -5}


@CONTRACT
def test_contract_get_of_missing_objects_is_empty(name: str) -> None:
    with served(name, COMMON) as client:
        assert ask(client, lambda one: one.get(HOST, ["1.3.6.1.9.1", "1.3.6.1.9.2"])) == {}


@CONTRACT
def test_contract_get_of_many_objects_is_split(name: str) -> None:
    wanted = [f"1.3.6.1.5.1.{number}" for number in range(1, 61)]
    with served(name, COMMON) as client:
        assert list(ask(client, lambda one: one.get(HOST, wanted))) == wanted


@CONTRACT
@pytest.mark.parametrize("base", ["1.3.6.1.5.1", SYSTEM, "1.3.6.1.5.2", "1.3.6.1.5.7", "1.3.6.1.6", "1.3.6.1.2.1.3"])
def test_contract_walk_returns_exactly_the_subtree(name: str, base: str) -> None:
    with served(name, COMMON) as client:
        walk = ask(client, lambda one: one.walk(HOST, base))
    assert walk.rows == tuple(row for row in COMMON if row[0].startswith(base + "."))
    assert walk.incomplete is None


@CONTRACT
def test_contract_walk_stops_at_its_limit_and_says_so(name: str) -> None:
    with served(name, COMMON) as client:
        walk = ask(client, lambda one: one.walk(HOST, "1.3.6.1.5.1", max_varbinds=7))
    assert len(walk.rows) == 7
    assert walk.incomplete == "stopped after 7 values"


@CONTRACT
def test_contract_walk_stops_where_oids_do_not_increase(name: str) -> None:
    circle: tuple[Row, ...] = tuple((f"1.3.6.1.5.1.{number}", number) for number in (1, 2, 3, 2, 3))
    with served(name, circle) as client:
        walk = ask(client, lambda one: one.walk(HOST, "1.3.6.1.5.1"))
    assert [value for _, value in walk.rows] == [1, 2, 3]
    assert walk.incomplete == "the device sent OIDs that do not increase"


@CONTRACT
@pytest.mark.parametrize("device", ["switch", "printer", "ups"])
def test_contract_recordings_read_alike_over_the_wire(name: str, device: str) -> None:
    rows = recording(device).rows
    with served(name, rows) as client:
        walk = ask(client, lambda one: one.walk(HOST, "1.3"))
    assert walk.rows == tuple(row for row in rows if row[0].startswith("1.3."))


@CONTRACT
def test_contract_guard_is_asked_before_anything_is_opened(name: str) -> None:
    with served(name, COMMON) as client:
        for address in ("10.0.0.1", "8.8.8.8", "localhost", "169.254.169.254"):
            with pytest.raises(AddressNotAllowed):
                ask(client, lambda one, address=address: one.get(address, [f"{SYSTEM}.1.0"]))  # type: ignore[misc]
            with pytest.raises(AddressNotAllowed):
                ask(client, lambda one, address=address: one.walk(address, SYSTEM))  # type: ignore[misc]


class OpenedClient(ReplayClient):
    """A client that remembers which addresses it opened."""

    def __init__(self, guard: Guard) -> None:
        super().__init__(PUBLIC, {}, guard=guard)
        self.opened: list[str] = []

    def _open(self, address: str) -> Recording:
        self.opened.append(address)
        return Recording(COMMON)


@given(st.ip_addresses(v=4), st.sampled_from(["10.0.0.0/8", "0.0.0.0/0", "172.16.0.0/12", "127.0.0.0/8"]), st.data())
@settings(max_examples=examples(80), deadline=None)
def test_no_session_is_opened_to_an_address_that_the_guard_refuses(
    anywhere: IPv4Address, allowed: str, data: st.DataObject
) -> None:
    inside = st.integers(0, 2**16 - 1).map(lambda offset: IPv4Network(allowed).network_address + offset)
    address = data.draw(st.one_of(st.just(anywhere), inside))
    guard = Guard([allowed], ["10.0.128.0/17"], test_mode=data.draw(st.booleans()))
    client = OpenedClient(guard)
    try:
        guard.check(address)
    except AddressNotAllowed:
        for question in (client.get(str(address), [f"{SYSTEM}.1.0"]), client.walk(str(address), SYSTEM)):
            with pytest.raises(AddressNotAllowed):
                asyncio.run(question)
        assert client.opened == []
    else:
        asyncio.run(client.get(str(address), [f"{SYSTEM}.1.0"]))
        assert client.opened == [str(address)]


@BACKENDS
def test_smaller_answers_are_asked_for_when_large_ones_fail(backend: Backend) -> None:
    rows = tuple(row for row in COMMON if row[0].startswith("1.3.6.1.5.1."))
    with RecordedAgent(rows, max_repetitions=10) as agent:
        walk = ask(opened(backend, PUBLIC, agent.port), lambda one: one.walk(HOST, "1.3.6.1.5.1"))
        assert len(walk.rows) == 60
        assert agent.requests.count("GetBulkRequestPDU") <= 9


@BACKENDS
def test_getnext_is_used_when_no_bulk_answer_comes(backend: Backend) -> None:
    rows = tuple(row for row in COMMON if row[0].startswith("1.3.6.1.5.1."))[:12]
    with RecordedAgent(rows, max_repetitions=1) as agent:
        walk = ask(opened(backend, PUBLIC, agent.port), lambda one: one.walk(HOST, "1.3.6.1.5.1"))
        assert len(walk.rows) == 12
        assert agent.requests.count("GetNextRequestPDU") >= 12


def test_requests_to_one_device_go_one_at_a_time(agent: SnmpServer) -> None:
    async def many(client: Client[Any]) -> list[dict[str, Any]]:
        return await asyncio.gather(*(client.get(HOST, [f"{SYSTEM}.5.0"]) for _ in range(40)))

    found = ask(opened(GufoClient, PUBLIC, agent.port, timeout=3.0), many)
    assert found == [{f"{SYSTEM}.5.0": b"access-2"}] * 40


@BACKENDS
def test_lost_request_is_sent_again(backend: Backend) -> None:
    with RecordedAgent(COMMON, ignored=1) as agent:
        client = opened(backend, PUBLIC, agent.port, timeout=0.3, attempts=2)
        assert ask(client, lambda one: one.get(HOST, [f"{SYSTEM}.1.0"])) == {f"{SYSTEM}.1.0": b"Switch"}


@BACKENDS
def test_error_status_for_a_group_is_followed_by_single_requests(backend: Backend) -> None:
    with RecordedAgent(COMMON, get_fails=True) as agent:
        assert (
            ask(opened(backend, PUBLIC, agent.port), lambda one: one.get(HOST, [f"{SYSTEM}.1.0", f"{SYSTEM}.3.0"]))
            == {}
        )
        assert agent.requests.count("GetRequestPDU") >= 3


@BACKENDS
@pytest.mark.parametrize(
    "rewrite",
    [
        lambda answer: answer[:-3],
        lambda answer: b"",
        lambda answer: b"\x30\x82\xff\xff" + answer,
        lambda answer: b"\xff" * 40,
    ],
    ids=["truncated", "empty", "long length", "noise"],
)
def test_octets_that_are_no_answer_are_an_error_of_this_device_only(
    backend: Backend, rewrite: Callable[[bytes], bytes]
) -> None:
    with RecordedAgent(COMMON, rewrite=rewrite) as agent:
        wanted = [f"{SYSTEM}.1.0", f"{SYSTEM}.3.0"]
        for question in (lambda one: one.get(HOST, wanted), lambda one: one.walk(HOST, SYSTEM)):
            client = opened(backend, PUBLIC, agent.port, timeout=0.15)
            with pytest.raises((NoAnswer, UnreadableAnswer)):
                ask(client, question)


def test_answer_that_makes_the_native_library_panic_costs_only_its_device(capfd: pytest.CaptureFixture[str]) -> None:
    def missing(answer: bytes) -> bytes:
        return answer.replace(b"\x82\x00", b"\x80\x00")

    with RecordedAgent((), rewrite=missing) as agent:
        client = opened(GufoClient, PUBLIC, agent.port)
        with pytest.raises(UnreadableAnswer, match="cannot be read"):
            ask(client, lambda one: one.walk(HOST, SYSTEM))
    assert "panicked" in capfd.readouterr().err


def test_budget_of_values_ends_a_walk_and_then_the_device() -> None:
    with RecordedAgent(COMMON) as agent:

        async def run() -> None:
            async with opened(GufoClient, PUBLIC, agent.port, budget=Budget(30.0, 20)) as client:
                walk = await client.walk(HOST, "1.3.6.1.5.1")
                assert len(walk.rows) == 20
                assert walk.incomplete == "the device's budget of values is used up"
                with pytest.raises(BudgetExceeded):
                    await client.walk(HOST, "1.3.6.1.5.2")
                client.close(HOST)
                assert len((await client.walk(HOST, SYSTEM)).rows) == 3

        asyncio.run(run())


@BACKENDS
def test_budget_of_time_ends_a_silent_device(backend: Backend) -> None:
    with RecordedAgent(COMMON, ignored=99) as agent:
        client = opened(backend, PUBLIC, agent.port, timeout=5.0, budget=Budget(0.3, 1000))
        started = time.monotonic()
        with pytest.raises(BudgetExceeded, match="time"):
            ask(client, lambda one: one.walk(HOST, SYSTEM))
        assert time.monotonic() - started < 4.5  # an attempt alone may take 5


@BACKENDS
@pytest.mark.parametrize("credential", [PUBLIC, V1Credential("public"), user(OPERATOR), user(AUDITOR)], ids=str)
def test_real_agent_answers_get_and_walk_in_every_version(
    agent: SnmpServer, backend: Backend, credential: Credential
) -> None:
    async def both(client: Client[Any]) -> tuple[dict[str, Any], int]:
        found = await client.get(HOST, [f"{SYSTEM}.5.0", f"{SYSTEM}.99.0", f"{SYSTEM}.2.0"])
        return found, len((await client.walk(HOST, f"{LLDP}.4.1.1")).rows)

    found, rows = ask(opened(backend, credential, agent.port, timeout=2.0), both)
    assert found == {f"{SYSTEM}.5.0": b"access-2", f"{SYSTEM}.2.0": "1.3.6.1.4.1.9.1.1208"}
    assert rows == 5


@BACKENDS
@pytest.mark.parametrize(
    "credential",
    [user(OPERATOR, auth_key="not-the-passphrase"), user(OPERATOR, auth_protocol="MD5"), V3Credential("nobody")],
    ids=["key", "protocol", "user"],
)
def test_refused_v3_user_is_a_clear_error(agent: SnmpServer, backend: Backend, credential: Credential) -> None:
    with pytest.raises(AuthenticationRefused, match="unknown user, wrong key or wrong protocol"):
        ask(opened(backend, credential, agent.port, timeout=1.0), lambda one: one.get(HOST, [f"{SYSTEM}.1.0"]))


@BACKENDS
@pytest.mark.parametrize(
    "credential",
    [V2Credential("wrong"), user(OPERATOR, priv_key="not-the-passphrase")],
    ids=["community", "privacy key"],
)
def test_wrong_community_or_privacy_key_is_no_answer(
    agent: SnmpServer, backend: Backend, credential: Credential
) -> None:
    with pytest.raises(NoAnswer, match=r"^no answer$"):
        ask(opened(backend, credential, agent.port, timeout=0.4), lambda one: one.get(HOST, [f"{SYSTEM}.1.0"]))


@BACKENDS
@pytest.mark.parametrize("host", [HOST, "127.9.9.9"])
def test_closed_port_is_no_answer(backend: Backend, host: str) -> None:
    client = opened(backend, PUBLIC, free_udp_port(), timeout=0.3)
    with pytest.raises(NoAnswer):
        ask(client, lambda one: one.get(host, [f"{SYSTEM}.1.0"]))


def test_context_of_v3_reaches_the_device(agent: SnmpServer) -> None:
    credential = user(OPERATOR, context="vlan-20")
    client = open_client(credential, guard=Guard(["127.0.0.1"], test_mode=True), settings=Settings(agent.port, 0.5, 1))
    assert isinstance(client, PysnmpClient)
    with pytest.raises(SnmpFailure):
        ask(client, lambda one: one.get(HOST, [f"{SYSTEM}.1.0"]))


def test_gufo_is_the_default_and_pysnmp_stands_in(monkeypatch: pytest.MonkeyPatch, loopback: Guard) -> None:
    assert isinstance(open_client(PUBLIC, guard=loopback), GufoClient)
    monkeypatch.setattr(client_package, "find_spec", lambda name: None)
    assert isinstance(open_client(PUBLIC, guard=loopback), PysnmpClient)


def test_pysnmp_engine_serves_only_a_few_targets(loopback: Guard) -> None:
    async def run() -> None:
        client = PysnmpClient(PUBLIC, guard=loopback)
        engines = [client._open(f"127.0.0.{number}").engine for number in range(1, TARGETS_PER_ENGINE + 2)]
        assert len({id(engine) for engine in engines[:-1]}) == 1
        assert engines[-1] is not engines[0]
        for engine in {id(one): one for one in engines}.values():
            engine.snmp.close_dispatcher()

    asyncio.run(run())


@pytest.mark.parametrize("backend", [GufoClient, PysnmpClient, ReplayClient])
def test_no_backend_can_write(backend: type[Client[Any]]) -> None:
    words = ("set", "write", "trap", "inform", "send_notification")
    assert not [
        name for name in dir(backend) if any(word in name.lower() for word in words) and not name.startswith("__")
    ]


@pytest.mark.parametrize(
    ("build", "field"),
    [
        (lambda: V2Credential(""), "community"),
        (lambda: V1Credential("x" * 300), "community"),
        (lambda: V3Credential(""), "user"),
        (lambda: V3Credential("u", auth_key="12345678"), "auth_key"),
        (lambda: V3Credential("u", "SHA", "short"), "auth_key"),
        (lambda: V3Credential("u", "ROT13", "12345678"), "auth_protocol"),  # type: ignore[arg-type]
        (lambda: V3Credential("u", None, "", "AES", "12345678"), "priv_protocol"),
        (lambda: V3Credential("u", "SHA", "12345678", "AES", "short"), "priv_key"),
    ],
)
def test_wrong_credential_names_its_field(build: Callable[[], Credential], field: str) -> None:
    with pytest.raises(InvalidCredential, match=field):
        build()


@BACKENDS
def test_no_secret_appears_in_representations_logs_or_errors(
    agent: SnmpServer, backend: Backend, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ("w1ld-c0mmunity", "auth-s3cret-key", "priv-s3cret-key")
    credentials: list[Credential] = [
        V1Credential(secrets[0]),
        V2Credential(secrets[0]),
        V3Credential("operator", "SHA", secrets[1], "AES", secrets[2]),
    ]
    seen = []
    for credential in credentials:
        client = opened(backend, credential, agent.port, timeout=0.2)
        with pytest.raises(SnmpFailure) as caught:
            ask(client, lambda one: one.get(HOST, [f"{SYSTEM}.1.0"]))
        seen += [
            repr(credential),
            str(credential),
            repr(client),
            repr(client.settings),
            str(caught.value),
            repr(caught.value),
        ]
    everything = "\n".join([*seen, caplog.text])
    assert not [secret for secret in secrets if secret in everything]


@pytest.mark.parametrize("line", ["1.3.6|2", "a.b|2|5", "1.3|2|five", "1.3|4x|zz"])
def test_wrong_line_of_a_recording_is_named(line: str, tmp_path: Any) -> None:
    path = tmp_path / "wrong.snmprec"
    path.write_text(f"# remark\n{line}\n")
    with pytest.raises(InvalidRecording, match="line 2"):
        Recording.from_file(path)
