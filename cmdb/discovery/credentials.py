"""From stored credentials to those that the client uses, and back; secrets are sealed for this purpose alone."""

import json
from typing import Any

from cmdb.discovery.client import Credential, InvalidCredential, V1Credential, V2Credential, V3Credential
from cmdb.discovery.models import SnmpCredential
from itsm.kernel.errors import Invalid
from itsm.kernel.secrets import decrypt, encrypt
from itsm.kernel.text import _

PURPOSE = "discovery.credential"
SECRET_FIELDS = ("community", "auth_key", "priv_key")
_KEY_MIN_LENGTH = 8


def seal(secrets: dict[str, str]) -> str:
    """Community or keys, encrypted."""
    return encrypt(PURPOSE, json.dumps(secrets, sort_keys=True))


def unseal(row: SnmpCredential) -> dict[str, str]:
    """Community or keys of a stored credential; raises `SecretUnreadable`."""
    secrets: dict[str, str] = json.loads(decrypt(PURPOSE, row.sealed))
    return secrets


def open_credential(row: SnmpCredential) -> Credential:
    """A stored credential as the client uses it; raises `SecretUnreadable`."""
    return build(row.snmp_version, {**_open_parts(row), **unseal(row)})


def _open_parts(row: SnmpCredential) -> dict[str, str]:
    return {name: getattr(row, name) for name in ("user", "auth_protocol", "priv_protocol", "context")}


def build(snmp_version: str, parts: dict[str, str]) -> Credential:
    """A credential of its parts; raises `InvalidCredential`."""
    if snmp_version == "v1":
        return V1Credential(parts.get("community", ""))
    if snmp_version == "v2c":
        return V2Credential(parts.get("community", ""))
    keys: dict[str, Any] = {name: parts.get(name, "") for name in ("auth_key", "priv_key", "context")}
    protocols: dict[str, Any] = {name: parts.get(name) or None for name in ("auth_protocol", "priv_protocol")}
    return V3Credential(parts.get("user", ""), **protocols, **keys)


def check(snmp_version: str, parts: dict[str, str]) -> None:
    """Raise `Invalid` that names the field of a credential that no device could accept."""
    if snmp_version in {"v1", "v2c"}:
        if not parts.get("community"):
            raise Invalid.field("community", _("Type the community that the devices accept."))
    else:
        _check_user(parts)
    try:
        build(snmp_version, parts)
    except InvalidCredential as error:
        field = str(error).split(" ", 1)[0]
        raise Invalid.field(field, _("This does not fit: %(reason)s.", reason=str(error))) from error


def _check_user(parts: dict[str, str]) -> None:
    if not parts.get("user"):
        raise Invalid.field("user", _("Type the name of the SNMP v3 user."))
    if parts.get("priv_protocol") and not parts.get("auth_protocol"):
        raise Invalid.field("auth_protocol", _("Privacy needs authentication as well: choose its protocol."))
    for kind in ("auth", "priv"):
        if parts.get(f"{kind}_protocol") and len(parts.get(f"{kind}_key", "")) < _KEY_MIN_LENGTH:
            text = _("The key needs at least %(least)s characters (RFC 3414).", least=_KEY_MIN_LENGTH)
            raise Invalid.field(f"{kind}_key", text)
