"""The view of the optimizer: its numbers, its curves, its choice of a parameter, and its way through time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from engine import PRESETS, Experiment, Timeline
from engine.survey import Survey
from engine.trace import Trace, trace
from tests.browser.conftest import OpenPage, Theme
from tests.browser.test_accessible import violations
from tests.browser.workbench import Workbench, agrees, numbers_in

XOR: dict[str, Any] = PRESETS["xor"]["document"]
ADAM = {**XOR, "optimizer": {"type": "adam", "learning_rate": 0.1}}

ROWS = """() => [...document.querySelectorAll("#view-optimizer .pane-twin tbody tr")]
  .map((row) => [...row.cells].map((cell) => cell.textContent))"""


def view(page: Page) -> Locator:
    return page.get_by_role("region", name="Optimizer", exact=True)


def words(page: Page) -> Locator:
    return view(page).locator(".pane-words")


def run_steps(bench: Workbench, count: int) -> None:
    """Open the view and make whole steps."""
    bench.page.keyboard.press("6")
    bench.choose_grain("step")
    for step in range(count):
        bench.page.keyboard.press("PageDown")
        bench.wait_for_cursor(step + 1, 0)


def trace_of(document: dict[str, Any], steps: int, name: str, index: tuple[int, ...]) -> Trace:
    timeline = Timeline(Experiment.from_json(document))
    timeline.run(steps)
    survey = Survey(timeline)
    while not survey.advance(1.0):
        pass
    return trace(survey, name, index)


def test_the_table_is_the_trace_of_the_engine(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    bench.open_document(ADAM)
    run_steps(bench, 4)
    expect(words(bench.page)).to_contain_text("In step 4: Adam divides by √v̂")

    view(bench.page).get_by_role("button", name="Table").click()
    bench.page.wait_for_selector("#view-optimizer .pane-twin tbody tr")

    found = trace_of(ADAM, 4, "layer0.W", (0, 0))
    columns = [found.gradient, *found.optimizer.values(), found.change, found.effective_rate, found.w]
    rows = bench.page.evaluate(ROWS)
    assert [row[0] for row in rows] == ["1", "2", "3", "4"]
    for place, (_, *cells) in enumerate(rows):
        for cell, column in zip(cells, columns, strict=True):
            assert agrees(cell, float(column[place])), (cell, column[place])


def test_the_sentence_has_the_numbers_of_the_last_update(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    bench.open_document(ADAM)
    run_steps(bench, 3)
    expect(words(bench.page)).to_contain_text("In step 3")

    _, root, change, gradient = numbers_in(words(bench.page).inner_text())

    found = trace_of(ADAM, 3, "layer0.W", (0, 0))
    assert agrees(root, float(found.optimizer["v_hat"][-1]) ** 0.5)
    assert agrees(change, float(found.change[-1]))
    assert agrees(gradient, float(found.gradient[-1]))


def test_the_arithmetic_is_empty_until_the_update_has_run(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    bench.open_document(ADAM)
    bench.page.keyboard.press("6")
    arithmetic = view(bench.page).get_by_role("group", name="The update at the cursor")
    expect(arithmetic.locator("dd.empty").first).to_be_attached()
    before = arithmetic.locator("dd.empty").count()
    timeline = Timeline(Experiment.from_json(ADAM))
    timeline.run_to_end_of_step()

    bench.drag_to(timeline.cursor.event)

    expect(arithmetic.locator("dd.empty")).to_have_count(0)
    assert before > 0
    next_weight = float(timeline.read("layer0.next_W")[0, 0])
    after = numbers_in(arithmetic.locator("dd").last.inner_text())
    assert agrees(after[0], next_weight)
    line = arithmetic.locator(".equation .in-value")
    expect(line).to_have_text(re.compile(r"\d"))
    assert agrees(numbers_in(line.inner_text())[-1], next_weight)


def test_gradient_descent_is_said_to_keep_nothing(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    run_steps(bench, 1)

    expect(words(bench.page)).to_contain_text("Nothing is kept from step to step: Δw = −η·g.")


def test_what_is_selected_in_the_network_is_on_show_and_stays_when_it_is_let_go(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    run_steps(bench, 2)
    menu = view(bench.page).get_by_role("combobox", name="Parameter")
    expect(menu).to_have_value("layer0.W[0,0]")

    bench.thing("layer1.W[0,1]").focus()
    bench.page.keyboard.press("Enter")
    expect(menu).to_have_value("layer1.W[0,1]")

    bench.page.keyboard.press("Escape")
    bench.page.evaluate("document.activeElement.blur()")
    expect(menu).to_have_value("layer1.W[0,1]")
    found = trace_of(XOR, 2, "layer1.W", (0, 1))
    expect(view(bench.page).locator("[data-row=w] .value")).to_have_text(re.compile("."))
    assert agrees(view(bench.page).locator(".optimizer-title[data-row=w] .value").inner_text(), float(found.w[-1]))


def test_the_menu_chooses_a_bias_as_well(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    run_steps(bench, 2)

    view(bench.page).get_by_role("combobox", name="Parameter").select_option("layer0.b[1]")

    expect(words(bench.page)).to_contain_text("In step 2")
    title = view(bench.page).locator(".optimizer-title[data-row=w]")
    expect(view(bench.page).locator("svg [data-row=w]")).to_contain_text("bias")
    found = trace_of(XOR, 2, "layer0.b", (1,))
    assert agrees(title.locator(".value").inner_text(), float(found.w[-1]))


def test_arrows_walk_through_the_steps_and_enter_goes_there(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    bench.open_document(ADAM)
    run_steps(bench, 5)
    slider = bench.page.get_by_role("slider", name="Step of the optimizer")
    slider.focus()

    bench.page.keyboard.press("Home")
    bench.page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^Step 2: gradient "))
    bench.page.keyboard.press("Enter")

    bench.wait_for_cursor(1, 0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_breaks_no_rule_of_accessibility(open_page: OpenPage, theme: Theme) -> None:
    bench = Workbench(open_page(theme=theme))
    bench.open_document(ADAM)
    run_steps(bench, 2)
    expect(words(bench.page)).to_contain_text("Adam divides")

    assert violations(bench.page) == []
