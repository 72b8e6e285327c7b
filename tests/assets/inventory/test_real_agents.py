"""The unmodified agents of the distribution against the protocol, over HTTP on loopback."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest

from assets.inventory.protocol import AgentContacted, AgentReply, AgentRequest, AgentState, InventoryReceived, respond
from assets.inventory.reading import read_inventory


@contextmanager
def endpoint() -> Iterator[tuple[str, list[AgentReply]]]:
    """A server that answers with ``respond`` and keeps what it answered."""
    replies: list[AgentReply] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = AgentRequest(
                method=self.command,
                body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
                query=dict(parse_qsl(urlsplit(self.path).query)),
                agent_id=self.headers.get("GLPI-Agent-ID", ""),
                user_agent=self.headers.get("User-Agent", ""),
            )
            reply = respond(request, lambda _: AgentState.UNKNOWN)
            replies.append(reply)
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/inventory", replies
        server.shutdown()
        thread.join()


def run(agent: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run an agent once; where it is not installed the test is skipped, or fails in continuous integration."""
    if shutil.which(agent) is None or os.geteuid() != 0:
        reason = f"{agent} is not installed or the tests do not run as root"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return subprocess.run([agent, *options], capture_output=True, text=True, timeout=120, check=False)


def check(replies: list[AgentReply], kind: str) -> None:
    """A first contact and one readable inventory, every request answered with success."""
    assert [reply.status for reply in replies] == [200] * len(replies)
    assert isinstance(replies[0].event, AgentContacted)
    (received,) = [reply.event for reply in replies if isinstance(reply.event, InventoryReceived)]
    reading = read_inventory(received.data)
    assert (received.agent.kind, reading.inventory.agent_kind) == (kind, kind)
    assert reading.inventory.name
    assert reading.inventory.software
    assert reading.warnings == ()
    assert b"<ENVS>" not in received.data
    assert b"<PROCESSES>" not in received.data


def test_fusioninventory_agent() -> None:
    with endpoint() as (url, replies):
        done = run("fusioninventory-agent", "--server", url, "--no-httpd", "--tasks=inventory", "--logger=stderr")
    assert "error" not in done.stderr
    check(replies, "fusioninventory")


def test_ocs_inventory_agent(tmp_path: Path) -> None:
    with endpoint() as (url, replies):
        done = run("ocsinventory-agent", "--server", url, "--local=0", f"--basevardir={tmp_path}")
    assert done.returncode == 0, done.stderr
    check(replies, "ocs")
