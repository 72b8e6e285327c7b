"""Real mail servers on loopback ports, for tests: Postfix takes SMTP and hands over by LMTP to Dovecot, which serves IMAP.

Each instance has a folder, ports and processes of its own and stops only those.
"""

import grp
import os
import pwd
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from imapclient import IMAPClient

_READY_SECONDS = 20.0
PASSWORD = "geheim-test"


def free_port() -> int:
    """A TCP port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lacking() -> str:
    """What is missing to run these servers; empty when everything is there."""
    if os.geteuid() != 0:
        return "mail servers (they need root)"
    for program in ("dovecot", "postfix"):
        if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") is None:
            return program
    return "" if Path("/usr/lib/dovecot/lmtp").exists() else "dovecot-lmtpd"


class MailServers:
    """Postfix and Dovecot that take mail for every address of `desk.test`, `other.test` and `people.test`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.smtp_port, self.imap_port, self.lmtp_port = free_port(), free_port(), free_port()
        self._dovecot: subprocess.Popen[bytes] | None = None

    @property
    def smtp_url(self) -> str:
        """The address for the setting `smtp_url`."""
        return f"smtp://127.0.0.1:{self.smtp_port}"

    def __enter__(self) -> Self:
        for name in ("postfix", "queue", "data", "dovecot", "run", "mail"):
            (self.folder / name).mkdir(parents=True)
        self.folder.chmod(0o755)  # the servers drop root and must still reach their folders
        self._start_dovecot()
        self._start_postfix()
        return self

    def __exit__(self, *_: object) -> None:
        self._postfix("stop")
        if self._dovecot is not None:
            self._dovecot.terminate()
            self._dovecot.wait(timeout=15)

    def send(self, message: EmailMessage | bytes, *, sender: str, to: str) -> None:
        """Hand a mail to Postfix."""
        content = message if isinstance(message, bytes) else message.as_bytes(policy=policy.SMTP)
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=20) as connection:
            connection.sendmail(sender, [to], content)

    @contextmanager
    def open_box(self, address: str) -> Iterator[IMAPClient]:
        """An IMAP session in someone's INBOX."""
        client = IMAPClient("127.0.0.1", port=self.imap_port, ssl=False, timeout=20)
        client.login(address, PASSWORD)
        client.select_folder("INBOX")
        try:
            yield client
        finally:
            client.logout()

    def read_box(self, address: str) -> list[EmailMessage]:
        """Every mail in someone's INBOX, oldest first."""
        with self.open_box(address) as client:
            found = client.fetch(client.search(["ALL"]), ["BODY.PEEK[]"])
        raw = [found[number][b"BODY[]"] for number in sorted(found)]
        return [message_from_bytes(each, policy=policy.default) for each in raw]

    def wait_for(self, address: str, count: int, *, seconds: float = 20.0) -> list[EmailMessage]:
        """The mails in someone's INBOX once there are so many; fails after a while."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = self.read_box(address)
            if len(found) >= count:
                return found
            time.sleep(0.1)
        raise AssertionError(f"{address} has {len(self.read_box(address))} mails, not {count}")

    def wait_until_quiet(self, *, seconds: float = 30.0) -> None:
        """Wait until Postfix has nothing left to deliver."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            waiting = [
                path
                for name in ("incoming", "active", "maildrop")
                for path in (self.folder / "queue" / name).rglob("*")
            ]
            if not any(path.is_file() for path in waiting):
                return
            time.sleep(0.1)
        raise AssertionError("Postfix still has mail to deliver")

    def _start_dovecot(self) -> None:
        folder = self.folder
        configuration = folder / "dovecot" / "dovecot.conf"
        configuration.write_text(
            _DOVECOT.format(folder=folder, imap=self.imap_port, lmtp=self.lmtp_port, password=PASSWORD)
        )
        _give(folder / "mail", "mail", "mail")
        with (folder / "dovecot.out").open("wb") as log:
            self._dovecot = subprocess.Popen(
                ["/usr/sbin/dovecot", "-F", "-c", str(configuration)], stdout=log, stderr=subprocess.STDOUT
            )
        _wait_for_port(self.imap_port, lambda: (folder / "dovecot.log").read_text(errors="replace"))
        _wait_for_port(self.lmtp_port, lambda: (folder / "dovecot.log").read_text(errors="replace"))

    def _start_postfix(self) -> None:
        folder = self.folder
        (folder / "postfix" / "main.cf").write_text(_POSTFIX_MAIN.format(folder=folder, lmtp=self.lmtp_port))
        (folder / "postfix" / "master.cf").write_text(_POSTFIX_MASTER.format(smtp=self.smtp_port))
        _give(folder / "data", "postfix", "postfix")
        self._postfix("start")
        _wait_for_port(self.smtp_port, lambda: (folder / "mail.log").read_text(errors="replace"))

    def _postfix(self, command: str) -> None:
        subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self.folder / "postfix"), command],
            check=command == "start",
            capture_output=True,
            timeout=60,
        )


def _give(path: Path, user: str, group: str) -> None:
    os.chown(path, pwd.getpwnam(user).pw_uid, grp.getgrnam(group).gr_gid)


def _wait_for_port(port: int, log: object) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"the mail server did not start: {log() if callable(log) else ''}")


_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = dovecot
default_login_user = dovenull
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/mail/%u allow_all_users=yes
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@desk.test
}}
"""

_POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
myhostname = mx.desk.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = desk.test, other.test, people.test
virtual_mailbox_maps = static:ok
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
smtpd_recipient_restrictions =
  check_recipient_access inline:{{{{gone@people.test = 550 5.1.1 no such mailbox}}}}
  permit_mynetworks
  reject
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
lmtp_destination_concurrency_limit = 10
message_size_limit = 60000000
mailbox_size_limit = 0
bounce_notice_recipient = postmaster@desk.test
transport_maps = inline:{{{{outside.test = failing:}}}}
default_transport = error:outside mail is not delivered here
"""

_POSTFIX_MASTER = """
127.0.0.1:{smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
failing unix - n n - - pipe flags= user=nobody argv=/bin/false
"""
