"""Everybody can use the page: by keyboard, by ear, enlarged, on a phone, and without motion."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Theme
from tests.browser.workbench import Workbench, a_refused_input, dialog, every_disclosure

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
OPTIONS: dict[str, Any] = {"runOnly": RULES, "resultTypes": ["violations"]}

FIRST_INPUT = "#stage-picture svg [role=button][data-ref^='x['] >> nth=0"
TAB_STOPS = """() => [...document.querySelectorAll("#stage-picture svg [tabindex]")]
  .filter((each) => each.getAttribute("tabindex") === "0").length"""
ACTIVE = """() => {
  const { activeElement: active } = document;
  const label = active.ariaLabel ?? active.labels?.[0]?.textContent ?? active.textContent;
  return [active.tagName, active.dataset.ref ?? "", label?.trim().slice(0, 60) ?? ""].join(" ");
}"""
CONTROLS = """() => [...document.querySelectorAll("button, input, select, textarea, summary, a[href], [tabindex='0']")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.closest("#stage-picture svg, dialog"))
  .filter((each) => each.tabIndex >= 0 && !each.disabled && (each.type !== "radio" || each.checked)).length"""
UNSEEN_FOCUS = """() => {
  const { activeElement: active } = document;
  const before = getComputedStyle(active);
  const marks = (style) => [style.outlineStyle === "none" ? "" : style.outlineWidth + style.outlineColor,
    style.boxShadow, style.stroke + style.strokeWidth, style.borderColor, style.backgroundColor].join();
  const focused = [active, ...active.querySelectorAll("*"), active.parentElement, active.nextElementSibling]
    .filter(Boolean).map((each) => [each, marks(getComputedStyle(each))]);
  active.blur();
  const isMarked = focused.some(([each, style]) => marks(getComputedStyle(each)) !== style);
  active.focus();
  const { width, height } = active.getBoundingClientRect();
  return isMarked ? null : `${active.tagName} ${active.ariaLabel ?? active.textContent} (${width} × ${height})`;
}"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT_SIDEWAYS = """() => [...document.querySelectorAll("button, input, select, h1, h2, p, svg")]
  // What scrolls in a place of its own may be wider than that.
  .filter((each) => each.checkVisibility({ visibilityProperty: true })
    && !each.closest(".visually-hidden, dialog, #table-twin, .board-rule, .link-formula, .table-scroll"))
  .filter((each) => {
    const { left, right, width } = each.getBoundingClientRect();
    return width > 1 && (left < -1 || right > innerWidth + 1);
  }).map((each) => `${each.tagName} ${each.ariaLabel ?? each.textContent.slice(0, 40)}`)"""
SMALL_TARGETS = """(least) => [...document.querySelectorAll("button, input, select, summary")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }))
  .map((each) => [each, (each.closest("label") ?? each).getBoundingClientRect()])
  // A factor stands between the signs of its formula, as a link stands in a line of text: 24 are enough there.
  .map(([each, box]) => [each, box, each.closest(".equation") ? 24 : least])
  .filter(([, { width, height }, enough]) => width > 1 && (width < enough - 0.5 || height < enough - 0.5))
  .map(([each, { width, height }]) => `${each.ariaLabel ?? each.textContent ?? each.id} ${width} × ${height}`)"""

# Everything of the picture that is to be seen, with its place and its look.
DRAWN = """() => [...document.querySelectorAll("#stage-picture svg *")].filter((each) => {
  return each.checkVisibility({ visibilityProperty: true });
}).map((each) => {
  const attributes = [...each.attributes].map(({ name, value }) => `${name}="${value}"`).sort();
  const { fill, stroke, strokeWidth, opacity } = getComputedStyle(each);
  const words = each.childElementCount === 0 ? each.textContent : "";
  return [each.tagName, ...attributes, fill, stroke, strokeWidth, opacity, words].join(" ");
})"""
STANDS_STILL = """() => new Promise((resolve) => {
  const svg = document.querySelector("#stage-picture svg");
  let [last, still] = [svg.outerHTML, 0];
  const look = () => {
    still = svg.outerHTML === last && document.getAnimations().length === 0 ? still + 1 : 0;
    last = svg.outerHTML;
    if (still > 20) resolve(true); else requestAnimationFrame(look);
  };
  look();
})"""


def violations(page: Page) -> list[str]:
    """The rules of WCAG 2.2 A and AA, and those of good practice, that are broken by what is on the page now."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{each['id']} ({each['help']}): {node['target'][0]}\n    {node['failureSummary']}"
        for each in found
        for node in each["nodes"][:3]
    ]


def nothing(bench: Workbench) -> None:
    """The start."""


def middle_of_forward(bench: Workbench) -> None:
    bench.drag_to(1)
    bench.choose_grain("term")
    for _ in range(2):
        bench.press("PageDown", (0, 2))


def middle_of_backward(bench: Workbench) -> None:
    bench.drag_to(8)
    bench.choose_grain("term")
    for _ in range(2):
        bench.press("PageDown", (0, 9))


def middle_of_update(bench: Workbench) -> None:
    bench.drag_to(12)
    bench.choose_grain("neuron")
    bench.press("PageDown", (0, 13))


def a_weight_pinned(bench: Workbench) -> None:
    bench.drag_to(13)
    bench.thing("layer0.W[0,1]").press("Enter")
    expect(bench.thing("layer0.W[0,1]")).to_have_attribute("aria-pressed", "true")


def a_number_being_typed(bench: Workbench) -> None:
    a_weight_pinned(bench)
    bench.page.keyboard.press("Enter")
    bench.page.get_by_role("textbox", name="New value:").wait_for()


def table_and_curve(bench: Workbench) -> None:
    bench.drag_to(13)
    bench.page.keyboard.press("t")
    bench.page.keyboard.press("l")
    # Where there is little room, the one that was asked for last may stand in the place of the other.
    slider = bench.page.get_by_role("slider", name="Step of the loss curve")
    slider.or_(bench.page.locator("#table-twin table")).first.wait_for()
    # What lies half under a bar that stays can be scrolled: it is looked at where it is seen whole.
    bench.page.locator("#table-twin").scroll_into_view_if_needed()


def playing(bench: Workbench) -> None:
    bench.page.evaluate("document.activeElement.blur()")
    bench.train_at_full_speed()
    bench.page.get_by_text("steps a second").wait_for()


def blank(bench: Workbench) -> None:
    bench.page.keyboard.press("b")
    bench.page.get_by_role("dialog").wait_for()


# One page goes through them in this order, so that only the last ones may leave something behind.
STATES: dict[str, Callable[[Workbench], None]] = {
    "the start": nothing,
    "the middle of a sum": middle_of_forward,
    "the backward pass": middle_of_backward,
    "the update": middle_of_update,
    "a weight pinned": a_weight_pinned,
    "a number being typed": a_number_being_typed,
    "help": dialog("Help"),
    "examples": dialog("Examples"),
    "share": dialog("Share"),
    "the blank screen": blank,
    "every disclosure": every_disclosure,
    "table and curve": table_and_curve,
    "a refused input": a_refused_input,
    "playing": playing,
}
LEFT_WITH_ESCAPE = {"a weight pinned", "a number being typed", "help", "examples", "share", "the blank screen"}


def go_through(bench: Workbench, states: Iterable[str]) -> Iterator[str]:
    """Bring the page into one state after the other; the names tell which it is in."""
    for state in states:
        STATES[state](bench)
        yield state
        if state in LEFT_WITH_ESCAPE:
            # What is typed, and then what is pinned.
            for _ in range(1 + (state == "a number being typed")):
                bench.page.keyboard.press("Escape")
            expect(bench.page.get_by_role("dialog")).to_be_hidden()


def violations_in(bench: Workbench, *states: str) -> list[str]:
    """What axe finds in these states, each told with its name."""
    return [f"In {state}: {each}" for state in go_through(bench, states) for each in violations(bench.page)]


def test_axe_finds_nothing_in_any_state(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))

    found = violations_in(bench, *STATES)

    assert not found, "\n".join(found)


def test_axe_finds_nothing_in_the_dark(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor", theme="dark"))
    assert bench.page.evaluate("document.documentElement.dataset.theme") == "dark"

    found = violations_in(bench, "the middle of a sum", "the update", "help", "every disclosure", "table and curve")

    assert not found, "\n".join(found)


def test_axe_finds_nothing_on_a_projector(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor", viewport=(1920, 1080)))
    bench.page.keyboard.press("v")
    expect(bench.page.locator("html")).to_have_attribute("data-mode", "projector")

    found = violations_in(bench, "the middle of a sum", "the update", "table and curve")

    assert not found, "\n".join(found)


def test_axe_finds_nothing_on_a_phone(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor", viewport=(390, 844), has_touch=True, is_mobile=True))

    found = violations_in(bench, "the start", "the update", "share", "every disclosure", "table and curve")

    assert not found, "\n".join(found)


def test_axe_finds_nothing_where_a_run_has_diverged(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=neuron"))
    bench.learning_rate().fill("5")
    bench.learning_rate().press("Enter")
    bench.page.evaluate("document.activeElement.blur()")
    bench.train_at_full_speed()
    bench.page.get_by_role("alert").filter(has_text="diverges").wait_for()

    found = violations(bench.page)

    assert not found, "\n".join(found)


@pytest.mark.parametrize("preset", ["circles", "softmax", "house_prices"])
def test_axe_finds_nothing_in_other_networks(open_page: OpenPage, preset: str) -> None:
    bench = Workbench(open_page(f"/?preset={preset}"))
    bench.choose_grain("phase")
    bench.page.keyboard.press("ArrowRight")
    bench.page.wait_for_function("() => document.querySelector('#stage-picture svg').dataset.phase === 'forward'")

    found = violations(bench.page)

    assert not found, "\n".join(found)


def test_axe_finds_nothing_on_the_protocol_page(open_page: OpenPage) -> None:
    page = open_page("/protocol", viewport=(390, 844), has_touch=True, is_mobile=True)

    assert violations(page) == []
    assert page.evaluate(SMALL_TARGETS, 44) == []


@pytest.mark.parametrize("preset", ["xor", "circles"])
def test_the_diagram_is_one_tab_stop_and_arrows_lead_through_it(open_page: OpenPage, preset: str) -> None:
    bench = Workbench(open_page(f"/?preset={preset}"))
    page = bench.page
    bench.page.locator(FIRST_INPUT).focus()
    visited = [page.evaluate("document.activeElement.dataset.ref")]
    stops = []

    for key in ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowLeft"]:
        page.keyboard.press(key)
        visited.append(page.evaluate("document.activeElement.dataset.ref"))
        stops.append(page.evaluate(TAB_STOPS))

    assert set(stops) == {1}
    assert None not in visited
    assert len(set(visited)) >= 5
    assert bench.cursor() == (0, 0), "arrows in the diagram do not step"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#stage-picture svg')") is None


def test_every_neuron_and_edge_of_the_diagram_can_be_reached_by_arrows(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    page = bench.page
    bench.page.locator(FIRST_INPUT).focus()
    all_refs = set(
        page.evaluate(
            "[...document.querySelectorAll('#stage-picture svg [role=button][data-ref]')].map(e => e.dataset.ref)"
        )
    )
    reached = {page.evaluate("document.activeElement.dataset.ref")}
    frontier = list(reached)

    while frontier:
        start = frontier.pop()
        for key in ["ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]:
            bench.thing(start).focus()
            page.keyboard.press(key)
            now = page.evaluate("document.activeElement.dataset.ref")
            if now not in reached:
                reached.add(now)
                frontier.append(now)

    assert reached == all_refs


def test_escape_lets_go_of_what_is_pinned_and_the_focus_stays(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    edge = bench.thing("layer0.W[1,0]")
    edge.press("Enter")
    expect(edge).to_have_attribute("aria-pressed", "true")

    edge.press("Escape")

    expect(edge).to_have_attribute("aria-pressed", "false")
    expect(edge).to_be_focused()


def test_tab_reaches_every_control_and_the_focus_is_always_seen(open_page: OpenPage) -> None:
    page = Workbench(open_page("/?preset=xor")).page
    wanted = page.evaluate(CONTROLS)
    met: list[str] = []
    unseen = []

    for _ in range(wanted + 10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        met.append(page.evaluate(ACTIVE))
        problem = page.evaluate(UNSEEN_FOCUS)
        if problem is not None:
            unseen.append(problem)

    assert unseen == []
    # The diagram's one stop comes on top of the controls around it.
    assert len(met) >= wanted + 1, met


def test_keys_are_left_to_the_control_that_has_the_focus(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    page = bench.page
    bench.choose_grain("layer")
    bench.press("ArrowRight", (0, 1))

    slider = page.get_by_role("slider", name="Learning rate")
    slider.focus()
    before = slider.input_value()
    for key in ("ArrowRight", "ArrowUp", "Home", "End", "Space"):
        page.keyboard.press(key)
    assert slider.input_value() != before
    bench.learning_rate().focus()
    for key in ("ArrowLeft", "Home", "End", "Space", "n", "p", "[", "-", "t"):
        page.keyboard.press(key)
    page.get_by_role("combobox", name="Loss").focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="Help").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Table").focus()
    page.keyboard.press("Space")

    expect(page.get_by_role("button", name="Table")).to_have_attribute("aria-pressed", "true")
    assert bench.cursor() == (0, 1)


def test_page_keys_step_wherever_the_focus_is(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    page = bench.page
    bench.choose_grain("layer")

    for place, focus in enumerate(
        [
            page.get_by_role("slider", name="Learning rate"),
            bench.learning_rate(),
            page.get_by_role("button", name="Help"),
            bench.grain("layer"),
            bench.thing("layer0.b[1]"),
        ],
        start=1,
    ):
        focus.focus()
        bench.press("PageDown", (0, place))
        expect(focus).to_be_focused()


def test_character_keys_can_be_switched_off(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    page = bench.page
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Single characters").uncheck()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    bench.grain("layer").check()

    for key in "npt[]b":
        page.keyboard.press(key)
    bench.press("PageDown", (0, 1))

    expect(page.get_by_role("button", name="Table")).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert bench.learning_rate().input_value() == "1"


def test_a_dialog_gives_the_focus_back(open_page: OpenPage) -> None:
    page = Workbench(open_page("/?preset=xor")).page
    button = page.get_by_role("button", name="Examples")

    button.press("Enter")
    page.get_by_role("dialog", name="Examples").wait_for()
    page.keyboard.press("Escape")

    expect(button).to_be_focused()


@pytest.mark.parametrize("keys", [("ArrowRight",) * 4, ("Shift+ArrowRight",) * 3])
def test_reduced_motion_shows_the_same_still_frames(open_page: OpenPage, keys: tuple[str, ...]) -> None:
    pictures = []
    for motion in ("reduce", "no-preference"):
        bench = Workbench(open_page("/?preset=mazur", reduced_motion=motion))
        for key in keys:
            before = bench.status()
            bench.page.keyboard.press(key)
            bench.page.wait_for_function(
                "(before) => document.querySelector('[role=status]').textContent !== before", arg=before
            )
        bench.page.wait_for_function(STANDS_STILL)
        # Not its pixels: letters that have travelled are smoothed otherwise than those that have not.
        pictures.append(bench.page.evaluate(DRAWN))

    assert len(pictures[0]) > 100
    assert pictures[0] == pictures[1]


def test_320_pixels_are_wide_enough(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor", viewport=(320, 640)))

    for state in go_through(bench, ["the start", "the update", "every disclosure", "table and curve"]):
        assert bench.page.evaluate(SIDEWAYS) <= 0, state
        assert bench.page.evaluate(CUT_SIDEWAYS) == [], state


def test_the_page_can_be_enlarged_to_200_percent(open_page: OpenPage) -> None:
    """To a browser that zooms, a screen of 1280 × 720 is one of 640 × 360 with finer pixels."""
    bench = Workbench(open_page("/?preset=xor", viewport=(640, 360), device_scale_factor=2))

    STATES["the update"](bench)

    assert bench.page.evaluate(SIDEWAYS) <= 0
    assert bench.page.evaluate(CUT_SIDEWAYS) == []


@pytest.mark.parametrize(("touch", "least"), [(False, 24), (True, 44)])
def test_everything_to_press_is_large_enough(open_page: OpenPage, touch: bool, least: int) -> None:
    viewport = (390, 844) if touch else (1280, 720)
    bench = Workbench(open_page("/?preset=xor", viewport=viewport, has_touch=touch, is_mobile=touch))

    for state in go_through(bench, ["every disclosure", "the update", "table and curve"]):
        assert bench.page.evaluate(SMALL_TARGETS, least) == [], state


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_that_of_the_device_until_a_key_changes_it(open_page: OpenPage, theme: Theme) -> None:
    page = Workbench(open_page("/", theme=theme)).page
    root = page.locator("html")
    expect(root).to_have_attribute("data-theme", theme)

    page.keyboard.press("d")

    expect(root).to_have_attribute("data-theme", "dark" if theme == "light" else "light")
