"""The race as a visitor has it: set up, run, read, steered by keyboard, and seen by everybody."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from app.documents import preset
from engine import Timeline
from engine.race import Race
from tests.browser.conftest import OpenPage, Theme
from tests.browser.test_accessible import violations
from tests.browser.workbench import RUN_TO, Workbench, agrees

TRIPLE = "Learning rates ×⅓, ×1, ×3"
SEARCH = "Backprop against search"


@pytest.fixture
def bench(open_page: OpenPage) -> Workbench:
    """XOR with the race open."""
    return open_race(open_page("/?preset=xor"))


def open_race(page: Page) -> Workbench:
    bench = Workbench(page)
    page.keyboard.press("7")
    pane(page).get_by_role("button", name=TRIPLE).wait_for()
    return bench


def pane(page: Page) -> Locator:
    return page.get_by_role("region", name="Race", exact=True)


def choose(page: Page, words: str) -> None:
    """Press a button by keyboard, with the focus back on the page afterwards."""
    button = pane(page).get_by_role("button", name=words, exact=True)
    button.focus()
    page.keyboard.press("Enter")
    page.evaluate("document.activeElement.blur()")


def rows(page: Page) -> list[list[str]]:
    """What stands in the table of lanes."""
    lanes = pane(page).get_by_role("region", name="The lanes").locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in lanes.all()]


def expect_all_lanes_after(page: Page, steps: int, leads: str = "") -> None:
    """Wait until each lane has made so many steps; they come one after the other."""
    here = re.compile(rf"^After {steps} steps?\b(?!.*Still on the way).*{leads}", re.DOTALL)
    expect(pane(page).locator(".pane-words")).to_have_text(here)


def train_to(page: Page, step: int) -> None:
    """Go to a step by the timeline; the lanes come along."""
    page.locator("input[aria-label='Step of the run']").evaluate(RUN_TO, step)
    expect_all_lanes_after(page, step)


def test_the_numbers_of_each_lane_are_those_of_the_engine(bench: Workbench) -> None:
    page = bench.page
    choose(page, TRIPLE)
    bench.choose_grain("step")
    for step in range(1, 6):
        bench.press("ArrowRight", to=(step, 0))
    expect_all_lanes_after(page, 5, "η 3 leads with")

    shown = rows(page)

    lanes = [
        {"name": "as it is"},
        *({"name": "", "change": {"path": "learning_rate", "value": v}} for v in (0.333, 3.0)),
    ]
    race = Race.of(Timeline.from_json(preset("xor")), lanes)
    race.run_to(5, 5.0)
    assert [row[0].strip() for row in shown] == ["as it is", "η 0.333", "η 3"]
    for row, lane in zip(shown, race.lanes, strict=True):
        assert agrees(row[1], lane.scores().loss)


def test_back_takes_the_lanes_back(bench: Workbench) -> None:
    page = bench.page
    choose(page, TRIPLE)
    bench.choose_grain("step")
    bench.press("ArrowRight", to=(1, 0))
    expect_all_lanes_after(page, 1)
    before = rows(page)
    bench.press("ArrowRight", to=(2, 0))
    expect_all_lanes_after(page, 2)
    assert rows(page) != before

    bench.press("ArrowLeft", to=(1, 0))

    expect_all_lanes_after(page, 1)
    assert rows(page) == before


def test_a_bad_lane_is_told_at_its_lane_and_can_be_mended(bench: Workbench) -> None:
    page = bench.page
    field = pane(page).get_by_role("textbox", name="η")
    field.fill("-1")
    field.press("Enter")

    lane = pane(page).get_by_role("list", name="Lanes").get_by_role("listitem").nth(1)
    expect(lane.get_by_role("alert")).to_have_text(re.compile(r"^optimizer\.learning_rate is -1; allowed: "))
    assert bench.cursor() == (0, 0)
    lane.get_by_role("button", name=re.compile("^Change")).click()
    field.fill("2")
    field.press("Enter")

    expect(pane(page).get_by_role("button", name="Go on with η 2 alone")).to_have_count(1)


def test_the_curve_is_walked_by_arrows_and_enter_goes_there(bench: Workbench) -> None:
    page = bench.page
    choose(page, TRIPLE)
    train_to(page, 20)
    curve = pane(page).get_by_role("slider", name="Step of the race")
    curve.focus()

    page.keyboard.press("Home")
    for _ in range(7):
        page.keyboard.press("ArrowRight")

    expect(curve).to_have_attribute("aria-valuetext", re.compile("^Step 8 of the race: as it is "))
    page.keyboard.press("Enter")
    bench.wait_for_cursor(7, 0)


def test_a_lane_goes_on_alone_and_the_race_is_over(bench: Workbench) -> None:
    page = bench.page
    choose(page, TRIPLE)
    train_to(page, 12)

    pane(page).get_by_role("button", name="Go on with η 3 alone").click()

    expect(bench.learning_rate()).to_have_value("3")
    expect(pane(page).get_by_role("button", name=TRIPLE)).to_be_visible()
    assert bench.cursor() == (12, 0)


def test_searches_are_seen_at_work_and_said_in_words(bench: Workbench) -> None:
    page = bench.page
    choose(page, SEARCH)
    train_to(page, 40)

    choose(page, "Searches")

    generation = pane(page).get_by_role("slider", name="Genetic algorithm at work")
    expect(generation).to_have_attribute("aria-valuetext", re.compile(r"^Generation \d+, the best first: 40 networks"))
    generation.focus()
    page.keyboard.press("End")
    expect(generation).to_have_attribute("aria-valuetext", re.compile("^Individual 40: loss "))


def test_the_table_says_what_the_picture_says(bench: Workbench) -> None:
    page = bench.page
    choose(page, TRIPLE)
    train_to(page, 12)

    choose(page, "Table")

    table = pane(page).get_by_role("region", name="Race as a table").get_by_role("table")
    expect(table.locator("caption")).to_have_text(re.compile("^After 12 steps η 3 leads with "))
    expect(table.locator("tbody tr")).to_have_count(3)


def test_a_reload_comes_back_to_the_race(bench: Workbench) -> None:
    page = bench.page
    choose(page, SEARCH)
    train_to(page, 10)
    before = rows(page)

    page.reload()
    bench.wait_until_open()

    expect_all_lanes_after(page, 10)
    assert rows(page) == before


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(open_page: OpenPage, theme: Theme) -> None:
    page = open_page("/?preset=xor", theme=theme)
    open_race(page)
    assert violations(page) == []
    choose(page, SEARCH)
    train_to(page, 10)
    assert violations(page) == []
    for picture in ("Planes", "Paths", "Searches"):
        choose(page, picture)
        expect(pane(page).locator(".race-beside")).to_be_visible()
        assert violations(page) == []
