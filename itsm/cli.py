"""The `itsm` command: starts what was asked for, and builds the application only where that needs it.

Exit status 0 on success, 1 when the thing asked for failed, 2 on wrong usage; 75 when mail could not be stored.
"""

import signal
import sys
from collections.abc import Sequence

import click

from config.settings import SettingsError, load

FAILED = 1
TRY_AGAIN_LATER = 75  # EX_TEMPFAIL: a mail server that pipes mail in keeps it until the installation is mended


def main() -> None:
    """Entry point; a wrong setting or a refused request ends the command with one clear line."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    words = sys.argv[1:3]
    if alone := _standing_alone(words):
        alone(args=sys.argv[3:], prog_name=f"itsm {' '.join(words)}")
    elif words == ["mail", "receive"]:
        _receive()
    else:
        _run(FAILED)


def _standing_alone(words: Sequence[str]) -> click.Command | None:
    """A command that needs neither application nor database; without them it starts in a fraction of the time."""
    if words == ["mail", "parse"]:
        from itsm.channels.mail.parse_command import parse

        return parse
    if words == ["sla", "calculate"]:
        from sla.calculate_command import calculate

        return calculate
    return None


def _receive() -> None:
    """Whatever keeps the application from starting, the mail server must keep the message."""
    try:
        _run(TRY_AGAIN_LATER)
    except Exception as error:  # noqa: BLE001 (any fault must leave the message with the mail server)
        sys.stderr.write(f"itsm mail receive: not stored, try again later: {error}\n"[:1000])
        sys.exit(TRY_AGAIN_LATER)


def _run(failure: int) -> None:
    try:
        if not {"-h", "--help"} & set(sys.argv):
            load()
        from itsm.commands import itsm
    except SettingsError as error:
        sys.stderr.write(f"itsm: {error}\n")
        sys.exit(failure)
    from itsm.kernel.errors import ItsmError

    try:
        itsm(standalone_mode=True)
    except ItsmError as error:
        sys.stderr.write(f"itsm: {error}\n")
        for name, texts in error.errors.items():
            sys.stderr.write(f"  {name}: {' '.join(str(text) for text in texts)}\n")
        sys.exit(failure)


if __name__ == "__main__":
    main()
