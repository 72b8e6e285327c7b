"""The tiles and dashboards that the program brings. They are questions like any other; each reader sees the own figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from itsm.kernel.text import Message, _
from itsm.reports.builder.question import BuiltQuestion, Dimension, Measure
from itsm.reports.dashboards.tiles import Tile

OPEN = "state.category in (open, active, waiting)"
MINE = f"assignee = me() and {OPEN}"
TEAM = f"group in mygroups() and {OPEN}"
SMALL, WIDE = (3, 1), (6, 3)


@dataclass(frozen=True)
class ReadyTile:
    """A tile that the program brings: what it asks, and how large it stands at first (columns, rows)."""

    name: str
    title: Message
    question: BuiltQuestion
    size: tuple[int, int] = SMALL
    warn_above: float | None = None

    def tile(self) -> Tile:
        """It as a tile of a dashboard."""
        return Tile(
            self.name, f"ready:{self.name}", width=self.size[0], height=self.size[1], warn_above=self.warn_above
        )


@dataclass(frozen=True)
class ReadyBoard:
    """A dashboard that the program brings: `tiles` are names of ready tiles, or `queue:` names of queues of the desk.

    Whoever may read `data_set` finds it; people of these `roles` find it first.
    """

    name: str
    title: Message
    hint: Message
    data_set: str
    roles: tuple[str, ...]
    tiles: tuple[str, ...]


def _one(name: str, title: Message, filter_: str, *, data_set: str = "tickets", **facts: Any) -> ReadyTile:
    """A single number."""
    warn_above = facts.pop("warn_above", None)
    asked = {"period": "any", "chart": "value"} | facts
    return ReadyTile(name, title, BuiltQuestion(data_set, filter=filter_, **asked), SMALL, warn_above)


def _by(name: str, title: Message, by: str, *, data_set: str = "tickets", **facts: Any) -> ReadyTile:
    """A picture by one thing; `by` is a dimension as forms hold it."""
    size = facts.pop("size", WIDE)
    field, _slash, unit = by.partition("/")
    asked = {"period": "any", "chart": "bar"} | facts
    return ReadyTile(name, title, BuiltQuestion(data_set, dimensions=(Dimension(field, unit),), **asked), size)


def _share(condition: str) -> tuple[Measure, ...]:
    return (Measure("share", condition=condition),)


_TILES = (
    # One's own work
    _one("my_open", _("My open tickets"), MINE),
    _one("my_late", _("Mine, past due"), f"{MINE} and due < now()", warn_above=0),
    _one("my_soon", _("Mine, due within 4 hours"), f"{MINE} and due >= now() and due < now() + 4h"),
    _one("my_waiting", _("Mine, on hold"), "assignee = me() and state.category = waiting"),
    _by("my_priorities", _("My open tickets by priority"), "priority", filter=MINE, size=(4, 3)),
    _by(
        "my_resolved", _("What I resolved, day by day"), "resolved/day", filter="assignee = me()", instant="resolved",
        period="last_30_days", chart="line",
    ),
    # One's team
    _one("team_open", _("Open in my groups"), TEAM),
    _one("team_late", _("Past due in my groups"), f"{TEAM} and due < now()", warn_above=0),
    _one("team_unassigned", _("Unassigned in my groups"), f"{TEAM} and assignee is empty", warn_above=0),
    _one("team_waiting", _("On hold in my groups"), "group in mygroups() and state.category = waiting"),
    _by(
        "team_people", _("Open tickets by person and priority"), "assignee", filter=TEAM, series=Dimension("priority"),
        chart="stacked",
    ),
    _by("team_age", _("Open tickets by the week they came in"), "created/week", filter=TEAM),
    _by(
        "team_arrivals", _("New in my groups, day by day"), "created/day", filter="group in mygroups()",
        instant="created", period="last_30_days", chart="line",
    ),
    _by(
        "team_resolved", _("Resolved in my groups, day by day"), "resolved/day", filter="group in mygroups()",
        instant="resolved", period="last_30_days", chart="line",
    ),
    _one(
        "team_reopened", _("Reopened after being resolved"), "group in mygroups()", instant="resolved",
        period="last_30_days", measures=_share("reopenings > 0"), compare="previous",
    ),
    _by("team_holds", _("Why tickets wait"), "hold.reason", filter="group in mygroups() and state.category = waiting"),
    # The service as a whole
    _one(
        "resolution_met", _("Resolved within target, this month"), "sla.resolution.state in (met, breached)",
        data_set="sla_resolution", instant="sla.resolution.ended", period="this_month",
        measures=_share("sla.resolution.state = met"), compare="previous",
    ),
    _one(
        "response_met", _("Answered within target, this month"), "sla.response.state in (met, breached)",
        data_set="sla_response", instant="sla.response.ended", period="this_month",
        measures=_share("sla.response.state = met"), compare="previous",
    ),
    _by(
        "resolution_trend", _("Resolved within target, week by week"), "sla.resolution.ended/week",
        filter="sla.resolution.state in (met, breached)", data_set="sla_resolution", instant="sla.resolution.ended",
        period="last_90_days", measures=_share("sla.resolution.state = met"), chart="line",
    ),
    _one(
        "incidents_new", _("New incidents, last 30 days"), "", data_set="incidents", instant="created",
        period="last_30_days", compare="previous",
    ),
    _one("incidents_open", _("Open incidents"), OPEN, data_set="incidents"),
    _one("all_late", _("Open tickets past due"), f"{OPEN} and due < now()", warn_above=0),
    _one(
        "incidents_major", _("Open major incidents"), f"incident.major = yes and {OPEN}", data_set="incidents",
        warn_above=0,
    ),
    _one(
        "resolution_median", _("Median time to resolve"), "", data_set="incidents", instant="resolved",
        period="last_30_days", measures=(Measure("median", "resolution.time"),), compare="previous",
    ),
    _one(
        "first_contact", _("Resolved at first contact"), "", data_set="incidents", instant="resolved",
        period="last_30_days", measures=_share("incident.first_contact = yes"), compare="previous",
    ),
    _by(
        "incidents_by_week", _("New incidents, week by week"), "created/week", data_set="incidents", instant="created",
        period="last_90_days", chart="line",
    ),
    _by(
        "incidents_by_category", _("New incidents by category"), "category", data_set="incidents", instant="created",
        period="last_30_days",
    ),
    _by(
        "incidents_by_organisation", _("New incidents by organisation"), "organisation", data_set="incidents",
        instant="created", period="last_30_days",
    ),
    _by(
        "incidents_by_hour", _("When incidents come in"), "created.hour", data_set="incidents", instant="created",
        period="last_90_days", series=Dimension("created.weekday"), chart="heat",
    ),
    _by(
        "open_by_group", _("Open tickets by group and priority"), "group", filter=OPEN, series=Dimension("priority"),
        chart="stacked",
    ),
    # Changes
    _one("changes_open", _("Open changes"), OPEN, data_set="changes"),
    _one(
        "changes_soon", _("Changes in the next 7 days"), "change.start >= now() and change.start < now() + 7d",
        data_set="changes",
    ),
    _one(
        "changes_emergency", _("Emergency changes"), "", data_set="changes", instant="created", period="last_90_days",
        measures=_share("change.type = emergency"), compare="previous",
    ),
    _one(
        "changes_successful", _("Successful changes"), "change.outcome is not empty", data_set="changes",
        instant="change.end", period="last_90_days", measures=_share("change.outcome = successful"), compare="previous",
    ),
    _by("changes_by_state", _("Open changes by state"), "state", data_set="changes", filter=OPEN),
    _by("changes_by_risk", _("Open changes by risk"), "change.risk", data_set="changes", filter=OPEN),
    _by(
        "changes_by_day", _("Changes planned, day by day"), "change.start/day", data_set="changes",
        filter="change.start >= now() and change.start < now() + 28d",
    ),
    _by(
        "changes_by_outcome", _("How changes ended"), "change.end/month", data_set="changes",
        filter="change.outcome is not empty", instant="change.end", period="last_12_months",
        series=Dimension("change.outcome"), chart="stacked",
    ),
    # Problems
    _one("problems_open", _("Open problems"), OPEN, data_set="problems"),
    _one("known_errors", _("Known errors"), f"problem.known_error = yes and {OPEN}", data_set="problems"),
    _by("problems_by_state", _("Open problems by state"), "state", data_set="problems", filter=OPEN),
    _by("problems_by_age", _("Open problems by the month they came up"), "created/month", data_set="problems", filter=OPEN),
    # Configuration items and assets
    _one(
        "cis_unseen", _("Not seen for 30 days"), "seen < now() - 30d and state = in_operation", data_set="cis",
        warn_above=0,
    ),
    _one("cis_all", _("Configuration items"), "", data_set="cis"),
    _by("cis_by_class", _("Configuration items by class"), "class", data_set="cis"),
    _by("cis_by_state", _("Configuration items by state"), "state", data_set="cis"),
    _by("cis_by_origin", _("Where configuration items are known from"), "origin", data_set="cis"),
    _one("assets_all", _("Assets"), "", data_set="assets"),
    _one(
        "assets_warranty", _("Warranty ends within 90 days"), "warranty >= today() and warranty < today() + 90d",
        data_set="assets",
    ),
    _by("assets_by_state", _("Assets by state"), "state", data_set="assets"),
    _by("assets_by_kind", _("Assets by kind"), "kind", data_set="assets"),
    _by(
        "assets_by_year", _("Assets by the year they were bought"), "purchased/year", data_set="assets",
        filter="purchased is not empty",
    ),
)  # fmt: skip
TILES: Mapping[str, ReadyTile] = {tile.name: tile for tile in _TILES}

BOARDS = (
    ReadyBoard(
        "my-work",
        _("My work"),
        _("What waits for you, what is late, and what you got done."),
        "tickets",
        ("agent", "supervisor"),
        ("my_open", "my_late", "my_soon", "my_waiting", "queue:assigned", "my_priorities", "queue:unassigned", "my_resolved"),
    ),
    ReadyBoard(
        "team",
        _("My team"),
        _("The work of your groups: who has how much, what is late, how fast it comes and goes."),
        "tickets",
        ("supervisor",),
        (
            "team_open", "team_late", "team_unassigned", "team_waiting", "team_people", "queue:groups", "team_arrivals",
            "team_resolved", "team_age", "team_holds", "team_reopened",
        ),
    ),
    ReadyBoard(
        "service",
        _("Service"),
        _("How well the service does: targets, incidents, times, and where they come from."),
        "incidents",
        ("manager", "admin"),
        (
            "resolution_met", "response_met", "incidents_new", "resolution_median", "incidents_open", "incidents_major",
            "all_late", "first_contact", "resolution_trend", "incidents_by_week", "incidents_by_category",
            "incidents_by_organisation", "open_by_group", "incidents_by_hour",
        ),
    ),
    ReadyBoard(
        "changes",
        _("Changes"),
        _("What is planned, what waits, and how changes ended."),
        "changes",
        ("change_manager",),
        (
            "changes_open", "changes_soon", "changes_successful", "changes_emergency", "changes_by_day",
            "changes_by_state", "changes_by_risk", "changes_by_outcome",
        ),
    ),
    ReadyBoard(
        "problems",
        _("Problems"),
        _("Open problems, known errors, and how old they are."),
        "problems",
        (),
        ("problems_open", "known_errors", "problems_by_state", "problems_by_age"),
    ),
    ReadyBoard(
        "configuration",
        _("Configuration"),
        _("What the CMDB knows, from where, and what has not been seen for long."),
        "cis",
        ("cmdb_editor",),
        ("cis_all", "cis_unseen", "cis_by_class", "cis_by_state", "cis_by_origin"),
    ),
    ReadyBoard(
        "assets",
        _("Assets"),
        _("What there is, in which state, how old, and which warranties end."),
        "assets",
        ("asset_manager",),
        ("assets_all", "assets_warranty", "assets_by_state", "assets_by_kind", "assets_by_year"),
    ),
)  # fmt: skip


def tiles_of(board: ReadyBoard) -> tuple[Tile, ...]:
    """The tiles of a ready dashboard."""
    return tuple(_tile(name) for name in board.tiles)


def _tile(name: str) -> Tile:
    if name in TILES:
        return TILES[name].tile()
    return Tile(name.replace(":", "_"), name, width=8 if name == "queue:assigned" else 6, height=3)
