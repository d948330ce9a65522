"""The view of other learning rates: its curve, what is set on it, and what became true."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from engine import PRESETS, Experiment, Timeline
from engine.whatif import WhatIf
from tests.browser.conftest import OpenPage, Theme
from tests.browser.test_accessible import violations
from tests.browser.workbench import Workbench, agrees, numbers_in

CELLS = """() => [...document.querySelectorAll("#view-what_if .pane-twin tbody tr")]
  .map((row) => [...row.cells].map((cell) => cell.textContent))"""


def at_the_gradients(preset: str) -> Timeline:
    document: dict[str, Any] = PRESETS[preset]["document"]
    timeline = Timeline(Experiment.from_json(document))
    while not timeline.gradients_known:
        timeline.next()
    return timeline


def answer(timeline: Timeline) -> WhatIf:
    found = timeline.what_if()
    assert found is not None
    return found


def view(page: Page) -> Locator:
    return page.get_by_role("region", name="What if", exact=True)


def slider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Learning rate on the curve")


def open_at_the_gradients(bench: Workbench, timeline: Timeline) -> Locator:
    """Open the view and run the backward pass from it."""
    bench.page.keyboard.press("4")
    here = view(bench.page)
    here.get_by_role("button", name="Run to the end of the backward pass").click()
    bench.wait_for_cursor(0, timeline.cursor.event)
    expect(slider(bench.page)).to_be_visible()
    return here


def test_before_every_gradient_is_known_one_press_leads_there(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    timeline = at_the_gradients("circles")

    here = open_at_the_gradients(bench, timeline)

    found = answer(timeline)
    expect(here.locator(".pane-words")).to_contain_text("The lowest loss of this batch is at η")
    best, today, lowest, exceeds = numbers_in(here.locator(".pane-words").inner_text())
    preview = timeline.preview(found.best)
    assert preview is not None
    assert found.exceeds is not None
    assert agrees(best, found.best)
    assert agrees(today, found.loss)
    assert agrees(lowest, preview.loss)
    assert agrees(exceeds, found.exceeds)
    assert here.locator(".ranges text").all_text_contents() == ["helps", "overshoots but helps", "harms"]
    expect(here.locator(".limit-words")).to_contain_text("the network is not linear")


def test_going_back_before_the_gradients_takes_the_curve_away(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    here = open_at_the_gradients(bench, at_the_gradients("xor"))

    bench.page.keyboard.press("Home")
    bench.wait_for_cursor(0, 0)

    expect(here.get_by_role("button", name="Run to the end of the backward pass")).to_be_visible()
    expect(slider(bench.page)).to_be_hidden()
    expect(here.get_by_role("button", name="Use the best")).to_be_disabled()


def test_the_best_is_taken_and_comes_true(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    timeline = at_the_gradients("circles")
    here = open_at_the_gradients(bench, timeline)
    best = answer(timeline).best

    here.get_by_role("button", name="Use the best").click()
    expect(bench.learning_rate()).to_have_value(str(best))
    timeline.edit("learning_rate", best)
    preview = timeline.preview()
    assert preview is not None
    expect(here.locator(".marks .label.now")).to_contain_text("→")
    assert agrees(numbers_in(here.locator(".marks .label.now").text_content() or "")[1], preview.loss)

    bench.page.keyboard.press("Shift+ArrowRight")
    words = here.locator(".pane-words")
    expect(words).to_contain_text("got")
    _, predicted, got = numbers_in(words.inner_text().partition(". ")[0])
    assert agrees(predicted, preview.loss)
    assert agrees(got, preview.loss)


def test_where_the_loss_is_a_bowl_the_limit_can_be_taken(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=neuron"))
    timeline = at_the_gradients("neuron")
    here = open_at_the_gradients(bench, timeline)
    limit = answer(timeline).stability_limit
    assert limit is not None

    here.get_by_role("button", name="Use the limit").click()

    expect(bench.learning_rate()).to_have_value(str(limit))
    assert agrees(numbers_in(here.locator(".marks .label.limit").text_content() or "")[0], limit)


def test_arrow_keys_set_the_learning_rate_by_notches(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    timeline = at_the_gradients("circles")
    open_at_the_gradients(bench, timeline)
    curve = slider(bench.page)

    curve.press("ArrowRight")
    expect(bench.learning_rate()).to_have_value("0.5")
    curve.press("ArrowLeft")
    curve.press("ArrowLeft")
    expect(bench.learning_rate()).to_have_value("0.2")

    timeline.edit("learning_rate", 0.2)
    preview = timeline.preview()
    assert preview is not None
    expect(curve).to_have_attribute("aria-valuenow", "0.2")
    bench.page.wait_for_function(
        "() => document.querySelector('#view-what_if [role=slider]').getAttribute('aria-valuetext').includes('→')"
    )
    told = numbers_in(curve.get_attribute("aria-valuetext") or "")
    assert agrees(told[2], preview.loss)
    assert bench.cursor() == (0, timeline.cursor.event), "arrows on the curve do not step"


def test_a_drag_on_the_curve_sets_the_learning_rate_where_it_ends(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    here = open_at_the_gradients(bench, at_the_gradients("xor"))
    curve = here.locator(".today")
    box = curve.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2

    bench.page.mouse.move(box["x"] + 0.2 * box["width"], middle)
    bench.page.mouse.down()
    bench.page.mouse.move(box["x"] + 0.5 * box["width"], middle, steps=5)
    bench.page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=5)
    bench.page.mouse.up()

    # Six tenths of the way from 0.0001 to 10, in two digits.
    expect(bench.learning_rate()).to_have_value("0.1")
    expect(here.locator(".marks .label.now")).to_contain_text("now 0.1")


def test_the_table_has_the_curve_of_the_engine(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=mazur"))
    timeline = at_the_gradients("mazur")
    here = open_at_the_gradients(bench, timeline)
    found = answer(timeline)

    here.get_by_role("button", name="Table").click()
    rows = bench.page.evaluate(CELLS)

    assert len(rows) == len(found.losses) + 1
    assert agrees(rows[0][1], found.loss)
    for row, rate, loss in zip(rows[1:], found.learning_rates, found.losses, strict=True):
        assert agrees(row[0], rate)
        assert agrees(row[1], loss)
        assert agrees(row[2], loss - found.loss)


def test_the_picture_is_saved_from_the_table_too_and_not_before_there_is_one(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=mazur"))
    bench.page.keyboard.press("4")
    here = view(bench.page)
    save = here.get_by_role("button", name="Save What if as SVG")
    here.get_by_role("button", name="Run to the end of the backward pass").wait_for()
    save.click()
    expect(here.locator(".pane-words")).to_have_text("There is no picture to save now.")
    # What was said to a press outlives a picture that says the same as before: an answer may come at any moment.
    bench.page.set_viewport_size({"width": 1180, "height": 700})
    bench.page.wait_for_timeout(300)
    expect(here.locator(".pane-words")).to_have_text("There is no picture to save now.")

    here.get_by_role("button", name="Run to the end of the backward pass").click()
    expect(slider(bench.page)).to_be_visible()
    here.get_by_role("button", name="Table").click()
    here.get_by_role("table").wait_for()
    with bench.page.expect_download() as download:
        save.click()

    assert download.value.suggested_filename.endswith(".svg")
    assert "best" in Path(download.value.path()).read_text()
    expect(here.get_by_role("table")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("known", [False, True])
def test_axe_finds_nothing_in_the_view_of_other_learning_rates(open_page: OpenPage, theme: Theme, known: bool) -> None:
    bench = Workbench(open_page("/?preset=neuron", theme=theme))
    if known:
        open_at_the_gradients(bench, at_the_gradients("neuron"))
    else:
        bench.page.keyboard.press("4")
        view(bench.page).get_by_role("button", name="Run to the end of the backward pass").wait_for()

    found = violations(bench.page)

    assert not found, "\n".join(found)
