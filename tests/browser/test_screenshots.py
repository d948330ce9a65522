"""Pictures of every phase and mode, to be looked at by people, in build/screenshots."""

from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from engine import PRESETS, Experiment, Timeline
from tests.browser.conftest import OpenPage
from tests.browser.workbench import Workbench, a_refused_input, dialog, every_disclosure

DIRECTORY: Final = Path(__file__).parents[2] / "build" / "screenshots"
# The size of the screen, and the key that switches the mode on.
MODES: Final[dict[str, tuple[tuple[int, int], str]]] = {
    "light": ((1280, 720), ""),
    "dark": ((1280, 720), "d"),
    "large": ((1920, 1080), ""),
    "projector": ((1920, 1080), "v"),
    "phone": ((390, 844), ""),
}
# What is worth looking at: its name, the kind of the event, the grain, and how often Next is pressed into the event.
MOMENTS: Final = [
    ("01-batch", "batch", "layer", 1),
    ("02-forward-term", "affine", "term", 2),
    ("03-activation", "activation", "neuron", 1),
    ("04-forward-neuron", "affine", "neuron", 1),
    ("05-forward-layer", "activation", "layer", 1),
    ("06-loss-term", "loss", "term", 1),
    ("07-loss", "loss", "layer", 1),
    ("08-loss-gradient", "loss_gradient", "neuron", 1),
    ("09-delta", "activation_gradient", "neuron", 1),
    ("10-weight-gradient-term", "weight_gradient", "term", 2),
    ("11-weight-gradient-neuron", "weight_gradient", "neuron", 1),
    ("12-weight-gradient-mean", "weight_gradient", "layer", 1),
    ("13-propagate-term", "propagate", "term", 1),
    ("14-propagate", "propagate", "layer", 1),
    ("15-backward-done", "weight_gradient", "layer", 1),
    ("16-update-neuron", "update", "neuron", 1),
    ("17-update-layer", "update", "layer", 1),
    ("18-commit", "commit", "layer", 1),
]
ALL: Final = tuple(name for name, *_ in MOMENTS)
FEW: Final = ("02-forward-term", "09-delta", "10-weight-gradient-term", "15-backward-done", "16-update-neuron")
FEWEST: Final = ("02-forward-term", "15-backward-done")


def save(page: Page, name: str) -> None:
    """Write a picture, unless it would show nothing."""
    picture = page.screenshot()
    colours = Image.open(BytesIO(picture)).convert("RGB").getcolors(maxcolors=1 << 24)
    assert colours is not None
    counts = [count for count, _ in colours]
    assert len(picture) > 10_000, f"{name} is almost empty"
    assert len(colours) > 30, f"{name} has {len(colours)} colours"
    assert max(counts) < 0.995 * sum(counts), f"{name} is blank"
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    (DIRECTORY / f"{name}.png").write_bytes(picture)


def press_next(page: Page) -> None:
    before = page.get_by_role("status").first.text_content()
    page.keyboard.press("PageDown")
    page.wait_for_function("(before) => document.querySelector('[role=status]').textContent !== before", arg=before)


def walk(bench: Workbench, preset: str, names: Sequence[str]) -> Iterator[str]:
    """Through a step, resting where something new is to be seen."""
    plan = [planned.kind for planned in Timeline(Experiment.from_json(PRESETS[preset]["document"])).plan]
    place = 0
    for name, kind, grain, presses in MOMENTS:
        later = [event for event in range(place, len(plan)) if plan[event] == kind]
        if name == "15-backward-done":
            later = later[-1:]
        if not later:
            continue
        place = later[0]
        if name not in names:
            continue
        bench.drag_to(place)
        bench.choose_grain(grain)
        for _ in range(presses):
            press_next(bench.page)
        yield name


@pytest.mark.parametrize(("preset", "names"), [("mazur", ALL), ("xor", FEW), ("circles", FEW), ("softmax", FEW)])
def test_pictures_of_every_phase(open_page: OpenPage, preset: str, names: Sequence[str]) -> None:
    bench = Workbench(open_page(f"/?preset={preset}"))

    save(bench.page, f"{preset}-light-00-start")
    for name in walk(bench, preset, names):
        save(bench.page, f"{preset}-light-{name}")


@pytest.mark.parametrize(
    ("mode", "preset"),
    [
        ("dark", "circles"),
        ("dark", "xor"),
        ("large", "mazur"),
        ("projector", "mazur"),
        ("projector", "softmax"),
        ("phone", "xor"),
        ("phone", "circles"),
    ],
)
def test_pictures_of_every_mode(open_page: OpenPage, mode: str, preset: str) -> None:
    size, key = MODES[mode]
    bench = Workbench(open_page(f"/?preset={preset}", viewport=size))
    if key:
        bench.page.keyboard.press(key)

    for name in walk(bench, preset, FEWEST):
        save(bench.page, f"{preset}-{mode}-{name}")


def playing(bench: Workbench) -> None:
    bench.page.keyboard.press("l")
    bench.train_at_full_speed()
    bench.page.get_by_text("steps a second").wait_for()
    bench.page.wait_for_function(
        "() => Number(document.querySelector('input[aria-label=\"Step of the run\"]').value) > 99"
    )


def diverged(bench: Workbench) -> None:
    bench.page.get_by_role("button", name="Examples").click()
    bench.page.get_by_role("button", name="One neuron").click()
    bench.page.get_by_role("dialog").wait_for(state="hidden")
    bench.learning_rate().fill("5")
    bench.learning_rate().press("Enter")
    bench.page.evaluate("document.activeElement.blur()")
    bench.train_at_full_speed()
    bench.page.get_by_role("alert").filter(has_text="diverges").wait_for()


def pinned(bench: Workbench) -> None:
    bench.drag_to(11)
    bench.thing("layer0.W[0,1]").press("Enter")
    expect(bench.thing("layer0.W[0,1]")).to_have_attribute("aria-pressed", "true")


def editing(bench: Workbench) -> None:
    bench.thing("layer0.W[0,1]").press("Enter")
    bench.page.keyboard.press("Enter")
    bench.page.get_by_role("textbox", name="New value:").wait_for()


def table(bench: Workbench) -> None:
    bench.drag_to(11)
    bench.page.keyboard.press("t")


STATES: Final[dict[str, Callable[[Workbench], None]]] = {
    "playing": playing,
    "diverged": diverged,
    "pinned": pinned,
    "editing": editing,
    "table": table,
    "disclosures": every_disclosure,
    "refused": a_refused_input,
    "help": dialog("Help"),
    "examples": dialog("Examples"),
    "share": dialog("Share"),
}


@pytest.mark.parametrize(
    ("mode", "state"),
    [
        *(("light", state) for state in STATES),
        *(("dark", state) for state in ("pinned", "table")),
        *(("phone", state) for state in ("diverged", "table", "disclosures")),
    ],
)
def test_pictures_of_every_state(open_page: OpenPage, mode: str, state: str) -> None:
    size, key = MODES[mode]
    bench = Workbench(open_page("/?preset=xor", viewport=size))
    if key:
        bench.page.keyboard.press(key)

    STATES[state](bench)

    save(bench.page, f"state-{mode}-{state}")
