"""A training step, forward and back by keyboard alone, at every grain, with every number held against the engine."""

from collections.abc import Sequence
from typing import Any

import pytest

from engine import PRESETS, Experiment, Timeline
from tests.browser.conftest import OpenPage
from tests.browser.expected import Grain, Rest, first_telling_row, rests_of_step
from tests.browser.workbench import Screen, Workbench, agrees, numbers_in

GRAINS: tuple[Grain, ...] = ("term", "neuron", "layer", "phase", "step")
ACTIVE_REF = "() => document.activeElement.dataset?.ref ?? document.activeElement.tagName"


def timeline_of(preset: str) -> Timeline:
    document: dict[str, Any] = PRESETS[preset]["document"]
    return Timeline(Experiment.from_json(document))


def differences(screen: Screen, rest: Rest) -> list[str]:
    """What the screen shows that it should not, and the other way round; a sentence each."""
    found = []
    if screen.cursor != rest.cursor:
        found.append(f"the page stands at {screen.cursor}, the engine at {rest.cursor}")
    for ref in sorted(screen.known() | set(rest.slots)):
        text = screen.slots.get(ref, "")
        if ref not in rest.slots:
            found.append(f"the slot {ref} shows {text} before it is computed")
        elif not agrees(text, rest.slots[ref]):
            found.append(f"the slot {ref} shows {text!r} for {rest.slots[ref]!r}")
    for ref, name in screen.names.items():
        said = numbers_in(name.rpartition(": ")[2])
        if ref in rest.slots and not (said and agrees(said[0], rest.slots[ref])):
            found.append(f"the slot {ref} is called {name!r} for {rest.slots[ref]!r}")
        elif ref not in rest.slots and "not computed yet" not in name:
            found.append(f"the empty slot {ref} is called {name!r}")
    for ref, text in screen.notes:
        values = rest.planned if text.startswith("→") else rest.numbers
        if ref not in values:
            found.append(f"{text!r} stands at {ref}, which is not computed yet")
        elif not agrees(text.lstrip("→ "), values[ref]):
            found.append(f"{text!r} stands at {ref} for {values[ref]!r}")
    for ref in sorted(set(screen.shares) | set(rest.shares)):
        text, value = screen.shares.get(ref, "nothing"), rest.shares.get(ref)
        if value is None or not agrees(text, value):
            found.append(f"{text!r} is the share of the sample at {ref} for {value!r}")
    return found + differences_in_places(screen, rest)


def differences_in_places(screen: Screen, rest: Rest) -> list[str]:
    found = []
    wanted = {**rest.tokens, **rest.stacks}
    for place in sorted(set(screen.places) | set(wanted)):
        shown = [number for text in screen.places.get(place, ()) for number in numbers_in(text)]
        values: Sequence[float] = wanted.get(place, ())
        if not values:
            found.append(f"{shown} stands on {place}, where nothing travels")
        elif place in rest.stacks and len(shown) != len(values):
            found.append(f"{shown} is stacked on {place} for {values}")
        # A product may stand alone where there is no room for its factors.
        elif len(shown) not in (1, len(values)) or not all(map(agrees, shown, values[-len(shown) :])):
            found.append(f"{shown} travels on {place} for {values}")
    return found


@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("preset", ["mazur", "xor"])
def test_every_number_of_a_step_is_the_engines_forward_and_back(open_page: OpenPage, preset: str, grain: Grain) -> None:
    page = open_page(f"/?preset={preset}")
    bench = Workbench(page)
    bench.choose_grain(grain)
    timeline = timeline_of(preset)
    rests = rests_of_step(timeline, grain)
    found = [f"before anything: {each}" for each in differences(bench.screen(), rests[0])]
    sentences = [bench.screen().status]

    for number, rest in enumerate(rests[1:], start=1):
        bench.press("ArrowRight", rest.cursor)
        screen = bench.screen()
        sentences.append(screen.status)
        found += [f"→ {number}, “{screen.status}”: {each}" for each in differences(screen, rest)]
    for number, rest in reversed(list(enumerate(rests[:-1]))):
        bench.press("ArrowLeft", rest.cursor)
        screen = bench.screen()
        found += [f"← {number}, “{screen.status}”: {each}" for each in differences(screen, rest)]
        if number > 0 and screen.status != sentences[number]:
            found.append(f"← {number}: “{screen.status}” is said where “{sentences[number]}” was")

    assert not found, "\n".join(found[:40])


@pytest.mark.parametrize("preset", ["mazur", "xor"])
def test_a_clicker_walks_on_while_the_focus_stays_on_a_neuron(open_page: OpenPage, preset: str) -> None:
    page = open_page(f"/?preset={preset}")
    bench = Workbench(page)
    bench.choose_grain("layer")
    timeline = timeline_of(preset)
    focus = f"layer0.z[{first_telling_row(timeline)},0]"
    rests = rests_of_step(timeline, "layer")
    bench.thing(focus).focus()
    focused = []

    for rest in rests[1:]:
        bench.press("PageDown", rest.cursor)
        focused.append(page.evaluate(ACTIVE_REF))
    for rest in reversed(rests[:-1]):
        bench.press("PageUp", rest.cursor)
        focused.append(page.evaluate(ACTIVE_REF))

    assert set(focused) == {focus}


def test_the_focus_stays_on_the_button_that_is_pressed_by_keyboard(open_page: OpenPage) -> None:
    page = open_page("/?preset=mazur")
    bench = Workbench(page)
    bench.choose_grain("layer")
    rests = rests_of_step(timeline_of("mazur"), "layer")
    page.get_by_role("button", name="Next").focus()
    focused = []

    for rest in rests[1:]:
        bench.press("Enter", rest.cursor)
        focused.append(page.evaluate("document.activeElement.textContent"))

    assert set(focused) == {"Next →"}


def test_keys_pressed_faster_than_the_server_answers_are_all_taken(open_page: OpenPage) -> None:
    page = open_page("/?preset=mazur")
    bench = Workbench(page)
    bench.choose_grain("layer")

    for _ in range(9):
        page.keyboard.press("ArrowRight")
    bench.wait_for_cursor(0, 9)
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    bench.wait_for_cursor(0, 5)

    rests = rests_of_step(timeline_of("mazur"), "layer")
    assert differences(bench.screen(), rests[5]) == []


@pytest.mark.parametrize("grain", ["term", "neuron", "layer"])
def test_shift_and_an_arrow_go_by_phases_at_any_grain(open_page: OpenPage, grain: Grain) -> None:
    page = open_page("/?preset=mazur")
    bench = Workbench(page)
    bench.choose_grain(grain)
    # The last event of a phase is shown as its last rest is at the chosen grain.
    last_rests = {rest.cursor: rest for rest in rests_of_step(timeline_of("mazur"), grain)}
    rests = [last_rests[rest.cursor] for rest in rests_of_step(timeline_of("mazur"), "phase")]
    found = []

    for rest in rests[1:]:
        bench.press("Shift+ArrowRight", rest.cursor)
        found += differences(bench.screen(), rest)
    for rest in reversed(rests[:-1]):
        bench.press("Shift+ArrowLeft", rest.cursor)
        found += differences(bench.screen(), rest)

    assert found == []


def test_mazurs_numbers_stand_on_the_screen(open_page: OpenPage) -> None:
    """The loss and the first new weight of his page, as eight digits tell them."""
    page = open_page("/?preset=mazur")
    bench = Workbench(page)
    bench.choose_grain("layer")
    rests = rests_of_step(timeline_of("mazur"), "layer")

    for rest in rests[1:-1]:
        bench.press("ArrowRight", rest.cursor)

    names = bench.screen().names
    assert names["loss[]"].endswith("0.29837111")
    assert "next value 0.14978072" in (bench.thing("layer0.W[0,0]").get_attribute("aria-label") or "")
    assert "next value 0.35891648" in (bench.thing("layer1.W[0,0]").get_attribute("aria-label") or "")
