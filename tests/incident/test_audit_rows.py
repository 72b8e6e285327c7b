"""Reading the audit log: good rows, wrong rows, headings."""

import io
from datetime import UTC, datetime

import pytest

from incident.audit_rows import REQUIRED, WrongField, read_rows

GOOD = {
    "number": "INC1", "incident_state": "New", "sys_mod_count": "0", "caller_id": "Caller 1", "opened_at": "29-02-2016 01:16",
    "sys_updated_by": "Updated by 1", "sys_updated_at": "29-02-2016 01:23", "contact_type": "Phone", "location": "?",
    "category": "Category 1", "subcategory": "?", "impact": "2 - Medium", "urgency": "1 - High", "priority": "3 - Moderate",
    "assignment_group": "Group 1", "assigned_to": "?", "closed_code": "?",
}  # fmt: skip


def log(*changes: dict[str, str], heading: tuple[str, ...] = REQUIRED) -> io.StringIO:
    rows = [",".join((GOOD | each)[name] for name in heading) for each in changes]
    return io.StringIO("\n".join([",".join(heading), *rows]) + "\n")


def test_a_row_is_read_with_local_instants_and_missing_values() -> None:
    found, faults, count = read_rows(log({}), timezone="Europe/Stockholm")
    (row,) = found["INC1"]
    assert not faults
    assert count == 1
    assert row.opened_at == datetime(2016, 2, 29, 0, 16, tzinfo=UTC)
    assert (row.impact, row.urgency, row.priority) == (2, 1, 3)
    assert (row.subcategory, row.location, row.channel) == ("", "", "phone")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sys_updated_at", "2016-02-29"), ("opened_at", "?"), ("incident_state", "Sleeping"), ("number", "?"), ("impact", "High"),
        ("priority", "9 - None"), ("sys_mod_count", "-1"), ("category", "x" * 201),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named_and_stops_nothing_else(field: str, value: str) -> None:
    found, faults, count = read_rows(log({}, {field: value}, {"sys_mod_count": "2"}), timezone="UTC")
    assert [(fault.row, fault.field) for fault in faults] == [(3, field)]
    assert [row.order for row in found["INC1"]] == [0, 2]
    assert count == 3


def test_a_heading_without_a_column_is_refused() -> None:
    with pytest.raises(WrongField) as caught:
        read_rows(log({}, heading=REQUIRED[:-1]), timezone="UTC")
    assert caught.value.field == "closed_code"


def test_rows_are_put_in_the_order_of_their_instants() -> None:
    later = {"sys_updated_at": "01-03-2016 10:00", "sys_mod_count": "1", "incident_state": "Active"}
    found, _faults, _count = read_rows(log(later, {}), timezone="UTC")
    assert [row.state for row in found["INC1"]] == ["new", "in_progress"]
