"""The landscape on the screen: its numbers are the engine's, and its places and steps can be gone to."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, Route, expect

from engine import PRESETS, Experiment, Timeline
from engine.landscape import losses, parameter_axes
from tests.browser.conftest import OpenPage, Theme
from tests.browser.page_watch import PageWatch
from tests.browser.test_accessible import violations
from tests.browser.workbench import Workbench, agrees, numbers_in

READY = ".pane-landscape[data-drawn={}]:not([data-waits])"
LABELS = """() => [...document.querySelectorAll(".landscape-chart .contourlabels text")]
  .map((each) => [Number(each.dataset.level), each.textContent])"""
TICKS = "() => [...document.querySelectorAll('.landscape-map .tick')].map((each) => each.textContent)"
FILLS = "() => new Set([...document.querySelectorAll('.contourfill path')].map((each) => each.style.fill)).size"
HERE = """() => {
  const circle = document.querySelector('.landscape-map .here').getBoundingClientRect();
  const frame = document.querySelector('.landscape-map > .frame').getBoundingClientRect();
  const [x, y] = [circle.x + circle.width / 2, circle.y + circle.height / 2];
  return [(x - frame.x) / frame.width, 1 - (y - frame.y) / frame.height];
}"""
LABELS_UNDER_THE_PATH = """() => {
  const path = document.querySelector('.landscape-map .walked');
  const frame = document.querySelector('.landscape-map > .frame').getBoundingClientRect();
  const labels = [...document.querySelectorAll('.landscape-chart .contourlabels text')]
    .map((label) => [label, label.getBoundingClientRect()]);
  const places = Array.from({length: 1 + Math.floor(path.getTotalLength() / 2)}, (_, k) => path.getPointAtLength(2 * k));
  const isUnder = ([_, {left, right, top, bottom}]) => places.some(({x, y}) =>
    left < frame.x + x && frame.x + x < right && top < frame.y + y && frame.y + y < bottom);
  return labels.filter(isUnder).map(([label, _]) => getComputedStyle(label).visibility);
}"""
WALKED = "() => document.querySelector('.landscape-map .walked').getAttribute('d')"
WALKED_ON = "(before) => document.querySelector('.landscape-map .walked').getAttribute('d') !== before"
REACHED = "(step) => Number(document.querySelector('input[aria-label=\"Step of the run\"]').value) === step"


def timeline_of(preset: str) -> Timeline:
    document: dict[str, Any] = PRESETS[preset]["document"]
    return Timeline(Experiment.from_json(document))


def open_landscape(page: Page) -> Workbench:
    """A workbench with the landscape open and drawn."""
    bench = Workbench(page)
    page.keyboard.press("3")
    page.locator(READY.format("contours")).wait_for()
    page.wait_for_function("() => document.querySelector('.contourlabels text[data-level], .contourfill path')")
    return bench


def sentence(page: Page) -> Locator:
    return page.locator(".pane-landscape .pane-words")


def map_of(page: Page) -> Locator:
    return page.get_by_role("application", name="Map of the loss")


def walk(bench: Workbench, steps: int) -> None:
    bench.choose_grain("step")
    for step in range(1, steps + 1):
        bench.page.keyboard.press("ArrowRight")
        bench.page.wait_for_function(REACHED, arg=step)


def table_rows(page: Page) -> list[list[str]]:
    cells: list[list[str]] = page.evaluate(
        "() => [...document.querySelectorAll('.pane-landscape tbody tr')]"
        ".map((row) => [...row.cells].map((cell) => cell.textContent))"
    )
    return cells


def test_the_loss_here_and_the_lowest_are_the_engines(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))
    timeline = timeline_of("xor")
    still = timeline.still()
    axes = parameter_axes(still, ("layer0.W", (0, 0)), ("layer0.W", (0, 1)))

    here, lowest, u, v = (
        value for value in numbers_in(re.sub(r"w\S+ = ", "", sentence(bench.page).inner_text().replace("−g", "g")))
    )

    found = losses(still, axes, np.array([float(u)]), np.array([float(v)]), over="training")
    assert found is not None
    assert agrees(lowest, found[0, 0])
    timeline.run_to_end_of_step()
    assert agrees(here, float(timeline.values["loss"]))


def test_contours_are_labelled_with_losses_of_the_legend(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=house_prices"))
    bench.page.wait_for_function("() => document.querySelector('.contourlabels text[data-level]')")

    labels = sorted(bench.page.evaluate(LABELS))

    losses_ = [float(loss) for _, loss in labels]
    assert len(losses_) > 2
    assert losses_ == sorted(losses_)
    assert min(losses_) > 40_000  # half the square of a price of some hundreds, far from its minimum
    assert bench.page.evaluate(FILLS) > 3


def test_a_number_on_a_contour_is_whole_or_gives_way_to_the_path(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=circles"))
    bench.page.keyboard.press("v")
    under: list[str] = []

    # A number lies under such a path sooner or later.
    for goal in (300, 400, 500, 700):
        before = bench.page.evaluate(WALKED)
        bench.run_to(goal)
        bench.page.wait_for_function(WALKED_ON, arg=before)
        under += bench.page.evaluate(LABELS_UNDER_THE_PATH)

    assert set(under) == {"hidden"}


def test_the_point_stands_at_its_weights(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=neuron"))

    across, up = bench.page.evaluate(HERE)

    # w = −0.5 between −2 and 1, b = 0 between −1.6 and 1.6.
    assert (across, up) == pytest.approx((0.5, 0.5), abs=0.01)


def test_the_way_down_comes_with_the_gradients(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=neuron"))
    expect(sentence(bench.page)).to_contain_text("−g comes with the backward pass")
    expect(bench.page.locator(".landscape-map .down .shaft")).to_have_count(0)
    bench.choose_grain("phase")
    for _ in range(3):
        bench.page.keyboard.press("ArrowRight")

    expect(sentence(bench.page)).to_contain_text("falls fastest: w₁₁ up, b₁ up")
    expect(bench.page.locator(".landscape-map .down .shaft")).to_have_count(1)
    expect(bench.page.locator(".landscape-map .next circle")).to_have_count(1)


def test_the_table_is_the_path(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=neuron"))
    walk(bench, 3)
    timeline = timeline_of("neuron")
    timeline.run(3)
    bench.page.locator(".pane-landscape").get_by_role("button", name="Table").click()

    bench.page.wait_for_function("() => document.querySelectorAll('.pane-landscape tbody tr').length === 3")
    for number, (step, loss, w, b) in enumerate(table_rows(bench.page)):
        timeline.seek(number)
        assert step == str(number + 1)
        assert agrees(loss, timeline.history("loss")[number])
        assert agrees(w.lstrip("+"), timeline.parameters()["layer0.W"][0, 0])
        assert agrees(b.lstrip("+"), timeline.parameters()["layer0.b"][0])


def test_a_place_of_the_path_is_gone_to_by_keyboard(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=neuron"))
    walk(bench, 4)
    slider = bench.page.get_by_role("slider", name="Step of the path")
    expect(slider).to_have_attribute("aria-valuemax", "4")
    slider.focus()

    bench.page.keyboard.press("Home")
    bench.page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("step 2, loss "))
    expect(sentence(bench.page)).to_contain_text("step 2: the loss of its batch was")
    bench.page.keyboard.press("Enter")

    bench.page.wait_for_function(REACHED, arg=1)


def test_a_place_of_the_path_is_gone_to_by_a_click(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=neuron"))
    walk(bench, 4)
    expect(bench.page.get_by_role("slider", name="Step of the path")).to_have_attribute("aria-valuemax", "4")
    start = bench.page.locator(".landscape-map .dots circle").first.bounding_box()
    assert start is not None

    bench.page.mouse.click(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)

    bench.page.wait_for_function(REACHED, arg=0)


def test_the_crosshair_reads_the_loss_and_puts_the_weights_there(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=neuron"))
    map_of(bench.page).focus()

    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowUp"):
        bench.page.keyboard.press(key)
    w, b, loss = numbers_in(re.sub(r"w₁₁|b₁", "", sentence(bench.page).inner_text()))
    assert agrees(loss, 0.5 * (2 * float(w.replace("−", "-")) + float(b) - 1) ** 2)
    assert bench.status() == sentence(bench.page).inner_text()
    bench.page.keyboard.press("Enter")
    put = bench.page.get_by_role("button", name="Put the weights here")
    expect(put).to_be_focused()
    put.press("Enter")

    expect(put).to_be_hidden()
    expect(sentence(bench.page)).to_contain_text(f"The loss here is {loss}")


def test_a_place_is_let_go_with_escape(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=neuron"))
    map_of(bench.page).focus()
    bench.page.keyboard.press("ArrowRight")

    bench.page.keyboard.press("Escape")

    expect(bench.page.locator(".landscape-map .cross")).to_have_attribute("visibility", "hidden")
    expect(map_of(bench.page)).to_be_focused()


def test_arrows_on_the_page_step_also_after_a_click_on_the_map(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))
    bench.choose_grain("layer")
    box = map_of(bench.page).bounding_box()
    assert box is not None
    # Where it is by the time of the click, once it stands still.
    map_of(bench.page).click(position={"x": 0.3 * box["width"], "y": 0.3 * box["height"]})

    bench.press("ArrowRight", (0, 1))


def test_a_weight_of_the_picture_is_put_on_an_axis(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))
    bench.thing("layer1.W[0,1]").press("Enter")

    bench.page.get_by_role("button", name="Use w₁₂⁽²⁾ up").click()

    expect(bench.page.locator(".landscape-map .axis.up")).to_have_text("w₁₂⁽²⁾")
    expect(bench.page.get_by_role("combobox", name="Up")).to_have_value("layer1.W[0,1]")
    expect(bench.page.locator(".landscape-map .axis.up")).to_have_attribute("data-lit", "")


def test_an_axis_lights_up_its_weight(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))

    bench.page.locator(".landscape-map .axis.up").hover()

    expect(bench.page.locator(".landscape-map .axis.up")).to_have_attribute("data-lit", "")


def test_directions_can_be_chosen_and_others_asked_for(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))
    bench.page.get_by_role("combobox", name="Axes of the landscape").select_option("random")
    expect(bench.page.locator(".landscape-map .axis.up")).to_have_text("random direction 2")
    before = sentence(bench.page).inner_text()

    bench.page.get_by_role("button", name="Another pair").click()

    expect(sentence(bench.page)).not_to_have_text(before)


def test_principal_directions_need_a_path(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))
    bench.page.get_by_role("combobox", name="Axes of the landscape").select_option("principal")
    expect(bench.page.locator(".landscape-notice")).to_contain_text("three steps")

    walk(bench, 4)

    expect(bench.page.locator(".landscape-map .axis.across")).to_contain_text("direction 1")
    expect(bench.page.locator(".landscape-notice")).to_be_hidden()


def test_the_frame_does_not_jump_while_stepping(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))
    frame = bench.page.evaluate(TICKS)
    walk(bench, 5)

    bench.page.wait_for_function(
        "() => document.querySelector('.landscape-map .steps').getAttribute('aria-valuemax') === '5'"
    )
    assert bench.page.evaluate(TICKS) == frame


def test_the_surface_is_drawn_and_turned(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))
    bench.page.get_by_role("button", name="3-D").click()
    bench.page.locator(READY.format("surface")).wait_for()
    bench.page.wait_for_function("() => document.querySelector('.landscape-chart')._fullLayout?.scene?.camera")
    eye = "() => document.querySelector('.landscape-chart')._fullLayout.scene.camera.eye.x"
    before = bench.page.evaluate(eye)

    bench.page.get_by_role("button", name="Turn left").click()

    bench.page.wait_for_function(f"(before) => ({eye})() !== before", arg=before)
    expect(map_of(bench.page)).to_be_hidden()


def test_what_is_closed_gives_back_what_plotly_holds(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))
    bench.page.keyboard.press("3")

    bench.page.wait_for_function("() => document.querySelector('.landscape-chart').childElementCount === 0")
    bench.page.keyboard.press("3")
    bench.page.wait_for_function("() => document.querySelector('.landscape-chart .contourfill path')")


def test_plotly_comes_when_the_view_is_opened_and_is_asked_for_again_when_it_failed(
    open_page: OpenPage, page_watch: PageWatch
) -> None:
    page_watch.expect("Failed to load resource")
    page = open_page("/?preset=xor")
    bench = Workbench(page)
    assert not page.evaluate("'Plotly' in window")
    failures: list[str] = []

    def fail_once(route: Route) -> None:
        if failures:
            route.continue_()
        else:
            failures.append(route.request.url)
            route.abort()

    page.route("**/plotly.min.js", fail_once)
    bench.page.keyboard.press("3")
    retry = page.get_by_role("button", name="Try again")
    retry.click()

    page.locator(READY.format("contours")).wait_for()
    assert len(failures) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible(open_page: OpenPage, theme: Theme) -> None:
    bench = open_landscape(open_page("/?preset=xor", theme=theme))
    walk(bench, 3)

    assert violations(bench.page) == []
    map_of(bench.page).focus()
    bench.page.keyboard.press("ArrowRight")
    bench.page.keyboard.press("Enter")
    assert violations(bench.page) == []
    bench.page.get_by_role("button", name="3-D").click()
    bench.page.locator(READY.format("surface")).wait_for()
    assert violations(bench.page) == []


def test_the_colours_follow_the_theme(open_page: OpenPage) -> None:
    bench = open_landscape(open_page("/?preset=xor"))
    ground = "() => document.querySelector('.landscape-chart .main-svg').style.background"
    before = bench.page.evaluate(ground)

    bench.page.keyboard.press("d")

    bench.page.wait_for_function(f"(before) => ({ground})() !== before", arg=before)


@pytest.mark.parametrize("kind", ["SVG", "PNG"])
def test_the_picture_can_be_taken_along(open_page: OpenPage, kind: str) -> None:
    bench = open_landscape(open_page("/?preset=xor"))

    with bench.page.expect_download() as download:
        bench.page.get_by_role("button", name=f"Save Landscape as {kind}").click()

    body = download.value.path().read_bytes()
    assert download.value.suggested_filename == f"landscape.{kind.lower()}"
    assert len(body) > 5000
    if kind == "SVG":
        assert b"contourfill" in body or body.count(b"<path") > 10
        assert b"loss" in body
