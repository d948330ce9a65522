"""Training at full speed, the loss curve, and a run that diverges."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from engine import PRESETS, Experiment, Timeline
from tests.browser.conftest import OpenPage
from tests.browser.expected import first_telling_row, is_slot, ref
from tests.browser.workbench import Workbench, agrees, numbers_in

SOME_STEPS = "(steps) => Number(document.querySelector('input[aria-label=\"Step of the run\"]').value) > steps"


def timeline_of(preset: str) -> Timeline:
    document: dict[str, Any] = PRESETS[preset]["document"]
    return Timeline(Experiment.from_json(document))


def play_until(bench: Workbench, steps: int) -> None:
    """Train at full speed for at least so many steps, and pause."""
    bench.train_at_full_speed()
    bench.page.wait_for_function(SOME_STEPS, arg=steps)
    bench.page.keyboard.press("Space")
    expect(bench.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    bench.page.wait_for_function("() => document.querySelector('#stage-picture svg').dataset.phase !== ''")


def loss_curve(page: Page) -> Locator:
    """The chart, which is a slider over the steps."""
    return page.get_by_role("slider", name="Step of the loss curve")


def test_full_speed_shows_its_speed_and_a_pause_leaves_a_whole_step(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    speed = bench.page.get_by_role("navigation", name="Through time").get_by_text("steps a second")

    bench.train_at_full_speed()
    expect(speed).to_be_visible()
    bench.page.wait_for_function(SOME_STEPS, arg=200)
    told = int(numbers_in(speed.inner_text().partition("·")[2].replace(",", ""))[0])
    bench.page.keyboard.press("Space")
    expect(speed).to_be_hidden()
    screen = bench.screen()

    timeline = timeline_of("circles")
    step, event = screen.cursor
    timeline.seek(step, event)
    assert told > 100
    assert event == len(timeline.plan) - 1
    assert all(screen.slots.values())
    for place, text in screen.slots.items():
        name, _, index = place.rstrip("]").partition("[")
        if name == "validation_loss":
            # It is measured in the first step of each epoch, and stands there, marked so, until the next time.
            at, loss = timeline.validations()[-1]
            assert agrees(text, loss)
            assert at == step or screen.names[place].endswith(f", measured before step {at + 1}")
            continue
        value = timeline.values[name]
        assert is_slot(place)
        assert agrees(text, float(value[tuple(map(int, index.split(",")))] if index else value)), place


def test_after_a_pause_the_step_can_be_walked_back_and_on(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    play_until(bench, 50)
    step, event = bench.cursor()

    bench.choose_grain("layer")
    bench.press("ArrowLeft", (step, event - 1))
    bench.press("ArrowRight", (step, event))
    bench.press("ArrowRight", (step + 1, 0))

    timeline = timeline_of("xor")
    timeline.seek(step + 1)
    label = bench.thing("layer0.W[0,0]").get_attribute("aria-label") or ""
    assert agrees(numbers_in(label.rpartition(": ")[2])[0], timeline.values["layer0.W"][0, 0])


def test_playing_at_a_grain_of_the_walk_presses_next_by_itself(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=mazur"))
    bench.choose_grain("layer")
    bench.page.get_by_role("combobox", name="Speed").select_option("4×")

    bench.page.get_by_role("button", name="Play", exact=True).click()
    bench.page.wait_for_function(
        "() => Number(document.querySelector('input[aria-label=\"Event of this step\"]').value) >= 3"
    )
    bench.page.get_by_role("button", name="Pause").click()
    step, event = bench.cursor()

    assert step == 0
    timeline = timeline_of("mazur")
    timeline.seek(0, event)
    assert agrees(bench.screen().slots["layer0.z[0,0]"], timeline.values["layer0.z"][0, 0])


def test_a_click_on_the_loss_curve_goes_to_that_step(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    play_until(bench, 50)
    last = bench.cursor()[0]
    bench.page.keyboard.press("l")
    curve = loss_curve(bench.page)
    expect(curve.locator("path.training").first).to_have_attribute("d", re.compile("L"))
    # The scores beside it take their room when they come.
    expect(bench.page.locator("#view-loss .pane-words")).to_contain_text("accuracy")
    box = curve.bounding_box()
    assert box is not None

    bench.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    pointed = int(curve.get_attribute("aria-valuenow") or 0) - 1
    bench.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    bench.wait_for_cursor(pointed, 0)

    assert 0 < pointed < last
    timeline = timeline_of("xor")
    timeline.seek(pointed)
    label = bench.thing("layer1.W[0,1]").get_attribute("aria-label") or ""
    assert agrees(numbers_in(label.rpartition(": ")[2])[0], timeline.values["layer1.W"][0, 1])


def test_the_loss_curve_is_read_and_used_by_keyboard(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    bench.choose_grain("step")
    for step in range(1, 4):
        bench.press("ArrowRight", (step, 0))
    bench.page.keyboard.press("l")
    curve = loss_curve(bench.page)
    curve.focus()

    curve.press("Home")
    first = curve.get_attribute("aria-valuetext") or ""
    curve.press("ArrowRight")
    second = curve.get_attribute("aria-valuetext") or ""
    curve.press("Enter")
    bench.wait_for_cursor(1, 0)

    losses = timeline_of("xor")
    losses.run(2)
    told = [numbers_in(text.partition("loss")[2])[0] for text in (first, second)]
    assert all(map(agrees, told, losses.history("loss")))


def test_home_and_end_go_to_the_ends_of_the_run(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    bench.choose_grain("step")
    for step in range(1, 4):
        bench.press("ArrowRight", (step, 0))
    timeline = timeline_of("xor")

    bench.press("Home", (0, 0))
    known_at_the_beginning = bench.screen().known()
    bench.press("End", (3, len(timeline.plan) - 1))

    assert known_at_the_beginning == set()
    timeline.seek(3, len(timeline.plan) - 1)
    assert agrees(bench.screen().slots["loss[]"], timeline.values["loss"].item())
    assert ref("layer0.delta", first_telling_row(timeline), 1) in bench.screen().known()


def test_a_run_that_diverges_names_parameter_and_step_and_can_be_taken_back(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=neuron"))
    bench.learning_rate().fill("5")
    bench.learning_rate().press("Enter")
    bench.learning_rate().press("Escape")
    bench.page.evaluate("document.activeElement.blur()")
    timeline = timeline_of("neuron")
    timeline.edit("learning_rate", 5.0)
    timeline.run(1000)
    divergence = timeline.divergence
    assert divergence is not None

    bench.train_at_full_speed()
    banner = bench.page.get_by_role("alert").filter(has_text=f"diverges at step {divergence.step + 1}")
    expect(banner).to_be_visible()
    expect(banner).to_contain_text(re.compile(r"(weight|bias)\w* of (neuron 1 of )?layer 1"))
    expect(banner).to_contain_text("learning rate 5")
    told, _, story = banner.locator("p").inner_text().partition(" The loss has risen")
    here = bench.cursor()

    assert here[0] == divergence.step
    assert re.findall(r"step (\d+)", told) == [str(divergence.step + 1)], "people count steps from 1"
    assert story == divergence.cause.partition(" The loss has risen")[2].replace("inf", "∞")
    assert "layer0" not in told, "people count layers from 1"
    bench.page.get_by_role("button", name="Go back one step").press("Enter")
    back = (here[0], 0) if here[1] > 0 else (here[0] - 1, 0)
    bench.wait_for_cursor(*back)
    expect(banner).to_be_hidden()
    before = bench.thing("layer0.W[0,0]").get_attribute("aria-label") or ""
    timeline.seek(*back)
    assert agrees(numbers_in(before.rpartition(": ")[2])[0], timeline.values["layer0.W"][0, 0])
