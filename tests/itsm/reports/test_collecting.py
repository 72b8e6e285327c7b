"""The collector rests while reports are made, and only then."""

import gc
import threading

import pytest

from itsm.reports.collecting import collecting_later


def test_it_rests_inside_and_goes_on_after_even_when_a_report_fails() -> None:
    seen = []

    def break_down() -> None:
        with collecting_later():
            seen.append(gc.isenabled())
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        break_down()
    assert seen == [False]
    assert gc.isenabled()


def test_of_two_reports_at_once_the_last_one_switches_it_on() -> None:
    inside, leave = threading.Event(), threading.Event()

    def other() -> None:
        with collecting_later():
            inside.set()
            leave.wait(5)

    thread = threading.Thread(target=other)
    with collecting_later():
        thread.start()
        assert inside.wait(5)
    assert not gc.isenabled()
    leave.set()
    thread.join()
    assert gc.isenabled()


def test_who_switched_it_off_before_finds_it_off() -> None:
    gc.disable()
    try:
        with collecting_later():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
