"""Secrets at rest."""

import base64
from dataclasses import replace

import pytest
from flask import Flask

from itsm.kernel.secrets import SecretUnreadable, decrypt, encrypt


def test_secret_comes_back_and_is_not_in_what_is_stored(app: Flask) -> None:
    sealed = encrypt("test.one", "s3cret-å")
    assert decrypt("test.one", sealed) == "s3cret-å"
    assert "s3cret" not in sealed
    assert b"s3cret" not in base64.urlsafe_b64decode(sealed)


def test_same_secret_is_sealed_differently_each_time(app: Flask) -> None:
    assert encrypt("test.one", "same") != encrypt("test.one", "same")


def test_other_purpose_changed_text_and_other_key_do_not_open(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = encrypt("test.one", "secret")
    octets = bytearray(base64.urlsafe_b64decode(sealed))
    octets[-1] ^= 1
    broken = (sealed[:8], "", "no base64 ä", base64.urlsafe_b64encode(bytes(octets)).decode())
    for purpose, stored in [("test.two", sealed), *(("test.one", one) for one in broken)]:
        with pytest.raises(SecretUnreadable):
            decrypt(purpose, stored)
    monkeypatch.setitem(app.config, "ITSM", replace(app.config["ITSM"], secret_key="another-key-of-enough-length"))
    with pytest.raises(SecretUnreadable, match=r"test\.one"):
        decrypt("test.one", sealed)
