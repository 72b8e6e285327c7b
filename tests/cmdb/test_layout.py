"""Placing CIs on a map."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from cmdb.impact import impact_of
from cmdb.layout import LINE_LETTERS, draw, wrapped
from itsm.kernel.actor import SYSTEM
from tests.factories import Factory


@given(st.text(min_size=1, max_size=255))
def test_names_are_shown_whole(name: str) -> None:
    lines = wrapped(name)
    assert "".join(lines).replace(" ", "") == "".join(name.split()) or lines == ("–",)
    assert all(len(line) <= LINE_LETTERS for line in lines)


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("mirrored", [False, True])
def test_boxes_never_overlap_and_lie_on_the_map(app: Flask, make: Factory, upright: bool, mirrored: bool) -> None:
    root = make.ci("root" * 30)
    for number in range(5):
        middle = make.ci(f"middle {number} " * number)
        make.relation(middle, root)
        make.relation(make.ci(), middle)
    found = draw(impact_of(SYSTEM, root.id), upright=upright, mirrored=mirrored)
    assert (len(found.boxes), len(found.lines), found.left_out) == (11, 10, 0)
    for box in found.boxes:
        assert box.x >= 0
        assert box.x + box.width <= found.width
        assert box.y >= 0
        assert box.y + box.height <= found.height
    for one in found.boxes:
        for other in found.boxes:
            apart = (
                one is other
                or one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height <= other.y
                or other.y + other.height <= one.y
            )
            assert apart, (one, other)


def test_what_has_no_room_is_counted_and_services_stay(app: Flask, make: Factory) -> None:
    root = make.ci("root")
    for _number in range(20):
        make.relation(make.ci("a"), root)
    service = make.ci("zzz", class_key="business_service")
    make.relation(service, root)
    found = draw(impact_of(SYSTEM, root.id), most=6)
    assert (len(found.boxes), found.left_out) == (6, 16)
    assert service.id in {box.node.id for box in found.boxes}
