"""What is pointed at in one view lights up in the others: a step, a row of the data, a weight."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from engine import PRESETS, Experiment, Timeline
from engine.plane import plane
from tests.browser.conftest import OpenPage
from tests.browser.test_plane import open_plane, plot_point
from tests.browser.test_race import TRIPLE, choose, open_race, train_to
from tests.browser.workbench import Workbench

XOR: dict[str, Any] = PRESETS["xor"]["document"]
STEPS = 5
# The axis of steps of a run so short ends at step 10.
END = 10

# Where a line stands between the left and the right end of a picture's frame, or null while it is not to be seen.
SHARE = """([line, frame]) => {
  const isSeen = (each) => each.getAttribute("visibility") !== "hidden" && each.getAttribute("d") !== "";
  const mark = [...document.querySelectorAll(line)].find(isSeen);
  if (!mark) return null;
  const [at, room] = [mark.getBoundingClientRect(), document.querySelector(frame).getBoundingClientRect()];
  return (at.x + at.width / 2 - room.x) / room.width;
}"""

# The key that opens it, the slider over its steps, the mark of a step, and the frame that the mark stands in.
VIEWS = {
    "loss": ("2", "Step of the loss curve", ".loss-curve .pointer", ".loss-curve .grid line"),
    "signals": ("5", "Step of the signals", ".signals-pointer", ".signals-grid rect"),
    "optimizer": ("6", "Step of the optimizer", ".optimizer-figure .pointer", ".optimizer-figure rect"),
}


def run_steps(bench: Workbench, count: int = STEPS) -> None:
    bench.choose_grain("step")
    for step in range(count):
        bench.page.keyboard.press("PageDown")
        bench.wait_for_cursor(step + 1, 0)


def open_views(bench: Workbench, *names: str) -> None:
    """Open them with steps in all of them: their sliders are there."""
    for name in names:
        bench.page.keyboard.press(VIEWS[name][0])
    for name in names:
        expect(bench.page.get_by_role("slider", name=VIEWS[name][1])).to_be_visible()


def point_at_the_second_step(page: Page, slider: str) -> None:
    page.get_by_role("slider", name=slider).focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")


def share(page: Page, name: str) -> float | None:
    _, _, line, frame = VIEWS[name]
    found: float | None = page.evaluate(SHARE, [line, frame])
    return found


def middle_of(ring: Locator) -> tuple[float, float]:
    """Where a ring is, once it has been drawn."""
    expect(ring).to_have_attribute("r", re.compile("."))
    box = ring.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def track(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step of the run")


@pytest.mark.parametrize("source", VIEWS)
def test_a_step_pointed_at_in_one_view_is_marked_in_the_others(open_page: OpenPage, source: str) -> None:
    bench = Workbench(open_page("/?preset=xor", viewport=(1920, 1080)))
    page = bench.page
    run_steps(bench)
    open_views(bench, *VIEWS)
    assert [share(page, name) for name in VIEWS] == [None, None, None]

    point_at_the_second_step(page, VIEWS[source][1])

    assert {name: share(page, name) for name in VIEWS} == pytest.approx(dict.fromkeys(VIEWS, 1 / END), abs=0.01)
    expect(track(page)).to_have_attribute("data-moment", "")
    assert track(page).evaluate("(slider) => slider.style.getPropertyValue('--moment')") == str(1 / STEPS)

    page.evaluate("document.activeElement.blur()")

    assert [share(page, name) for name in VIEWS] == [None, None, None]
    expect(track(page)).not_to_have_attribute("data-moment", "")


def test_the_optimizer_tells_its_numbers_of_the_step_pointed_at(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor", viewport=(1920, 1080)))
    page = bench.page
    run_steps(bench)
    open_views(bench, "loss", "optimizer")
    value = page.locator(".optimizer-title[data-row=w] .value")
    expect(page.locator("#view-optimizer .pane-words")).to_contain_text(f"In step {STEPS}:")
    newest = value.inner_text()

    point_at_the_second_step(page, VIEWS["optimizer"][1])
    read = value.inner_text()
    page.evaluate("document.activeElement.blur()")
    expect(value).to_have_text(newest)
    point_at_the_second_step(page, VIEWS["loss"][1])

    expect(value).to_have_text(read)
    assert read != newest


def test_the_pointer_on_the_loss_curve_marks_the_step_until_it_leaves(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor", viewport=(1920, 1080)))
    page = bench.page
    run_steps(bench)
    open_views(bench, "loss", "signals")
    curve = page.get_by_role("slider", name="Step of the loss curve")
    frame = page.locator(".loss-curve .grid line").first.bounding_box()
    box = curve.bounding_box()
    assert frame is not None
    assert box is not None

    page.mouse.move(frame["x"] + 0.3 * frame["width"], box["y"] + box["height"] / 2)
    assert share(page, "signals") == pytest.approx(3 / END, abs=0.01)

    page.mouse.move(5, 5)
    assert share(page, "signals") is None


def test_a_step_is_marked_on_the_path_of_the_landscape_and_from_there(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor", viewport=(1920, 1080)))
    page = bench.page
    run_steps(bench)
    open_views(bench, "loss")
    page.keyboard.press("3")
    page.locator(".pane-landscape[data-drawn=contours]:not([data-waits])").wait_for()
    path = page.get_by_role("slider", name="Step of the path")
    expect(path).to_have_attribute("aria-valuemax", str(STEPS))
    mark = page.locator(".landscape-map .moment")
    ring = page.locator(".landscape-map .step")

    point_at_the_second_step(page, "Step of the path")
    expect(path).to_have_attribute("aria-valuetext", re.compile("^step 2, "))
    place = [ring.get_attribute(name) for name in ("cx", "cy")]
    assert share(page, "loss") == pytest.approx(1 / END, abs=0.01)
    expect(mark).to_have_attribute("visibility", "hidden")

    point_at_the_second_step(page, VIEWS["loss"][1])
    expect(mark).to_have_attribute("visibility", "visible")
    assert [mark.get_attribute(name) for name in ("cx", "cy")] == place

    page.evaluate("document.activeElement.blur()")
    expect(mark).to_have_attribute("visibility", "hidden")


def test_a_step_of_the_race_is_marked_unless_the_lanes_are_compared_by_cost(open_page: OpenPage) -> None:
    bench = open_race(open_page("/?preset=xor", viewport=(1920, 1080)))
    page = bench.page
    choose(page, TRIPLE)
    train_to(page, STEPS)
    open_views(bench, "loss")
    race = ".race-chart .pointer", ".race-chart .grid line"

    point_at_the_second_step(page, "Step of the race")
    assert share(page, "loss") == pytest.approx(1 / END, abs=0.01)

    point_at_the_second_step(page, VIEWS["loss"][1])
    assert page.evaluate(SHARE, race) == pytest.approx(1 / END, abs=0.01)

    choose(page, "By cost")
    point_at_the_second_step(page, VIEWS["loss"][1])
    assert page.evaluate(SHARE, race) is None
    point_at_the_second_step(page, "Step of the race")
    assert page.evaluate(SHARE, race) is not None
    assert share(page, "loss") is None


def test_a_view_that_is_closed_leaves_no_mark(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor", viewport=(1920, 1080)))
    page = bench.page
    run_steps(bench)
    open_views(bench, "loss", "signals")
    point_at_the_second_step(page, VIEWS["loss"][1])
    assert share(page, "signals") is not None

    page.keyboard.press("2")

    expect(page.get_by_role("region", name="Loss", exact=True)).to_be_hidden()
    assert share(page, "signals") is None


def test_a_row_of_the_table_is_a_point_of_the_plane_and_the_other_way_round(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=xor"))
    page = bench.page
    timeline = Timeline(Experiment.from_json(XOR))
    raw = timeline.experiment.dataset.raw_inputs[2]
    x, y = plot_point(page, plane(timeline.still()), *raw)
    ring = page.locator(".plane-hover")
    row = page.locator(".data-rows tbody tr[data-row='2']")
    lit = page.locator(".data-rows tr[data-lit]")
    expect(lit).to_have_count(0)

    row.get_by_role("button", name="3", exact=True).focus()
    assert middle_of(ring) == pytest.approx((x, y), abs=1)

    page.evaluate("document.activeElement.blur()")
    expect(lit).to_have_count(0)
    page.mouse.move(x, y)
    expect(row).to_have_attribute("data-lit", "")
    expect(lit).to_have_count(1)

    row.hover()
    expect(ring).to_have_attribute("r", re.compile("."))
    page.mouse.move(5, 5)
    expect(lit).to_have_count(0)
    expect(ring).not_to_have_attribute("r", re.compile("."))


def test_a_row_of_the_batch_is_marked_by_its_number_in_the_data(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=circles"))
    page = bench.page
    timeline = Timeline(Experiment.from_json(PRESETS["circles"]["document"]))
    bench.press("ArrowRight", (0, 1))
    bench.press("ArrowRight", (0, 2))
    row = int(timeline.batch_rows()[4])
    x, y = plot_point(page, plane(timeline.still()), *timeline.experiment.dataset.raw_inputs[row])

    page.locator(".data-rows tbody tr").nth(4).get_by_role("button", name=str(row + 1), exact=True).focus()

    expect(page.locator(".data-rows tr[data-lit]")).to_have_attribute("data-row", str(row))
    assert middle_of(page.locator(".plane-hover")) == pytest.approx((x, y), abs=1)


def test_a_weight_lights_up_its_name_in_the_optimizer_and_the_other_way_round(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    page = bench.page
    run_steps(bench, 1)
    open_views(bench, "optimizer")
    name = page.get_by_role("region", name="Optimizer", exact=True).get_by_role("combobox", name="Parameter")
    edge = page.locator("#stage-picture svg .edge.pointed[data-ref='layer0.W[0,0]']")
    expect(name).to_have_value("layer0.W[0,0]")

    bench.thing("layer0.W[0,1]").focus()
    expect(name).not_to_have_attribute("data-lit", "")
    bench.thing("layer0.W[0,0]").focus()
    expect(name).to_have_attribute("data-lit", "")

    page.evaluate("document.activeElement.blur()")
    expect(name).not_to_have_attribute("data-lit", "")
    expect(edge).to_have_count(0)
    name.hover()
    expect(edge).to_have_count(1)
    expect(name).to_have_attribute("data-lit", "")


def test_the_row_on_show_lights_up_its_inputs_and_target_and_no_other_row_does(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    page = bench.page
    on_show = page.locator(".data-rows tbody tr[data-current]")
    lit = page.locator("#stage-picture svg .pointed")
    row = on_show.get_attribute("data-row")

    on_show.hover()
    expect(lit).to_have_count(3)

    page.locator(f".data-rows tbody tr:not([data-row='{row}'])").first.hover()
    expect(page.locator(f".data-rows tbody tr:not([data-row='{row}'])").first).to_have_attribute("data-lit", "")
    expect(lit).to_have_count(0)


def test_an_input_of_the_network_lights_up_its_row_and_its_point(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=xor"))
    page = bench.page
    on_show = page.locator(".data-rows tbody tr[data-current]")
    ring = page.locator(".plane-hover")
    expect(ring).not_to_have_attribute("r", re.compile("."))

    page.locator("#stage-picture svg [data-ref^='x[']").first.focus()

    expect(on_show).to_have_attribute("data-lit", "")
    expect(ring).to_have_attribute("r", re.compile("."))
