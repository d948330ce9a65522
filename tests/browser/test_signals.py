"""The view of the signals: its numbers, its way through time, what is wrong, and how it is joined to the network."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from engine import PRESETS, Experiment, Timeline
from engine.signals import LayerSignals, signals
from engine.survey import Survey
from tests.browser.conftest import OpenPage, Theme
from tests.browser.test_accessible import violations
from tests.browser.workbench import Workbench, agrees, numbers_in

XOR: dict[str, Any] = PRESETS["xor"]["document"]
DEEP = {
    **XOR,
    "network": {
        "layers": [
            *([{"type": "dense", "units": 4, "activation": "sigmoid"}] * 5),
            {"type": "dense", "units": 1, "activation": "sigmoid"},
        ]
    },
}
# The first neuron of the first layer is 0 for every row; the second one is not.
DEAD = {
    **XOR,
    "network": {
        "layers": [
            {"type": "dense", "units": 2, "activation": "relu", "W": [[-1, -1], [1, 1]], "b": [-1, 0.5]},
            {"type": "dense", "units": 1, "activation": "sigmoid"},
        ]
    },
}

ROWS = """() => [...document.querySelectorAll("#view-signals .pane-twin tbody tr")]
  .map((row) => [...row.cells].map((cell) => cell.textContent))"""
# How much ink the newest stretch of each layer's strip has, from the first layer to the last.
INK = """() => {
  const paths = [...document.querySelectorAll("#view-signals .signals-shades path:not(.over)")];
  const rows = [...document.querySelectorAll("#view-signals .signals-row")].map((row) => Number(row.getAttribute("y")));
  const ink = rows.map(() => 0);
  for (const path of paths) {
    for (const [, , y] of path.getAttribute("d").matchAll(/M([\\d.]+) ([\\d.]+)H/g)) {
      const row = rows.findLastIndex((top) => top <= Number(y));
      ink[row] = Number(path.getAttribute("fill-opacity"));
    }
  }
  return ink;
}"""


def view(page: Page) -> Locator:
    return page.get_by_role("region", name="Signals", exact=True)


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step of the signals")


def run_steps(bench: Workbench, count: int) -> None:
    """Open the view and make whole steps."""
    bench.page.keyboard.press("5")
    bench.choose_grain("step")
    for step in range(count):
        bench.page.keyboard.press("PageDown")
        bench.wait_for_cursor(step + 1, 0)


def table(page: Page) -> list[list[str]]:
    view(page).get_by_role("button", name="Table").click()
    page.wait_for_selector("#view-signals .pane-twin tbody tr")
    rows: list[list[str]] = page.evaluate(ROWS)
    return rows


def sample_of(document: dict[str, Any], step: int) -> tuple[LayerSignals, ...]:
    timeline = Timeline(Experiment.from_json(document))
    timeline.run(step + 1)
    return Survey(timeline).look(step).layers


def test_the_table_is_that_of_the_engine(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    run_steps(bench, 3)
    expect(view(bench.page).locator(".pane-words")).to_contain_text("step 3, the last one known")

    rows = table(bench.page)

    for (_, *cells), one in zip(rows, sample_of(XOR, 2), strict=True):
        found = (one.activations, one.deltas, one.gradient)
        for cell, told in zip(cells[:3], found, strict=True):
            assert told is not None
            assert agrees(cell, told.rms), (cell, told.rms)
        assert one.ratio is not None
        assert agrees(cells[3].split()[0], one.ratio)
        assert cells[4:] == ["none", "none"]


def test_the_numbers_are_of_this_moment_as_soon_as_it_is_computed(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    bench.page.keyboard.press("5")
    timeline = Timeline(Experiment.from_json(XOR))
    while not timeline.gradients_known:
        timeline.next()

    bench.drag_to(timeline.cursor.event)

    words = view(bench.page).locator(".pane-words")
    expect(words).to_have_text(re.compile(r"^The gradient has rms .* in layer 1 and .* in layer 2 \(step 1\)\.$"))
    first, _, second, *_ = numbers_in(words.inner_text())
    gradients = [one.gradient.rms for one in signals(timeline) if one.gradient is not None]
    assert agrees(first, gradients[0])
    assert agrees(second, gradients[1])


def test_arrows_walk_through_the_steps_and_enter_goes_there(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    run_steps(bench, 5)
    slider(bench.page).focus()

    bench.page.keyboard.press("Home")
    bench.page.keyboard.press("ArrowRight")
    bench.page.keyboard.press("ArrowDown")

    expect(slider(bench.page)).to_have_attribute("aria-valuetext", re.compile("^step 2, layer 2: rms of"))
    expect(view(bench.page).locator(".signals-row").nth(1)).to_have_class("signals-row lit")
    bench.page.keyboard.press("Enter")
    bench.wait_for_cursor(1, 0)


def test_a_click_on_the_strip_goes_to_its_step(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    run_steps(bench, 6)
    box = slider(bench.page).bounding_box()
    assert box is not None

    # The axis has ten steps; the third one begins after two of them.
    bench.page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 5)

    bench.wait_for_cursor(2, 0)


def test_a_vanishing_gradient_is_seen_to_vanish_and_said_to(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    bench.open_document(DEEP)
    run_steps(bench, 4)

    here = view(bench.page)
    here.get_by_role("combobox", name="Signal").select_option("deltas")

    expect(here.get_by_role("group", name="What is wrong")).to_contain_text("The gradient vanishes")
    ink = bench.page.evaluate(INK)
    assert len(ink) == 6
    assert ink == sorted(ink), "each layer has more ink than the one before it"
    assert ink[-1] > 2.5 * ink[0]


def test_a_finding_leads_to_the_step_since_when_and_to_its_place(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    bench.open_document(DEEP)
    run_steps(bench, 3)
    findings = view(bench.page).get_by_role("group", name="What is wrong")

    findings.get_by_role("button", name="layer 1", exact=True).click()
    expect(findings.get_by_role("button", name="layer 1", exact=True)).to_have_attribute("aria-pressed", "true")
    findings.get_by_role("button", name="since step 1", exact=True).first.click()

    bench.wait_for_cursor(0, 0)


def test_nothing_wrong_is_said_in_words(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    run_steps(bench, 2)

    expect(view(bench.page)).to_contain_text("Nothing wrong is seen.")


def test_a_dead_neuron_is_selected_by_its_name(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    bench.open_document(DEAD)
    run_steps(bench, 1)
    here = view(bench.page)
    expect(here).to_contain_text("Layer 1: 1 of 2 dead")

    here.get_by_role("button", name="dead neuron 1 of layer 1").click()

    expect(bench.page.locator("#blackboard")).to_contain_text("ctivation a of neuron 1 of layer 1")


def test_pointing_at_a_neuron_lights_its_layer_and_the_other_way_round(open_page: OpenPage) -> None:
    bench = Workbench(open_page())
    run_steps(bench, 2)
    rows = view(bench.page).locator(".signals-row")

    bench.page.locator("#stage-picture svg [role=button][data-ref^='layer1.a']").first.hover()
    expect(rows.nth(1)).to_have_class("signals-row lit")
    expect(rows.nth(0)).to_have_class("signals-row")

    box = view(bench.page).locator(".signals-heads text").first.bounding_box()
    assert box is not None
    bench.page.mouse.move(box["x"] + 5, box["y"] + 5)
    expect(rows.nth(0)).to_have_class("signals-row lit")
    expect(rows.nth(1)).to_have_class("signals-row")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_breaks_no_rule_of_accessibility(open_page: OpenPage, theme: Theme) -> None:
    bench = Workbench(open_page(theme=theme))
    bench.open_document(DEEP)
    run_steps(bench, 2)
    expect(view(bench.page)).to_contain_text("since step 1")

    assert violations(bench.page) == []
