"""Secrets that must be readable again (credentials of devices and mailboxes): kept encrypted in the database.

Each purpose has a key of its own, derived from the secret key of the installation, so that a value of one purpose
cannot be passed off as one of another. AES-256 in GCM mode; the random nonce stands before the sealed text.
"""

import base64
import binascii
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from itsm.kernel.runtime import settings

_NONCE_OCTETS = 12
_KEY_OCTETS = 32


class SecretUnreadable(Exception):
    """A stored secret does not open: it was changed, or the secret key of the installation is another one now."""


def encrypt(purpose: str, text: str) -> str:
    """The text sealed for `purpose`, as URL-safe base64."""
    nonce = os.urandom(_NONCE_OCTETS)
    sealed = AESGCM(_key(purpose)).encrypt(nonce, text.encode(), purpose.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def decrypt(purpose: str, sealed: str) -> str:
    """The text that `encrypt` sealed for the same purpose; raises `SecretUnreadable`."""
    try:
        octets = base64.urlsafe_b64decode(sealed)
        opened = AESGCM(_key(purpose)).decrypt(octets[:_NONCE_OCTETS], octets[_NONCE_OCTETS:], purpose.encode())
    except (InvalidTag, ValueError, binascii.Error) as error:
        raise SecretUnreadable(f"the stored secret ({purpose}) does not open with the present secret key") from error
    return opened.decode()


def _key(purpose: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=_KEY_OCTETS, salt=None, info=f"itsm/{purpose}".encode())
    return derivation.derive(settings().secret_key.encode())
