"""The view of the loss: its curves by steps and epochs, its marks, and the scores at the moment of the cursor."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from engine import PRESETS, Experiment, Timeline
from engine.scores import scores
from tests.browser.conftest import OpenPage, Theme
from tests.browser.test_accessible import violations
from tests.browser.workbench import Workbench, agrees, numbers_in

SOME_STEPS = "(steps) => Number(document.querySelector('input[aria-label=\"Step of the run\"]').value) > steps"
COUNTS = """() => [...document.querySelectorAll("#view-loss .confusion tbody tr")]
  .map((row) => [...row.querySelectorAll("td")].map((cell) => Number(cell.textContent)))"""
CELLS = """(name) => [...document.querySelectorAll(`#${name} .pane-twin tbody tr`)]
  .map((row) => [...row.cells].map((cell) => cell.textContent))"""


def timeline_of(preset: str, steps: int = 0) -> Timeline:
    document: dict[str, Any] = PRESETS[preset]["document"]
    timeline = Timeline(Experiment.from_json(document))
    timeline.run(steps)
    return timeline


def view(page: Page) -> Locator:
    return page.get_by_role("region", name="Loss", exact=True)


def open_view(page: Page) -> Locator:
    page.keyboard.press("2")
    view(page).get_by_role("button", name="Close").wait_for()
    return view(page)


def trained(bench: Workbench, steps: int) -> int:
    """Train for at least so many steps, and pause; how many there are then."""
    bench.train_at_full_speed()
    bench.page.wait_for_function(SOME_STEPS, arg=steps)
    bench.page.keyboard.press("Space")
    expect(bench.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    bench.page.wait_for_function("() => document.querySelector('#stage-picture svg').dataset.phase !== ''")
    return bench.cursor()[0]


def check_scores(here: Locator, timeline: Timeline) -> None:
    """The accuracy and the table of classes are those of the engine at its cursor."""
    found = scores(timeline.still())
    for name, score in (("training", found.training), ("validation", found.validation)):
        assert score is not None
        assert score.accuracy is not None
        assert score.confusion is not None
        choice = here.get_by_role("button", name=re.compile(f"^{name} "))
        choice.click()
        expect(choice).to_have_attribute("aria-pressed", "true")
        counts = json.dumps(score.confusion.tolist(), separators=(",", ":"))
        here.page.wait_for_function(f"(counts) => JSON.stringify(({COUNTS})()) === counts", arg=counts)
        (shown,) = numbers_in(choice.inner_text())
        assert agrees(shown, 100 * score.accuracy)


def test_the_scores_are_those_of_the_moment_of_the_cursor(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    here = open_view(bench.page)
    last = trained(bench, 200)
    timeline = timeline_of("circles")

    timeline.seek(last)
    sentence = here.locator(".pane-words")
    validation = scores(timeline.still()).validation
    assert validation is not None
    assert validation.accuracy is not None
    expect(sentence).to_contain_text("; validation accuracy")
    assert agrees(numbers_in(sentence.inner_text())[-1], 100 * validation.accuracy)
    check_scores(here, timeline)

    bench.page.keyboard.press("Home")
    bench.wait_for_cursor(0, 0)
    timeline.seek(0)
    expect(here.locator(".score-more")).to_contain_text("50 rows")
    check_scores(here, timeline)


def test_the_best_epoch_is_named_and_its_button_goes_there(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    here = open_view(bench.page)
    last = trained(bench, 200)
    timeline = timeline_of("circles")
    timeline.seek(last, 1)
    step, loss = min(timeline.validations(), key=lambda point: point[1])
    button = here.get_by_role("button", name="best: epoch")
    expect(button).to_have_text(f"best: epoch {step // timeline.steps_per_epoch + 1}")

    told = here.locator(".pane-words").inner_text().partition("validation lowest")[2]
    button.click()
    bench.wait_for_cursor(step, 0)

    assert agrees(numbers_in(told)[0], loss)


def test_by_epochs_the_curve_has_their_means(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    here = open_view(bench.page)
    timeline = timeline_of("circles", 45)
    length = timeline.steps_per_epoch
    bench.run_to(3 * length)

    here.get_by_role("button", name="Per epoch").click()
    curve = bench.page.get_by_role("slider", name="Epoch of the loss curve")
    curve.press("Home")
    first = curve.get_attribute("aria-valuetext") or ""
    curve.press("ArrowRight")
    second = curve.get_attribute("aria-valuetext") or ""
    curve.press("Enter")
    bench.wait_for_cursor(length, 0)

    losses = timeline.history("loss")
    for epoch, told in enumerate((first, second)):
        number, mean, validation = numbers_in(told)
        assert number == str(epoch + 1)
        assert agrees(mean, losses[epoch * length : (epoch + 1) * length].mean())
        assert agrees(validation, timeline.validations()[epoch][1])


def test_an_edit_is_marked_on_the_curve_and_its_mark_goes_there(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    here = open_view(bench.page)
    bench.choose_grain("step")
    for step in range(1, 4):
        bench.press("ArrowRight", (step, 0))
    bench.learning_rate().fill("0.5")
    bench.learning_rate().press("Enter")
    bench.page.evaluate("document.activeElement.blur()")
    for step in range(4, 6):
        bench.press("ArrowRight", (step, 0))

    mark = here.get_by_role("button", name="η 1 → 0.5")
    expect(mark).to_have_accessible_name("η 1 → 0.5, go to step 4")
    mark.click()

    bench.wait_for_cursor(3, 0)


def test_the_run_that_an_edit_dropped_stays_to_be_seen(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    here = open_view(bench.page)
    trained(bench, 50)
    bench.page.keyboard.press("Home")
    bench.wait_for_cursor(0, 0)

    bench.learning_rate().fill("0.5")
    bench.learning_rate().press("Enter")

    expect(here.locator(".names text").filter(has_text="before the edit")).to_be_visible()
    expect(here.locator("path.ghost").first).to_have_attribute("d", re.compile("^M"))


def test_the_table_has_every_loss_of_the_engine(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    here = open_view(bench.page)
    bench.choose_grain("step")
    for step in range(1, 4):
        bench.press("ArrowRight", (step, 0))
    timeline = timeline_of("circles", 3)

    here.get_by_role("button", name="Table").click()
    rows = bench.page.evaluate(CELLS, "view-loss")

    assert [row[0] for row in rows] == ["1", "2", "3"]
    assert all(agrees(row[1], loss) for row, loss in zip(rows, timeline.history("loss"), strict=True))
    assert agrees(rows[0][2], timeline.validations()[0][1])


def test_the_curve_has_a_logarithmic_axis_when_it_is_asked_for(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    here = open_view(bench.page)
    trained(bench, 300)
    linear = here.locator(".tick-y").all_text_contents()

    here.get_by_role("button", name="Log y").click()
    expect(here.get_by_role("button", name="Log y")).to_have_attribute("aria-pressed", "true")

    names = here.locator(".tick-y").all_text_contents()
    assert "0" in linear
    assert "0" not in names
    assert len(names) >= 2


def test_where_there_is_little_room_curve_and_scores_take_turns(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    here = open_view(bench.page)
    bench.page.keyboard.press("4")
    bench.page.keyboard.press("1")
    scores_ = here.get_by_role("region", name="Scores at this moment")
    expect(scores_).to_be_hidden()

    here.get_by_role("button", name="Scores", exact=True).click()

    expect(scores_).to_be_visible()
    expect(bench.page.get_by_role("slider", name="Step of the loss curve")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("enlarged", [False, True])
def test_axe_finds_nothing_in_the_view_of_the_loss(open_page: OpenPage, theme: Theme, enlarged: bool) -> None:
    bench = Workbench(open_page("/?preset=circles", theme=theme))
    here = open_view(bench.page)
    bench.choose_grain("step")
    bench.press("ArrowRight", (1, 0))
    bench.page.keyboard.press("]")
    expect(bench.learning_rate()).to_have_value("0.5")
    bench.press("ArrowRight", (2, 0))
    here.get_by_role("button", name="η 0.3 → 0.5").wait_for()
    if enlarged:
        here.get_by_role("button", name="Larger").click()
        here.get_by_role("button", name="Smaller").wait_for()

    found = violations(bench.page)

    assert not found, "\n".join(found)
