"""What metrics and kinds of agreements are called."""

from itsm.kernel.text import Message, _
from sla.agreements import queries as agreement_queries

METRIC_TITLES: dict[str, Message] = {
    "response": _("response"),
    "acceptance": _("acceptance"),
    "update": _("update"),
    "resolution": _("resolution"),
}
KIND_TITLES: dict[str, Message] = {
    "sla": _("Agreement with a customer (SLA)"),
    "ola": _("Agreement with a group (OLA)"),
    "uc": _("Contract with a supplier (UC)"),
}


class MetricTitles(dict[str, Message]):
    """Titles of metrics; those of the site's own are read when the first of them is asked for."""

    def __init__(self) -> None:
        super().__init__(METRIC_TITLES)

    def __missing__(self, key: str) -> Message:
        self.update({name: row.name for name, row in agreement_queries.own_metrics().items()})
        return self.setdefault(key, key)
