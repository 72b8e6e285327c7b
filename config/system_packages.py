"""System libraries that Python packages cannot bring: installed with apt where that is possible, else named in one line.

Runs before the virtual environment exists, so it uses the standard library only.
"""

import ctypes.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

RUN: dict[str, Callable[[], bool]] = {
    "libpango-1.0-0": lambda: ctypes.util.find_library("pango-1.0") is not None,
    "libpangoft2-1.0-0": lambda: ctypes.util.find_library("pangoft2-1.0") is not None,
    "libharfbuzz-subset0": lambda: ctypes.util.find_library("harfbuzz-subset") is not None,
    "python3-venv": lambda: subprocess.call([sys.executable, "-c", "import venv, ensurepip"]) == 0,
}
TESTS: dict[str, Callable[[], bool]] = {
    "chromium": lambda: _program("chromium"),
    "dovecot-imapd": lambda: _program("/usr/lib/dovecot/imap"),
    "dovecot-lmtpd": lambda: _program("/usr/lib/dovecot/lmtp"),
    "postfix": lambda: _program("/usr/sbin/postfix"),
    "snmpd": lambda: _program("/usr/sbin/snmpd"),
    "fusioninventory-agent": lambda: _program("fusioninventory-agent"),
    "ocsinventory-agent": lambda: _program("ocsinventory-agent"),
}
NEEDED_ONLY_BY_TESTS = "tests"


def _program(name: str) -> bool:
    return shutil.which(name) is not None or os.access(name, os.X_OK)


def missing(packages: dict[str, Callable[[], bool]]) -> list[str]:
    """Names of packages whose library or program is not there."""
    return [name for name, is_there in packages.items() if not is_there()]


def install(names: list[str]) -> bool:
    """Install with apt as root or through sudo; answers whether that was possible and worked."""
    apt = shutil.which("apt-get")
    if apt is None:
        return False
    sudo = [] if os.geteuid() == 0 else [shutil.which("sudo") or "", "-n"]
    if sudo and not sudo[0]:
        return False
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *names]):
        if subprocess.call([*sudo, apt, *command], env=environment, stdout=subprocess.DEVNULL) != 0:  # noqa: S603
            return False
    return True


def main(purpose: str) -> int:
    """Install what is missing for running, or for the tests as well; a missing library stops `make up` with one line."""
    for_tests = purpose == NEEDED_ONLY_BY_TESTS
    wanted = RUN | (TESTS if for_tests else {})
    names = missing(wanted)
    if not names:
        return 0
    sys.stdout.write(f"Installing system packages: {' '.join(names)} …\n")
    sys.stdout.flush()
    if install(names) and not missing(wanted):
        return 0
    left = missing(wanted)
    sys.stderr.write(f"These system packages are missing. Install them with: sudo apt-get install {' '.join(left)}\n")
    return 0 if for_tests and os.environ.get("CI") != "true" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))
