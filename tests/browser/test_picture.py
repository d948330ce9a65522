"""The picture fits its screen: nothing is cut, nothing lies over anything else, everything can be read."""

from typing import Any, Final

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.browser.workbench import Workbench

NETWORKS: Final = ["mazur", "xor", "circles", "softmax", "house_prices", "six layers of eight"]

SCROLLS = """() => {
  const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
  return [scrollWidth - clientWidth, scrollHeight - clientHeight];
}"""

# Texts of the picture that can be seen: not hidden, and not under a plate that was painted later.
OVERLAPS = """() => {
  const svg = document.querySelector("#stage-picture svg");
  const all = [...svg.querySelectorAll("text, tspan, rect, path, circle")];
  const opacity = (element) => {
    let product = 1;
    for (let each = element; each && each !== svg.parentElement; each = each.parentElement) {
      product *= Number(getComputedStyle(each).opacity);
    }
    return product;
  };
  const isSeen = (each) => getComputedStyle(each).visibility !== "hidden" && opacity(each) > 0.05;
  const box = (each) => {
    const { left, right, top, bottom } = each.getBoundingClientRect();
    return { left, right, top, bottom };
  };
  const isText = (each) => each.tagName === "tspan" || (each.tagName === "text" && !each.querySelector("tspan"));
  const texts = all.map((element, order) => ({ element, order }))
    .filter(({ element }) => isText(element) && element.textContent.trim() !== "" && isSeen(element))
    .map(({ element, order }) => {
      const { left, right, top, bottom } = box(element);
      // A line's box is higher than its letters.
      const rim = 0.2 * (bottom - top);
      return { order, words: element.textContent.trim(), left, right, top: top + rim, bottom: bottom - rim };
    });
  const isPlate = (each) => {
    const style = getComputedStyle(each);
    const alpha = /rgba\\(.*, ([\\d.]+)\\)/.exec(style.fill);
    return style.fill !== "none" && Number(style.fillOpacity) > 0.9 && (!alpha || Number(alpha[1]) > 0.9)
      && opacity(each) > 0.6 && isSeen(each);
  };
  const plates = all.map((element, order) => ({ element, order }))
    .filter(({ element }) => ["rect", "path", "circle"].includes(element.tagName) && isPlate(element))
    .map(({ element, order }) => ({ order, name: element.getAttribute("class") ?? "", ...box(element) }))
    .filter((plate) => plate.right - plate.left > 12 && plate.bottom - plate.top > 8);
  const overlap = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left))
    * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const found = [];
  const seen = [];
  for (const text of texts) {
    const area = (text.right - text.left) * (text.bottom - text.top);
    let isUnder = false;
    for (const plate of plates) {
      if (plate.order < text.order) continue;
      const share = overlap(text, plate) / area;
      if (share > 0.97) isUnder = true;
    }
    if (isUnder) continue;
    for (const plate of plates) {
      const share = plate.order < text.order ? 0 : overlap(text, plate) / area;
      if (share > 0.06) found.push(`“${text.words}” is cut by a ${plate.name} (${Math.round(100 * share)} %)`);
    }
    seen.push(text);
  }
  const frame = svg.getBoundingClientRect();
  seen.forEach((text, k) => {
    const shallow = text.left < frame.left - 1 || text.right > frame.right + 1
      || text.top < frame.top - 1 || text.bottom > frame.bottom + 1;
    if (shallow) found.push(`“${text.words}” is cut by the rim of the picture`);
    for (const other of seen.slice(k + 1)) {
      const shared = overlap(text, other);
      if (shared > 2) found.push(`“${text.words}” and “${other.words}” share ${Math.round(shared)} px²`);
    }
  });
  return [...new Set(found)];
}"""

# Everything with words of its own that stands outside the part of the page that shows it.
CUT = """() => {
  const found = [];
  for (const each of document.querySelectorAll("body *")) {
    const isLeaf = [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
    if (!isLeaf || !each.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (each.closest(".visually-hidden, select, dialog:not([open]), noscript")) continue;
    const { left, right, top, bottom } = each.getBoundingClientRect();
    if (right - left < 1) continue;
    // What scrolls by itself may go on.
    let [across, down] = [false, false];
    for (let up = each; up && up !== document.body; up = up.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(up);
      if (["auto", "scroll"].includes(overflowX)) across = true;
      if (["auto", "scroll"].includes(overflowY)) down = true;
    }
    const isCutAcross = (left < -1 || right > innerWidth + 1) && !across;
    const isCut = isCutAcross || ((top < -1 || bottom > innerHeight + 1) && !down);
    if (isCut) found.push(`${each.tagName} “${each.textContent.trim().slice(0, 40)}”`);
  }
  return found;
}"""

# Chips whose numbers are hidden because something lies over them.
BLANK = """() => [...document.querySelectorAll("#stage-picture svg .nodes .node.covered")]
  .map((node) => `a chip with “${node.textContent}” is covered`)"""

# Texts that take more than one line.
WRAPPED = """(selector) => [...document.querySelectorAll(selector)]
  .filter((each) => each.checkVisibility() && each.getClientRects().length > 0)
  .filter((each) => each.scrollWidth > each.clientWidth + 1
    || each.getBoundingClientRect().height > 1.6 * parseFloat(getComputedStyle(each).fontSize))
  .map((each) => each.textContent)"""

CUT_OUTSIDE_PANELS: Final = CUT.replace("select, dialog", "#left, select, dialog")

# The smallest letters that are shown, as large as they are on the screen.
SMALL_LETTERS = """([least, root]) => {
  const found = new Map();
  for (const each of document.querySelectorAll(`${root} *`)) {
    const words = [...each.childNodes].map((node) => (node.nodeType === 3 ? node.textContent.trim() : "")).join("");
    if (words === "" || !each.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (each.closest(".visually-hidden, dialog:not([open]), noscript, option, optgroup, title")) continue;
    const scale = each.getScreenCTM ? Math.abs(each.getScreenCTM()?.a ?? 1) : 1;
    const size = parseFloat(getComputedStyle(each).fontSize) * scale;
    const name = `${each.tagName}.${each.getAttribute("class") ?? ""} “${words.slice(0, 30)}”`;
    if (size < least - 0.05) found.set(name, size);
  }
  return [...found].map(([each, size]) => `${each}: ${size.toFixed(1)} px`);
}"""


def six_layers_of_eight() -> dict[str, Any]:
    """The largest network that has to be drawn whole."""
    hidden = [{"type": "dense", "units": 8, "activation": "tanh"} for _ in range(5)]
    return {
        "version": 1,
        "seed": 1,
        "data": {"name": "circles", "samples": 40},
        "network": {"layers": [*hidden, {"type": "dense", "units": 1, "activation": "sigmoid"}]},
        "loss": "binary_cross_entropy",
        "optimizer": {"type": "sgd", "learning_rate": 0.1},
        "batch_size": 4,
    }


def bench_with(open_page: OpenPage, network: str, viewport: tuple[int, int]) -> Workbench:
    is_preset = network != "six layers of eight"
    bench = Workbench(open_page(f"/?preset={network if is_preset else 'xor'}", viewport=viewport))
    if not is_preset:
        bench.open_document(six_layers_of_eight())
        bench.page.wait_for_function("() => document.querySelectorAll('#stage-picture svg .node').length > 40")
    return bench


def next_rest(page: Page, key: str) -> None:
    """Press a key and wait for what it brings, wherever that is."""
    before = page.get_by_role("status").first.text_content()
    page.keyboard.press(key)
    page.wait_for_function("(before) => document.querySelector('[role=status]').textContent !== before", arg=before)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (1280, 800)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("network", ["xor", "circles", "house_prices", "six layers of eight"])
def test_the_page_does_not_scroll_and_nothing_is_cut(open_page: OpenPage, network: str, size: tuple[int, int]) -> None:
    bench = bench_with(open_page, network, size)
    found: list[str] = []

    for _ in range(4):
        found += bench.page.evaluate(CUT)
        assert bench.page.evaluate(SCROLLS) == [0, 0]
        next_rest(bench.page, "Shift+ArrowRight")

    assert found == []


@pytest.mark.parametrize("network", ["mazur", "circles"])
def test_on_a_narrow_screen_only_the_panels_lie_below_the_fold(open_page: OpenPage, network: str) -> None:
    bench = bench_with(open_page, network, (1024, 768))
    found: list[str] = []

    for _ in range(4):
        found += bench.page.evaluate(CUT_OUTSIDE_PANELS)
        assert bench.page.evaluate(SCROLLS)[0] == 0
        next_rest(bench.page, "Shift+ArrowRight")

    assert found == []
    panels, bar = (bench.page.locator(each).bounding_box() for each in ("#left", "#transport-bar"))
    assert panels is not None
    assert bar is not None
    assert bar["y"] + bar["height"] <= min(768, panels["y"] + 1)


@pytest.mark.parametrize(
    ("network", "size"),
    [
        *((network, (1280, 720)) for network in NETWORKS),
        ("xor", (1920, 1080)),
        ("circles", (1920, 1080)),
        ("softmax", (1024, 768)),
        ("six layers of eight", (1024, 768)),
    ],
    ids=str,
)
def test_no_text_of_the_picture_lies_over_another_at_any_layer(
    open_page: OpenPage, network: str, size: tuple[int, int]
) -> None:
    bench = bench_with(open_page, network, size)
    bench.choose_grain("layer")
    found: list[str] = []

    while bench.cursor()[0] == 0:
        found += [f"{bench.status()[:60]} {each}" for each in bench.page.evaluate(OVERLAPS)]
        next_rest(bench.page, "ArrowRight")

    assert not found, "\n".join(found[:40])


@pytest.mark.parametrize("network", ["mazur", "circles", "softmax"])
def test_no_text_of_the_picture_lies_over_another_at_any_neuron(open_page: OpenPage, network: str) -> None:
    bench = bench_with(open_page, network, (1280, 720))
    bench.choose_grain("neuron")
    found: list[str] = []

    while bench.cursor()[0] == 0:
        found += [f"{bench.status()[:60]} {each}" for each in bench.page.evaluate(OVERLAPS)]
        next_rest(bench.page, "ArrowRight")

    assert not found, "\n".join(found[:40])


@pytest.mark.parametrize("network", ["mazur", "xor"])
def test_no_text_of_the_picture_lies_over_another_at_any_term(open_page: OpenPage, network: str) -> None:
    bench = bench_with(open_page, network, (1280, 720))
    found: list[str] = []

    while bench.cursor()[0] == 0:
        found += [f"{bench.status()[:60]} {each}" for each in bench.page.evaluate(OVERLAPS)]
        next_rest(bench.page, "ArrowRight")

    assert not found, "\n".join(found[:40])


@pytest.mark.parametrize("network", ["mazur", "circles", "six layers of eight"])
def test_no_letter_is_smaller_than_12_pixels(open_page: OpenPage, network: str) -> None:
    bench = bench_with(open_page, network, (1280, 720))
    found: list[str] = []

    for _ in range(4):
        found += bench.page.evaluate(SMALL_LETTERS, [12, "body"])
        next_rest(bench.page, "Shift+ArrowRight")

    assert sorted(set(found)) == []


@pytest.mark.parametrize("network", ["mazur", "xor", "circles", "softmax"])
def test_a_projector_shows_nothing_that_the_last_row_cannot_read(open_page: OpenPage, network: str) -> None:
    bench = bench_with(open_page, network, (1920, 1080))
    bench.page.keyboard.press("v")
    bench.page.locator("html[data-mode=projector]").wait_for()
    bench.choose_grain("layer")
    small: list[str] = []
    overlapping: list[str] = []
    edges: list[str] = []

    while bench.cursor()[0] == 0:
        small += bench.page.evaluate(SMALL_LETTERS, [24, "body"])
        small += bench.page.evaluate(CUT)
        overlapping += bench.page.evaluate(OVERLAPS)
        edges += bench.page.evaluate(SMALL_LETTERS, [36, "#stage-picture svg .labels"])
        next_rest(bench.page, "ArrowRight")

    assert sorted(set(small)) == []
    assert sorted(set(overlapping)) == []
    assert sorted(set(edges)) == []


@pytest.mark.parametrize("size", [(1024, 768), (1280, 800)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_projector_of_fewer_pixels_shows_the_same_without_scrolling(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    bench = bench_with(open_page, "mazur", size)
    bench.page.keyboard.press("v")
    bench.page.locator("html[data-mode=projector]").wait_for()
    least = 24 * size[1] / 1080
    small: list[str] = []

    for _ in range(4):
        small += bench.page.evaluate(SMALL_LETTERS, [least, "body"])
        small += bench.page.evaluate(CUT)
        assert bench.page.evaluate(SCROLLS) == [0, 0]
        next_rest(bench.page, "Shift+ArrowRight")

    assert sorted(set(small)) == []


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 800), (1024, 768)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("network", ["mazur", "xor", "circles", "softmax", "chain"])
def test_a_projector_covers_no_chip_and_no_number_at_any_term(
    open_page: OpenPage, network: str, size: tuple[int, int]
) -> None:
    bench = bench_with(open_page, network, size)
    bench.page.keyboard.press("v")
    bench.page.locator("html[data-mode=projector]").wait_for()
    found: list[str] = []
    stacks = 0

    while bench.cursor()[0] == 0:
        said = bench.status()[:60]
        for look in (OVERLAPS, BLANK):
            found += [f"{said} {each}" for each in bench.page.evaluate(look)]
        stacks += bench.page.locator("#stage-picture svg .stack").count()
        found += bench.page.evaluate(WRAPPED, ".transport .place")
        next_rest(bench.page, "ArrowRight")

    assert not found, "\n".join(found[:40])
    assert stacks > 0


def test_a_weight_keeps_its_width_in_every_phase_until_it_is_changed(open_page: OpenPage) -> None:
    bench = bench_with(open_page, "mazur", (1280, 720))
    bench.choose_grain("layer")
    width = "() => getComputedStyle(document.querySelector('[data-ref=\"layer1.W[0,0]\"] .body')).strokeWidth"
    widths = [bench.page.evaluate(width)]

    for event in range(1, 12):
        bench.press("ArrowRight", (0, event))
        widths.append(bench.page.evaluate(width))

    assert len(set(widths)) == 1
