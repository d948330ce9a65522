"""The plane on the screen: its numbers are the engine's, and points are read, added, moved, fed and removed there."""

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from engine import PRESETS, Experiment, Timeline
from engine.plane import Plane, plane
from engine.scores import scores
from tests.browser.conftest import OpenPage, Theme
from tests.browser.test_accessible import violations
from tests.browser.workbench import Workbench, agrees, numbers_in

SOME_STEPS = "(steps) => Number(document.querySelector('input[aria-label=\"Step of the run\"]').value) > steps"
IS_DRAWN = """() => {
  const [base] = document.querySelectorAll(".plane-figure canvas");
  return base && base.width > 0 && base.getContext("2d").getImageData(base.width / 3, base.height / 3, 1, 1).data[3] > 0;
}"""
MAPS = """() => {
  const canvas = document.querySelector(".stage-maps");
  const chips = [...document.querySelectorAll("#stage-picture .nodes .node.neuron .chip-body")];
  const host = canvas.getBoundingClientRect();
  const density = canvas.width / host.width;
  return chips.map((chip) => {
    const { x, y, width, height } = chip.getBoundingClientRect();
    const at = [x + width / 2 - host.x, y + height / 2 - host.y].map((each) => Math.round(each * density));
    return canvas.getContext("2d").getImageData(...at, 1, 1).data[3];
  });
}"""


def timeline_of(preset: str) -> Timeline:
    document: dict[str, Any] = PRESETS[preset]["document"]
    return Timeline(Experiment.from_json(document))


def open_plane(page: Page) -> Workbench:
    """A workbench with the plane open and drawn."""
    bench = Workbench(page)
    page.keyboard.press("1")
    page.wait_for_function(IS_DRAWN)
    return bench


def pane(page: Page) -> Any:
    return page.get_by_role("region", name="Plane", exact=True)


def plot_point(page: Page, found: Plane, x: float, y: float) -> tuple[float, float]:
    """Where numbers of the plane stand on the screen."""
    box = page.locator(".plane-axes rect").bounding_box()
    assert box is not None
    across = (x - found.x[0]) / (found.x[-1] - found.x[0])
    up = (y - found.y[0]) / (found.y[-1] - found.y[0])
    return box["x"] + across * box["width"], box["y"] + (1 - up) * box["height"]


def tool(page: Page, name: str) -> None:
    pane(page).get_by_role("button", name=name, exact=True).click()


def test_the_sentence_is_the_score_of_the_engine(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=circles"))

    scored = scores(timeline_of("circles").still()).training
    assert scored.accuracy is not None
    wrong = round((1 - scored.accuracy) * scored.rows)
    words = f"{wrong} of {scored.rows} training points are on the wrong side; training accuracy {scored.accuracy:.1%}"
    expect(bench.page.locator(".pane-plane .pane-words")).to_contain_text(words.replace("%", "\u00a0%"))


def test_the_pointer_reads_the_output_of_the_engine(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=circles"))
    found = plane(timeline_of("circles").still())
    column, row = 12, 33

    bench.page.mouse.move(*plot_point(bench.page, found, found.x[column], found.y[row]))
    reader = bench.page.locator(".plane-reader")
    expect(reader).to_contain_text("→")

    x, y, output = numbers_in(reader.inner_text().rpartition(" · ")[2].rpartition(",")[0])
    assert agrees(x, found.x[column])
    assert agrees(y, found.y[row])
    assert agrees(output, found.outputs[0, row, column])


def test_a_step_repaints_the_plane_and_a_step_back_brings_it_back(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=xor"))
    bench.choose_grain("step")
    timeline = timeline_of("xor")
    found = plane(timeline.still())
    bench.page.mouse.move(*plot_point(bench.page, found, found.x[5], found.y[44]))
    reader = bench.page.locator(".plane-reader")
    before = reader.inner_text()

    bench.press("ArrowRight", (1, 0))
    expect(reader).not_to_have_text(before)
    timeline.seek(1)
    output = numbers_in(reader.inner_text().rpartition("→")[2])[0]
    assert agrees(output, plane(timeline.still()).outputs[0, 44, 5])

    bench.press("ArrowLeft", (0, 0))
    expect(reader).to_have_text(before)


def test_a_press_on_a_point_of_the_batch_selects_it_and_shows_it_on_the_stage(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=circles"))
    bench.choose_grain("layer")
    bench.press("ArrowRight", (0, 1))
    bench.press("ArrowRight", (0, 2))
    timeline = timeline_of("circles")
    row = int(timeline.batch_rows()[4])
    raw = timeline.experiment.dataset.raw_inputs[row]

    bench.page.mouse.click(*plot_point(bench.page, plane(timeline.still()), *raw))

    expect(bench.page.locator("#stage-picture")).to_contain_text("sample 5 of 10")
    expect(bench.page.locator(".plane-selected")).to_have_attribute("r", re.compile(r"\d"))


def test_points_are_added_moved_and_removed_by_keyboard(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=circles"))
    page = bench.page
    tool(page, "Add")
    over = page.locator(".plane-over")
    over.focus()

    for key in [*["Shift+ArrowRight"] * 6, *["Shift+ArrowUp"] * 4]:
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    expect(page.locator(".pane-plane .pane-words")).to_contain_text("of 151 training points")
    page.keyboard.press("Enter")
    expect(page.locator(".plane-ghost")).to_have_attribute("d", re.compile("M"))
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator(".plane-ghost")).not_to_have_attribute("d", re.compile("M"))
    tool(page, "Table")
    expect(pane(page).get_by_role("row")).to_have_count(101)
    tool(page, "Table")
    over.focus()
    page.keyboard.press("Delete")

    expect(page.locator(".pane-plane .pane-words")).to_contain_text("of 150 training points")


def test_the_point_that_is_added_is_where_it_was_put_and_of_the_class_chosen(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=xor"))
    page = bench.page
    tool(page, "Add")
    pane(page).get_by_role("button", name="false").click()
    found = plane(timeline_of("xor").still())

    page.mouse.click(*plot_point(page, found, 0.5, 0.75))
    expect(page.locator(".pane-plane .pane-words")).to_contain_text("of 5 training points")
    tool(page, "Table")

    cells = pane(page).get_by_role("row").last.get_by_role("cell").all_inner_texts()
    assert abs(float(cells[0]) - 0.5) < 0.02
    assert abs(float(cells[1]) - 0.75) < 0.02
    assert cells[2] == "false"


def test_a_point_is_dragged_while_training_goes_on(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=xor"))
    page = bench.page
    tool(page, "Add")
    page.evaluate("document.activeElement.blur()")
    found = plane(timeline_of("xor").still())
    bench.train_at_full_speed()
    page.wait_for_function(SOME_STEPS, arg=20)

    page.mouse.move(*plot_point(page, found, 1.0, 1.0))
    page.mouse.down()
    page.mouse.move(*plot_point(page, found, 0.75, 0.8), steps=8)
    page.mouse.move(*plot_point(page, found, 0.5, 0.5), steps=8)
    page.mouse.up()
    expect(page.locator(".plane-ghost")).not_to_have_attribute("d", re.compile("M"))

    step = bench.cursor()[0]
    page.wait_for_function(SOME_STEPS, arg=step + 20)
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    expect(page.locator(".pane-plane .pane-words")).to_contain_text("of 4 training points")
    tool(page, "Table")
    cells = pane(page).get_by_role("row").last.get_by_role("cell").all_inner_texts()
    assert abs(float(cells[0]) - 0.5) < 0.02
    assert abs(float(cells[1]) - 0.5) < 0.02


def test_feeding_a_point_is_one_training_step(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=circles"))
    page = bench.page
    found = plane(timeline_of("circles").still())
    tool(page, "Feed")
    pane(page).get_by_role("button", name="outer").click()

    page.mouse.click(*plot_point(page, found, 1.2, 1.2))
    bench.wait_for_cursor(1, 0)

    expect(page.locator(".pane-plane .pane-words")).to_contain_text("of 151 training points")


def test_the_network_asks_for_a_label_and_learns_from_the_answer(open_page: OpenPage) -> None:
    page = open_plane(open_page("/?preset=circles")).page
    tool(page, "Ask for a label")
    question = page.get_by_role("group", name="Class of the point marked with a question mark")
    expect(question).to_contain_text("Which class is it")
    expect(page.locator(".plane-asked")).to_be_visible()

    question.get_by_role("button", name="inner").click()

    expect(page.locator(".pane-plane .pane-words")).to_contain_text("of 151 training points")
    expect(question).to_be_hidden()


def test_a_neuron_that_is_selected_is_shown_large_and_there_is_a_way_back(open_page: OpenPage) -> None:
    bench = open_plane(open_page("/?preset=xor"))
    page = bench.page
    bench.thing("layer0.z[1,1]").click()
    expect(pane(page).get_by_text("neuron 2 of layer 1").first).to_be_visible()

    found = plane(timeline_of("xor").still())
    page.mouse.move(*plot_point(page, found, found.x[10], found.y[20]))
    expect(page.locator(".plane-reader")).to_contain_text("neuron 2 of layer 1")
    told = numbers_in(page.locator(".plane-reader").inner_text())[-1]
    assert agrees(told, found.neurons[0][1, 20, 10])

    pane(page).get_by_role("button", name="Back to the output").click()
    expect(pane(page).get_by_role("button", name="Back to the output")).to_be_hidden()


def test_every_neuron_of_the_stage_has_a_map(open_page: OpenPage) -> None:
    page = open_plane(open_page("/?preset=circles")).page
    page.wait_for_function("() => document.querySelector('.stage-canvas.has-maps') !== null")

    opaque = page.evaluate(MAPS)

    assert len(opaque) == 7
    assert all(opaque)


def test_the_hidden_space_shows_the_same_points(open_page: OpenPage) -> None:
    page = open_plane(open_page("/?preset=circles")).page

    tool(page, "Hidden space")

    expect(page.locator(".plane-axes .name").first).to_have_text("neuron 1 of layer 2")
    expect(page.locator(".pane-plane .pane-words")).to_contain_text("The output layer can only cut straight.")


def test_the_table_has_the_rows_of_the_engine(open_page: OpenPage) -> None:
    page = open_plane(open_page("/?preset=circles")).page
    tool(page, "Table")

    dataset = timeline_of("circles").experiment.dataset
    listed = pane(page).get_by_role("row")
    expect(listed).to_have_count(101)
    cells = listed.nth(3).get_by_role("cell").all_inner_texts()
    assert all(map(agrees, cells[:2], dataset.raw_inputs[2]))
    assert cells[2] == dataset.class_names[int(dataset.targets[2, 0])]
    assert cells[4] in ("right", "wrong")


def test_inputs_are_chosen_where_there_are_more_than_two(open_page: OpenPage) -> None:
    page = Workbench(open_page("/?preset=house_prices")).page
    page.keyboard.press("1")
    page.wait_for_function(IS_DRAWN)

    pane(page).get_by_role("combobox", name="Input up").select_option("age")

    expect(page.locator(".plane-axes .name").last).to_have_text("age")
    means = timeline_of("house_prices").experiment.dataset.raw_inputs.mean(axis=0)
    words = page.locator(".pane-plane .pane-words")
    expect(words).to_contain_text("rooms = ")
    assert agrees(numbers_in(words.inner_text().rpartition("=")[2].rstrip("."))[0], float(np.asarray(means)[1]))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_plane_breaks_no_rule_of_accessibility(open_page: OpenPage, theme: Theme) -> None:
    bench = open_plane(open_page("/?preset=circles", theme=theme))
    tool(bench.page, "Add")

    assert violations(bench.page) == []
    tool(bench.page, "Table")
    assert violations(bench.page) == []
