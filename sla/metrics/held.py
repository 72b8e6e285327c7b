"""The names of the site's own metrics, held in each process: the query language asks for their clocks."""

from collections.abc import Mapping

from itsm.kernel.actor import SYSTEM, Actor
from itsm.kernel.kept import Kept
from itsm.tickets.filters import FIELDS_STAMP
from sla.agreements import queries as agreement_queries


def _read() -> Mapping[str, str]:
    return {key: row.name for key, row in agreement_queries.own_metrics().items()}


_kept: Kept[Mapping[str, str]] = Kept(FIELDS_STAMP, _read, {})


def own_names() -> Mapping[str, str]:
    """Key → name of the metrics in force, at most a few seconds old."""
    return _kept.get()


def renew(actor: Actor = SYSTEM) -> None:
    """Say that metrics changed: every process reads them again within seconds, this one when it commits."""
    _kept.renew(actor)


def renew_first() -> None:
    """Have metrics read that were recorded before their names were held."""
    if not own_names() and _read():
        renew()
