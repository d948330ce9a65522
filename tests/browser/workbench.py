"""The page as its visitor has it: keys to press, and numbers to read off the screen."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from playwright.sync_api import Locator, Page, expect

NUMBER: Final = re.compile(r"[+−]?(?:\d+(?:\.\d+)?(?:·10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?|∞)|NaN")
SUPERSCRIPTS: Final = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")

READ_SCREEN: Final = """() => {
  const svg = document.querySelector("#stage-picture svg");
  const shown = (text) => text.getAttribute("visibility") !== "hidden" && text.textContent.trim() !== "";
  const texts = (element) => [...element.querySelectorAll("text")].filter(shown).map((text) => text.textContent.trim());
  const value = (name) => Number(document.querySelector(`input[aria-label="${name}"]`).value);
  const slots = [...svg.querySelectorAll("[role=button][data-ref]")].filter((each) => each.querySelector("text"));
  const notes = [...svg.querySelectorAll("[data-ref]:not([role], .share)")];
  const shares = [...svg.querySelectorAll("[data-ref].share")];
  const last = (note) => [note.dataset.ref, texts(note).at(-1) ?? ""];
  const places = [...svg.querySelectorAll("[data-place]")].map((each) => [each.dataset.place, texts(each)]);
  return {
    cursor: [value("Step of the run"), value("Event of this step")],
    status: document.querySelector("[role=status]").textContent,
    slots: slots.map((slot) => [slot.dataset.ref, slot.querySelector(".slot-text").textContent, slot.ariaLabel]),
    notes: notes.map(last),
    shares: shares.map(last),
    places,
    tables: [...document.querySelectorAll("table")].length,
  };
}"""

# A slider that is dragged stands there at once; what it says of itself comes from the server.
HAS_COME: Final = """([step, event, sentence]) => {
  const told = (name) => document.querySelector(`input[aria-label="${name}"]`).getAttribute("aria-valuetext") ?? "";
  const [, run = "0"] = /^step (\\d+)/.exec(told("Step of the run")) ?? [];
  const [, place = "0"] = /^event (\\d+)/.exec(told("Event of this step")) ?? [];
  const hasCome = Number(run) === step + 1 && Number(place) === event;
  return hasCome && document.querySelector("[role=status]").textContent !== sentence;
}"""

RUN_TO: Final = """(slider, step) => {
  slider.max = step;
  slider.value = step;
  slider.dispatchEvent(new Event('input'));
}"""

DRAG: Final = "(slider, event) => { slider.value = event; slider.dispatchEvent(new Event('input')); }"

IS_OPEN: Final = """() => document.querySelector("#stage-picture svg [data-ref]") !== null
  && document.querySelector("[role=status]").textContent !== ""
"""


@dataclass(frozen=True)
class Screen:
    """What the picture shows at one moment.

    Attributes:
        cursor: step and event.
        status: the sentence of the live region.
        slots: by reference such as `layer0.z[0,1]`, the text of each slot of a neuron; empty is not computed yet.
        names: by reference, what a screen reader says of the slot.
        notes: the other numbers with a reference: on edges and under neurons. One number may stand twice.
        shares: by the reference of a weight, what the sample on show adds to its gradient, where that is told.
        places: by place such as `edge 0 1 0`, the texts that travel or are stacked there.
    """

    cursor: tuple[int, int]
    status: str
    slots: Mapping[str, str]
    names: Mapping[str, str]
    notes: tuple[tuple[str, str], ...]
    shares: Mapping[str, str]
    places: Mapping[str, tuple[str, ...]]

    def known(self) -> set[str]:
        """The references of all slots that hold a number."""
        return {ref for ref, text in self.slots.items() if text}


class Workbench:
    """A page with the network on it.

    Attributes:
        page: the page.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wait_until_open()

    def wait_until_open(self) -> None:
        """Wait until there is a network to look at."""
        self.page.wait_for_function(IS_OPEN)

    def screen(self) -> Screen:
        """What is to be seen now."""
        read: dict[str, Any] = self.page.evaluate(READ_SCREEN)
        step, event = read["cursor"]
        return Screen(
            cursor=(step, event),
            status=read["status"],
            slots={ref: text for ref, text, _ in read["slots"]},
            names={ref: name for ref, _, name in read["slots"]},
            notes=tuple((ref, text) for ref, text in read["notes"]),
            shares=dict(read["shares"]),
            places={place: tuple(texts) for place, texts in read["places"]},
        )

    def cursor(self) -> tuple[int, int]:
        """Step and event."""
        return self.screen().cursor

    def status(self) -> str:
        """The sentence of the live region."""
        return self.page.get_by_role("status").first.inner_text()

    def press(self, key: str, to: tuple[int, int]) -> None:
        """Press a key, and wait until another sentence is said at this step and event."""
        before = self.page.get_by_role("status").first.text_content() or ""
        self.page.keyboard.press(key)
        self.page.wait_for_function(HAS_COME, arg=[*to, before])

    def wait_for_cursor(self, step: int, event: int) -> None:
        """Wait until the page stands at this moment."""
        self.page.wait_for_function(HAS_COME, arg=[step, event, None])

    def choose_grain(self, grain: str) -> None:
        """Choose how far one press goes, by keyboard alone and with the focus back on the page."""
        radio = self.grain(grain)
        order = ("term", "neuron", "layer", "phase", "step", "epoch")
        now = next(place for place, name in enumerate(order) if self.grain(name).is_checked())
        ways = order.index(grain) - now
        for _ in range(abs(ways)):
            self.page.keyboard.press("-" if ways > 0 else "+")
        expect(radio).to_be_checked()

    def drag_to(self, event: int) -> None:
        """Drag the timeline of the step to where this many events have run, all of them whole."""
        slider = self.page.locator("input[aria-label='Event of this step']")
        # From the event before, so that the last one is shown as it is when it has just come.
        for place in range(max(0, event - 1), event + 1):
            slider.evaluate(DRAG, place)
            self.wait_for_cursor(0, place)

    def run_to(self, step: int) -> None:
        """Drag the timeline of the run to the beginning of a step, which may be one that has not been made."""
        self.page.locator("input[aria-label='Step of the run']").evaluate(RUN_TO, step)
        self.wait_for_cursor(step, 0)

    def train_at_full_speed(self) -> None:
        """Have the server train as fast as it can, and wait for nothing."""
        more = self.page.get_by_role("button", name="More", exact=True)
        if more.is_visible():
            more.click()
            self.page.evaluate("document.activeElement.blur()")
        self.page.get_by_role("combobox", name="Speed").select_option("full speed")
        self.page.keyboard.press("Space")

    def grain(self, name: str) -> Locator:
        """The radio button of a grain, which a projector has no room for."""
        return self.page.locator(f"input[type=radio][value='{name}']")

    def thing(self, ref: str) -> Locator:
        """What stands for a number in the picture and can be chosen: a slot or an edge."""
        return self.page.locator(f"#stage-picture svg [role=button][data-ref='{ref}']").first

    def type_into_picture(self, ref: str, text: str) -> None:
        """Edit a number in its place by keyboard: Enter pins it, Enter opens it, Enter takes what was typed."""
        self.thing(ref).focus()
        self.page.keyboard.press("Enter")
        self.page.keyboard.press("Enter")
        field = self.page.get_by_role("textbox", name="New value:")
        field.wait_for()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")
        field.wait_for(state="hidden")

    def learning_rate(self) -> Locator:
        """The number box of the learning rate."""
        return self.page.get_by_role("textbox", name="Learning rate")

    def open_document(self, document: Mapping[str, Any]) -> None:
        """Load an experiment by pasting it into the dialog."""
        self.page.get_by_role("button", name="Share").click()
        dialog = self.page.get_by_role("dialog", name="Share and save")
        dialog.get_by_role("textbox", name="Or paste").fill(json.dumps(document))
        dialog.get_by_role("button", name="Open what was pasted").click()
        dialog.wait_for(state="hidden")


def every_disclosure(bench: Workbench) -> None:
    """Open all that can be unfolded."""
    bench.page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


def a_refused_input(bench: Workbench) -> None:
    """Give the learning rate what is no number."""
    bench.learning_rate().fill("fast")
    bench.learning_rate().press("Enter")


def dialog(name: str) -> Callable[[Workbench], None]:
    """What opens the dialog of that name."""

    def open_it(bench: Workbench) -> None:
        bench.page.get_by_role("button", name=name, exact=True).click()
        bench.page.get_by_role("dialog").wait_for()

    return open_it


def numbers_in(text: str) -> list[str]:
    """The numbers of a text as they are written: `0.55 · 0.597 = 0.328` has three."""
    return [found.group(0) for found in NUMBER.finditer(text)]


def agrees(shown: str, value: float) -> bool:
    """Whether a number as it is written is this number, rounded to the digits that are written.

    Fewer than two significant digits are only right where they are all there are.
    """
    found = NUMBER.fullmatch(shown)
    if found is None or shown in ("NaN", "∞", "+∞", "−∞"):
        return False
    mantissa, _, power = shown.replace("−", "-").partition("·10")
    exponent = int(power.translate(SUPERSCRIPTS)) if power else 0
    decimals = len(mantissa.partition(".")[2])
    unit = 10.0 ** (exponent - decimals)
    read = float(f"{mantissa}e{exponent}")
    digits = mantissa.lstrip("+-").replace(".", "").lstrip("0")
    if len(digits) < 2:
        return abs(read - value) <= 1e-12 * max(1.0, abs(value))
    return abs(read - value) <= 0.5000001 * unit
