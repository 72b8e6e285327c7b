"""A browser as the server meets it: one connection that is kept alive, a cookie, and what it was answered."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Heard:
    """What the crowd was answered: milliseconds by the sort of question, statuses, and what went wrong."""

    walls: dict[str, list[float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    asked_again: int = 0  # because the server had hung up

    def note(self, sort: str, status: int, seconds: float) -> None:
        """An answer."""
        self.walls.setdefault(sort, []).append(seconds * 1000)
        self.statuses[status] += 1
        if status >= 400:
            self.errors[f"{sort} {status}"] += 1


@dataclass
class Browser:
    """One person's connection, kept alive, with cookie, form token and page."""

    port: int
    cookie: str
    heard: Heard
    token: str = ""
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def ask(
        self, sort: str, address: str, headers: dict[str, str] | None = None, data: str | None = None
    ) -> "Answer":
        """One question and its answer; asks again on a new connection where the server had hung up on the old one."""
        started = time.perf_counter()
        written = self._written(address, headers or {}, data)
        try:
            answer = await self._exchange(written, used=True)
        except (ConnectionError, EOFError):
            self.heard.asked_again += 1
            answer = await self._exchange(written, used=False)
        self.heard.note(sort, answer.status, time.perf_counter() - started)
        self.cookie = answer.cookie or self.cookie
        if answer.headers.get("connection") == "close":
            self.writer = None
        return answer

    async def _exchange(self, written: bytes, *, used: bool) -> "Answer":
        if not used or self.writer is None or self.reader is None:
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writer.write(written)
        await self.writer.drain()
        return await _read_answer(self.reader)

    def _written(self, address: str, headers: dict[str, str], data: str | None) -> bytes:
        own = {"Host": "127.0.0.1", "Cookie": self.cookie, "User-Agent": "tests"}
        if data is not None:
            own |= {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(data))}
            own |= {"X-CSRFToken": self.token}
        own |= headers
        lines = [f"{'GET' if data is None else 'POST'} {address} HTTP/1.1", *(f"{name}: {own[name]}" for name in own)]
        return ("\r\n".join(lines) + "\r\n\r\n" + (data or "")).encode()


@dataclass(frozen=True)
class Answer:
    """An answer of the server."""

    status: int
    headers: dict[str, str]
    body: str
    cookie: str


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in head[1:] if ": " in line]
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    cookies = [value.split(";")[0] for name, value in pairs if name.lower() == "set-cookie" and "session=" in value]
    return Answer(int(head[0].split()[1]), headers, body.decode(errors="replace"), cookies[-1] if cookies else "")
