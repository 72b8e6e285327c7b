"""The signed Message-IDs that this installation issues. Rule: R22."""

import hashlib
import hmac
import re
from dataclasses import dataclass

_SECRET_BYTES = 16
_MAC_CHARACTERS = 32
_KIND = re.compile(r"[a-z][a-z_]{0,39}")
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,40}")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,80}")
_INSTALLATION = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,198}[A-Za-z0-9])?")
_ISSUED = re.compile(
    rf"<({_KIND.pattern})\.({_NUMBER.pattern})\.({_KEY.pattern})\.([0-9a-f]{{{_MAC_CHARACTERS}}})@({_INSTALLATION.pattern})>"
)


@dataclass(frozen=True)
class SignedReference:
    """What one of our Message-IDs names: the kind of record, its number, and the key of the entry that was sent."""

    kind: str
    number: str
    key: str


def sign_message_id(secret: bytes, *, installation: str, kind: str, number: str, key: str) -> str:
    """A Message-ID of ours, `<kind.number.key.signature@installation>`. Rule: R22.

    Raises ValueError for a short secret or a part with characters that a Message-ID cannot carry unchanged.
    """
    _require_secret(secret)
    parts = {
        "kind": (kind, _KIND),
        "number": (number, _NUMBER),
        "key": (key, _KEY),
        "installation": (installation, _INSTALLATION),
    }
    for name, (value, pattern) in parts.items():
        if not pattern.fullmatch(value):
            raise ValueError(f"{name}: {value!r} cannot stand in a Message-ID")
    signature = _signature(secret, installation, SignedReference(kind, number, key))
    return f"<{kind}.{number}.{key}.{signature}@{installation}>"


def verify_message_id(secret: bytes, installation: str, message_id: str) -> SignedReference | None:
    """What a Message-ID of this installation names; None when it is another's, or its signature is absent or wrong.

    Rule: R22. The signatures are compared in constant time.
    """
    _require_secret(secret)
    found = _ISSUED.fullmatch(message_id.strip())
    if found is None or found[5] != installation:
        return None
    reference = SignedReference(found[1], found[2], found[3])
    return reference if hmac.compare_digest(_signature(secret, installation, reference), found[4]) else None


def _require_secret(secret: bytes) -> None:
    if len(secret) < _SECRET_BYTES:
        raise ValueError(f"secret: at least {_SECRET_BYTES} bytes are needed")


def _signature(secret: bytes, installation: str, reference: SignedReference) -> str:
    text = f"message-id\0{installation}\0{reference.kind}\0{reference.number}\0{reference.key}"
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()[:_MAC_CHARACTERS]
