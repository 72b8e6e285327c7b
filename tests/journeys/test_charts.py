"""Charts in a real browser: a click on a mark, or on the figure written upon it, opens the records that it counts."""

import pytest
from playwright.sync_api import FloatRect, Page

from tests.journeys.conftest import Site, sign_in

pytestmark = pytest.mark.journey

STEP = 9  # pixels between the places that are looked at
CURSOR = "getComputedStyle(document.querySelector('[data-chart] canvas')).cursor"


def box_of(page: Page) -> FloatRect:
    canvas = page.locator("[data-chart] canvas")
    canvas.evaluate("(each) => each.scrollIntoView({ block: 'center', behavior: 'instant' })")
    found = canvas.bounding_box()
    assert found is not None
    return found


def leads_somewhere(page: Page, box: FloatRect) -> tuple[float, float] | None:
    """The first place on the chart, from the top, that shows itself as a link."""
    for down in range(STEP, int(box["height"]) - STEP, STEP):
        for right in range(45, int(box["width"]) - STEP, 2 * STEP):
            page.mouse.move(box["x"] + right, box["y"] + down)
            if page.evaluate(CURSOR) == "pointer":
                return box["x"] + right, box["y"] + down
    return None


@pytest.mark.parametrize(
    ("chart", "groups"),
    [
        ("bar", "dimension_1=group"),  # from the top: the figure above the highest bar
        ("line", "dimension_1=created/month"),  # beside the point
        ("heat", "dimension_1=created.weekday&dimension_2=priority"),
    ],
)
def test_a_click_on_a_mark_opens_its_records(page: Page, demo_site: Site, chart: str, groups: str) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(page, demo_site, "manager")
    page.goto(f"{demo_site.address}/reports/new?data_set=incidents&period=any&chart={chart}&{groups}")
    page.wait_for_load_state("networkidle")
    page.locator("[data-chart] canvas").wait_for()
    place = leads_somewhere(page, box_of(page))
    assert place is not None
    page.mouse.click(*place)
    page.wait_for_url("**/desk?view=everything&q=**")
    page.locator("table, .empty, main").first.wait_for()
    assert not faults
