"""Scheduled work on sign-in: forgetting sessions that are over and wrong passwords that are long past."""

from datetime import timedelta

from itsm.identity import services
from itsm.kernel import clock
from itsm.kernel.db import unit_of_work
from itsm.kernel.jobs import Job, Outcome
from itsm.kernel.runtime import settings
from itsm.kernel.text import _

TRIES_KEPT_DAYS = 1


def forget_sign_ins() -> Outcome:
    """Remove sessions past their longest time, and counts of wrong passwords after a day."""
    now = clock.now()
    with unit_of_work():
        sessions = services.forget_sessions(begun_before=now - timedelta(seconds=settings().session_longest_seconds))
        tries = services.forget_tries(failed_before=now - timedelta(days=TRIES_KEPT_DAYS))
    return Outcome(done=sessions + tries)


JOBS = (Job("identity.sign_ins", _("Forget sessions that are over"), forget_sign_ins, every_seconds=3600),)
