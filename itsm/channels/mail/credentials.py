"""Mailbox passwords at rest: Fernet with a key made of the installation's secret."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from itsm.kernel.errors import Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import _


def encrypt(password: str) -> str:
    """A password as it is stored."""
    return _box().encrypt(password.encode()).decode("ascii") if password else ""


def decrypt(stored: str) -> str:
    """The password; raises `Invalid` when the installation's secret is another one now."""
    if not stored:
        return ""
    try:
        return _box().decrypt(stored.encode("ascii")).decode()
    except InvalidToken as error:
        raise Invalid.field(
            "password", _("The stored password cannot be read with the present secret key. Enter it again.")
        ) from error


def _box() -> Fernet:
    digest = hashlib.sha256(f"mailbox password:{settings().secret_key}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(digest))
