"""The backend for tests: answers from recordings in the ``.snmprec`` format, in the order of the recording."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cmdb.discovery.client.base import AgentFault, Client, NoAnswer, Row, Settings, Value, oid_key
from cmdb.discovery.client.credentials import Credential
from cmdb.discovery.errors import DiscoveryFailure
from cmdb.discovery.targets import Guard

_INTEGER_TAGS: Final = frozenset({"2", "65", "66", "67", "70"})
_RECORDING_MAX_BYTES: Final = 16 * 2**20


class InvalidRecording(DiscoveryFailure):
    """A recording that cannot be read; the text names the line."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What one device answers: rows in the order of GETNEXT, which need not increase.

    Above ``max_repetitions`` the device answers with an error; subtrees in ``failing`` are never answered.
    """

    rows: tuple[Row, ...]
    max_repetitions: int | None = None
    failing: frozenset[str] = frozenset()

    @classmethod
    def from_dict(cls, values: Mapping[str, Value]) -> "Recording":
        """Build a recording of a well-behaved device."""
        return cls(tuple(sorted(values.items(), key=lambda row: oid_key(row[0]))))

    @classmethod
    def from_file(cls, path: Path) -> "Recording":
        """Read ``oid|tag|value`` lines; a tag with ``x`` holds hexadecimal octets, # begins a remark."""
        if path.stat().st_size > _RECORDING_MAX_BYTES:
            raise InvalidRecording(f"{path.name} is larger than {_RECORDING_MAX_BYTES} bytes")
        lines = path.read_text(encoding="utf-8").splitlines()
        return cls(tuple(_parse_lines(lines)))


class ReplayClient(Client[Recording]):
    """Plays recordings by address; every other address is silent. ``requested`` lists the OIDs asked for."""

    def __init__(
        self,
        credential: Credential,
        recordings: Mapping[str, Recording],
        *,
        guard: Guard,
        settings: Settings | None = None,
    ) -> None:
        super().__init__(credential, guard=guard, settings=settings)
        self._recordings = recordings
        self.requested: list[str] = []

    def _open(self, address: str) -> Recording:
        return self._recordings.get(address, Recording(()))

    def _close(self, session: Recording) -> None:
        pass

    async def _request(self, session: Recording, oids: Sequence[str]) -> dict[str, Value]:
        self.requested.extend(oids)
        if not session.rows:
            raise NoAnswer
        values = dict(reversed(session.rows))
        return {oid: values[oid] for oid in oids if oid in values}

    async def _rows(self, session: Recording, oid: str, repetitions: int) -> AsyncIterator[Row]:
        self.requested.append(oid)
        if not session.rows or oid in session.failing:
            raise NoAnswer
        if session.max_repetitions is not None and repetitions > session.max_repetitions:
            raise AgentFault("the device cannot answer requests for many rows")
        for row in session.rows[_position(session.rows, oid) :]:
            yield row


def _position(rows: Sequence[Row], oid: str) -> int:
    base = oid_key(oid)
    return next((index for index, row in enumerate(rows) if oid_key(row[0]) > base), len(rows))


def _parse_lines(lines: Iterable[str]) -> Iterable[Row]:
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        oid, tag, value = _split(line, number)
        try:
            yield oid, _parse_value(tag, value)
        except ValueError as error:
            raise InvalidRecording(f"line {number}: {value[:40]!r} is no value of type {tag}") from error


def _split(line: str, number: int) -> tuple[str, str, str]:
    parts = line.split("|", 2)
    if len(parts) != 3 or not all(part.isdigit() for part in parts[0].split(".")):
        raise InvalidRecording(f"line {number}: not oid|tag|value")
    return parts[0], parts[1], parts[2]


def _parse_value(tag: str, value: str) -> Value:
    if tag in _INTEGER_TAGS:
        return int(value)
    if tag in ("6", "64"):
        return value
    if tag.endswith("x"):
        return bytes.fromhex(value)
    return value.encode()
