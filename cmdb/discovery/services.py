"""Writes of discovery: ranges, credentials, and asking for runs. What runs find is stored by `recording`."""

from typing import Any

from sqlalchemy import select, update

from cmdb.discovery import credentials, ranges
from cmdb.discovery.models import ScanRange, ScanRun, SnmpCredential
from cmdb.discovery.policy import require_manage
from itsm.identity.models import Site
from itsm.kernel import audit, clock, jobs, records
from itsm.kernel.actor import Actor
from itsm.kernel.db import session
from itsm.kernel.errors import Conflict, Invalid
from itsm.kernel.runtime import settings
from itsm.kernel.text import _

RUN_TASK = "discovery.run"
CREDENTIALS_OF_A_RANGE = 3
OPEN_STATES = ("queued", "running")
_CLAIMED = 0  # stands in `current_run_id` between the claim of a range and the number of its run


def create_credential(actor: Actor, *, name: str, snmp_version: str, **parts: str) -> SnmpCredential:
    """Keep a credential. `parts`: community, or user, auth_protocol, auth_key, priv_protocol, priv_key, context."""
    require_manage(actor)
    credentials.check(snmp_version, parts)
    secrets, shown = _parted(snmp_version, parts)
    row = SnmpCredential(name=name, snmp_version=snmp_version, sealed=credentials.seal(secrets), **shown)
    return records.create(actor, row, kind="snmp_credential")


def _parted(snmp_version: str, parts: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What is sealed, and what may be shown; parts that the version does not have are dropped."""
    is_v3 = snmp_version == "v3"
    secret_names = ("auth_key", "priv_key") if is_v3 else ("community",)
    shown_names = ("user", "auth_protocol", "priv_protocol", "context")
    secrets = {name: parts.get(name, "") for name in secret_names}
    return secrets, {name: parts.get(name, "") if is_v3 else "" for name in shown_names}


def edit_credential(
    actor: Actor, credential_id: int, *, name: str, snmp_version: str, version: int | None = None, **parts: str
) -> SnmpCredential:
    """Change a credential; secrets that are left empty stay as they are."""
    require_manage(actor)
    row = records.get(SnmpCredential, credential_id)
    records.check_version(row, version)
    kept = (
        credentials.unseal(row)
        if row.snmp_version == snmp_version or "v3" not in (row.snmp_version, snmp_version)
        else {}
    )
    typed = {field: value for field, value in parts.items() if value or field not in credentials.SECRET_FIELDS}
    whole = kept | typed
    credentials.check(snmp_version, whole)
    secrets, shown = _parted(snmp_version, whole)
    _refuse_taken(SnmpCredential, row.id, name)
    if secrets != kept:
        row.sealed = credentials.seal(secrets)
        audit.record(actor, "snmp_credential.secret_changed", subject_kind="snmp_credential", subject_id=row.id)
    records.apply_changes(actor, row, {"name": name, "snmp_version": snmp_version, **shown}, kind="snmp_credential")
    session.flush()
    return row


def delete_credential(actor: Actor, credential_id: int) -> None:
    """Forget a credential that no range uses."""
    require_manage(actor)
    row = records.get(SnmpCredential, credential_id)
    users = [one.name for one in session.scalars(select(ScanRange)) if row.id in one.credential_ids]
    if users:
        raise Invalid(_("%(name)s is used by %(ranges)s. Choose another credential there first.",
                        name=row.name, ranges=", ".join(users)))  # fmt: skip
    session.delete(row)
    session.flush()
    audit.record(actor, "snmp_credential.deleted", subject_kind="snmp_credential", subject_id=credential_id,
                 changes={"name": [row.name, None]})  # fmt: skip


def create_range(actor: Actor, *, name: str, network: str, **facts: Any) -> ScanRange:
    """Allow addresses to be scanned; `facts` are the other columns of `ScanRange`."""
    require_manage(actor)
    checked = _checked({"name": name, "network": network, **facts})
    row = records.create(actor, ScanRange(**checked), kind="scan_range")
    audit.record(actor, "scan_range.allowed", subject_kind="scan_range", subject_id=row.id,
                 changes={key: [None, value] for key, value in checked.items()})  # fmt: skip
    return row


def edit_range(actor: Actor, range_id: int, *, version: int | None = None, **facts: Any) -> ScanRange:
    """Change a range; only what is given changes."""
    require_manage(actor)
    row = records.get(ScanRange, range_id)
    records.check_version(row, version)
    known = {name: getattr(row, name) for name in ("name", "network", "exclusions", "allow_public", "credential_ids")}
    _refuse_taken(ScanRange, row.id, facts.get("name", row.name))
    checked = _checked(known | facts)
    records.apply_changes(actor, row, checked, kind="scan_range")
    return row


def delete_range(actor: Actor, range_id: int) -> None:
    """Forbid a range again; what was found there stays."""
    require_manage(actor)
    row = records.get(ScanRange, range_id)
    _refuse_busy(row)
    session.delete(row)
    session.flush()
    audit.record(actor, "scan_range.deleted", subject_kind="scan_range", subject_id=range_id,
                 changes={"name": [row.name, None], "network": [row.network, None]})  # fmt: skip


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    allow_public = bool(facts.get("allow_public"))
    if not ranges.split(facts["network"]):
        raise Invalid.field("network", _("Type at least one address, range or network."))
    ranges.check("network", facts["network"], allow_public=allow_public, loopback=settings().demo)
    ranges.check_exclusions(facts.get("exclusions", ""))
    _check_references(facts)
    texts = {name: ranges.joined(facts.get(name, "")) for name in ("network", "exclusions")}
    return facts | texts


def _check_references(facts: dict[str, Any]) -> None:
    wanted = list(dict.fromkeys(facts.get("credential_ids", [])))
    known = set(session.scalars(select(SnmpCredential.id).where(SnmpCredential.id.in_(wanted))))
    if len(wanted) > CREDENTIALS_OF_A_RANGE or set(wanted) - known:
        raise Invalid.field("credential_1", _("Choose up to three credentials from the list."))
    if facts.get("site_id") is not None and session.get(Site, facts["site_id"]) is None:
        raise Invalid.field("site_id", _("There is no such site; choose one from the list."))
    facts["credential_ids"] = wanted


def _refuse_taken(table: Any, row_id: int, name: str) -> None:
    if session.scalar(select(table.id).where(table.name == name, table.id != row_id)) is not None:
        raise Invalid.field("name", _("“%(name)s” exists already.", name=name))


def _refuse_busy(row: ScanRange) -> None:
    if row.current_run_id is not None:
        raise Conflict(_("%(name)s is being scanned now. Wait for the end of that run, or cancel it.", name=row.name))


def request_run(actor: Actor, range_id: int, *, dry_run: bool = False) -> ScanRun:
    """Ask for a run over a range; raises `Conflict` while another run of the same range waits or works."""
    require_manage(actor)
    row = records.get(ScanRange, range_id)
    _refuse_busy(row)
    if not row.active:
        raise Invalid(_("%(name)s is switched off. Switch it on before scanning.", name=row.name))
    _claim(row)
    run = _new_run(actor, targets=row.network, port=row.port, dry_run=dry_run, range_id=row.id)
    task = jobs.enqueue(RUN_TASK, {"run_id": run.id}, title=f"SNMP {row.name}", requested_by_id=actor.person_id)
    run.task_id, row.current_run_id = task.id, run.id
    if not dry_run:
        row.last_run_at = clock.now()
    session.flush()
    return run


def _claim(row: ScanRange) -> None:
    free = update(ScanRange).where(ScanRange.id == row.id, ScanRange.current_run_id.is_(None))
    claimed = session.execute(free.values(current_run_id=_CLAIMED), execution_options={"synchronize_session": False})
    if not getattr(claimed, "rowcount", 0):
        raise Conflict(_("%(name)s is being scanned now. Wait for the end of that run, or cancel it.", name=row.name))


def _new_run(actor: Actor, **facts: Any) -> ScanRun:
    run = ScanRun(requested_by_id=actor.person_id, requested_by_name=actor.name, **facts)
    session.add(run)
    session.flush()
    changes = {"targets": [None, run.targets], "port": [None, run.port], "dry_run": [None, run.dry_run]}
    audit.record(actor, "scan_run.requested", subject_kind="scan_run", subject_id=run.id, changes=changes)
    return run


def open_run(actor: Actor, targets: list[str], *, port: int, dry_run: bool) -> ScanRun:
    """Record a run over targets that an operator named, which the caller works itself."""
    require_manage(actor)
    return _new_run(actor, targets="\n".join(targets), port=port, dry_run=dry_run)


def cancel_run(actor: Actor, run_id: int) -> ScanRun:
    """Cancel a run that has not ended; a working one stops within seconds."""
    require_manage(actor)
    run = records.get(ScanRun, run_id)
    if run.state not in OPEN_STATES:
        raise Conflict(_("This run has ended already."))
    task = session.get(jobs.BackgroundTask, run.task_id) if run.task_id else None
    if task is not None:
        jobs.cancel(task)
    if run.state == "queued":
        close_run(run, state="cancelled")
    audit.record(actor, "scan_run.cancelled", subject_kind="scan_run", subject_id=run.id)
    session.flush()
    return run


def close_run(run: ScanRun, *, state: str, error: str = "") -> None:
    """End a run and free its range."""
    run.state, run.error, run.finished_at = state, error, clock.now()
    own = (ScanRange.id == run.range_id) & (ScanRange.current_run_id == run.id)
    session.execute(update(ScanRange).where(own).values(current_run_id=None))
    session.flush()
