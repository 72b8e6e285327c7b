"""Writes to API tokens."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from itsm.identity import policy
from itsm.identity.models import ApiToken
from itsm.kernel import audit, clock
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.records import get

TOKEN_PREFIX = "itsm_"  # noqa: S105 (a marker, so that leaked tokens can be recognised)


def create_token(
    actor: Actor, *, person_id: int, name: str, scopes: Iterable[str] = (), days: int | None = 365
) -> tuple[ApiToken, str]:
    """Make an API token for a person; answers the row and the token itself, which is shown this once."""
    policy.require_own_or(actor, person_id, "people.edit")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    row = ApiToken(
        person_id=person_id,
        name=name.strip(),
        token_sha256=token_digest(secret),
        scopes=sorted(scopes),
        expires_at=clock.now() + timedelta(days=days) if days else None,
    )
    session.add(row)
    session.flush()
    audit.record(
        actor,
        "token.created",
        subject_kind="token",
        subject_id=row.id,
        changes={"name": [None, name], "person": [None, person_id]},
    )
    return row, secret


def revoke_token(actor: Actor, token_id: int) -> None:
    """End a token at once."""
    row = get(ApiToken, token_id)
    policy.require_own_or(actor, row.person_id, "people.edit")
    row.revoked_at = clock.now()
    session.flush()
    audit.record(actor, "token.revoked", subject_kind="token", subject_id=row.id)


def token_digest(token: str) -> str:
    """What is stored of a token: its SHA-256 (the token is 256 random bits, so a slow hash adds nothing)."""
    return hashlib.sha256(token.encode()).hexdigest()
