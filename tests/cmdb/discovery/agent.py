"""A scripted SNMP v2c agent on a loopback port that answers from a recording, also in ways no sane agent would."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from types import TracebackType
from typing import Any, Self

from pysnmp.proto import api, rfc1905

from cmdb.discovery.client import Row, Value
from cmdb.discovery.client.base import oid_key

decoder = import_module("pyasn1.codec.ber.decoder")
encoder = import_module("pyasn1.codec.ber.encoder")
V2C = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]
GEN_ERR = 5


class RecordedAgent:
    """Serves ``rows`` in their order; more than ``max_repetitions`` rows asked for is answered with genErr.

    The first ``ignored`` requests get no answer. ``rewrite`` may replace the encoded answer by any octets.
    """

    def __init__(
        self,
        rows: Sequence[Row],
        *,
        max_repetitions: int | None = None,
        ignored: int = 0,
        get_fails: bool = False,
        rewrite: Callable[[bytes], bytes] = lambda answer: answer,
    ) -> None:
        self.rows = rows
        self.max_repetitions = max_repetitions
        self.ignored = ignored
        self.get_fails = get_fails
        self.rewrite = rewrite
        self.requests: list[str] = []
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._transport.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _listen(self) -> None:
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Protocol(self), local_addr=("127.0.0.1", 0)
        )
        self.port = self._transport.get_extra_info("sockname")[1]

    def answer(self, request: bytes) -> bytes | None:
        """Return the encoded answer, or None for silence."""
        message, _ = decoder.decode(request, asn1Spec=V2C.Message())
        pdu = V2C.apiMessage.get_pdu(message)
        kind = type(pdu).__name__
        self.requests.append(kind)
        if len(self.requests) <= self.ignored:
            return None
        response = V2C.apiMessage.get_response(message)
        answer = V2C.apiMessage.get_pdu(response)
        oids = [str(name) for name, _ in V2C.apiPDU.get_varbinds(pdu)]
        self._fill(answer, kind, oids, pdu)
        return self.rewrite(encoder.encode(response))

    def _fill(self, answer: Any, kind: str, oids: list[str], pdu: Any) -> None:
        repetitions = int(V2C.apiBulkPDU.get_max_repetitions(pdu)) if kind == "GetBulkRequestPDU" else 1
        too_many = self.max_repetitions is not None and repetitions > self.max_repetitions
        if too_many or (kind == "GetRequestPDU" and self.get_fails):
            V2C.apiPDU.set_varbinds(answer, [(oid, V2C.Null("")) for oid in oids])
            V2C.apiPDU.set_error_status(answer, GEN_ERR)
            V2C.apiPDU.set_error_index(answer, 1)
        elif kind == "GetRequestPDU":
            values = dict(reversed(self.rows))
            found = [(oid, encoded(values[oid]) if oid in values else rfc1905.noSuchInstance) for oid in oids]
            V2C.apiPDU.set_varbinds(answer, found)
        else:
            V2C.apiPDU.set_varbinds(answer, self._following(oids[0], repetitions))

    def _following(self, oid: str, count: int) -> list[tuple[str, Any]]:
        base = oid_key(oid)
        start = next((n for n, row in enumerate(self.rows) if oid_key(row[0]) > base), len(self.rows))
        found = [(name, encoded(value)) for name, value in self.rows[start : start + count]]
        return found or [(oid, rfc1905.endOfMibView)]


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, agent: RecordedAgent) -> None:
        self.agent = agent

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        answer = self.agent.answer(data)
        if answer is not None:
            self.transport.sendto(answer, address)


def encoded(value: Value) -> Any:
    """Return the value as an SNMP type: dotted numbers with four parts below 256 are addresses, other ones OIDs."""
    if isinstance(value, bytes):
        return V2C.OctetString(value)
    if isinstance(value, str):
        parts = oid_key(value)
        is_address = len(parts) == 4 and max(parts) < 256
        return V2C.IpAddress(value) if is_address else V2C.ObjectIdentifier(value)
    number = int(value)
    return V2C.Integer32(number) if -(2**31) <= number < 2**31 else V2C.Counter64(number)
