"""Everything that can be taken along arrives, says what stands on the screen, and can be checked."""

import ast
import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Download, Locator, Page, expect

from tests.browser.conftest import OpenPage, Theme
from tests.browser.page_watch import PageWatch
from tests.browser.test_accessible import violations
from tests.browser.workbench import Workbench, agrees

SVG: Final = "{http://www.w3.org/2000/svg}"
DROP: Final = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "application/json" }));
  document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
}"""
SHOWN_TEXTS: Final = """() => [...document.querySelectorAll("#stage-picture svg text")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .map((each) => each.textContent).filter((text) => text.trim() !== "")"""


def dialog_of(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Take it with you")


def open_dialog(bench: Workbench) -> Locator:
    bench.page.get_by_role("button", name="Save", exact=True).click()
    dialog = dialog_of(bench.page)
    expect(dialog).to_be_visible()
    return dialog


def taken(bench: Workbench, name: str) -> Download:
    """What arrives when this button is pressed."""
    with bench.page.expect_download() as download:
        dialog_of(bench.page).get_by_role("button", name=name, exact=True).click()
    return download.value


def read(download: Download) -> bytes:
    path = Path(download.path())
    content = path.read_bytes()
    assert content
    return content


@pytest.fixture
def bench(open_page: OpenPage) -> Iterator[Workbench]:
    """XOR in the middle of the second step."""
    bench = Workbench(open_page("/?preset=xor"))
    bench.choose_grain("step")
    bench.press("PageDown", (1, 0))
    bench.choose_grain("phase")
    bench.press("PageDown", (1, 5))
    yield bench


def receipt_of(bench: Workbench) -> dict[str, Any]:
    open_dialog(bench)
    download = taken(bench, "Receipt")
    assert download.suggested_filename == "chalkgrad-xor-step-2-receipt.json"
    receipt: dict[str, Any] = json.loads(read(download))
    return receipt


def test_the_picture_as_svg_holds_every_number_on_the_screen(bench: Workbench) -> None:
    shown = bench.page.evaluate(SHOWN_TEXTS)
    open_dialog(bench)

    download = taken(bench, "SVG")
    text = read(download).decode()
    picture = ElementTree.fromstring(text)

    assert download.suggested_filename == "chalkgrad-xor-step-2.svg"
    assert picture.tag == f"{SVG}svg"
    assert ["".join(each.itertext()) for each in picture.iter(f"{SVG}text")] == shown
    assert len([each for each in shown if re.search(r"\d", each)]) > 20
    # Nothing of it is left to a stylesheet, a variable or a font of the page.
    assert "var(--" not in text
    assert 'class="' not in text
    assert '@font-face { font-family: "Chalk Math"; src: url("data:font/ttf;base64,' in text
    assert text.count("http") == text.count("http://www.w3.org/")


@pytest.mark.parametrize(("theme", "ground"), [("light", (255, 255, 255)), ("dark", (17, 24, 39))])
def test_the_picture_as_png_is_as_large_as_two_screens_and_in_the_theme_on_show(
    open_page: OpenPage, theme: Theme, ground: tuple[int, int, int]
) -> None:
    bench = Workbench(open_page("/?preset=xor", theme=theme))
    bench.drag_to(5)
    box = bench.page.locator("#stage-picture svg").bounding_box()
    assert box is not None
    open_dialog(bench)

    picture = Image.open(io.BytesIO(read(taken(bench, "PNG")))).convert("RGB")
    colours = picture.getcolors(maxcolors=1 << 24)

    assert colours is not None
    assert picture.size == (round(2 * box["width"]), round(2 * box["height"]))
    assert picture.getpixel((0, 0)) == ground
    assert len(colours) > 100
    assert max(count for count, _ in colours) < 0.99 * picture.width * picture.height


def test_the_maps_of_the_neurons_are_part_of_the_picture(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=circles"))
    bench.page.keyboard.press("1")
    bench.page.locator("#stage-picture .has-maps").wait_for()
    open_dialog(bench)

    picture = ElementTree.fromstring(read(taken(bench, "SVG")))

    (image,) = picture.iter(f"{SVG}image")
    assert image.attrib["href"].startswith("data:image/png;base64,")
    assert float(image.attrib["width"]) > 300


def test_an_svg_looks_the_same_without_the_page(bench: Workbench, open_page: OpenPage, tmp_path: Path) -> None:
    svg = bench.page.locator("#stage-picture svg")
    box = svg.bounding_box()
    assert box is not None
    bench.page.evaluate("document.activeElement.blur()")
    here = Image.open(io.BytesIO(svg.screenshot())).convert("L")
    open_dialog(bench)
    markup = read(taken(bench, "SVG")).decode()

    bench.page.goto("about:blank")
    bench.page.set_content(f"<body style='margin:0'>{markup}")
    bench.page.evaluate("document.fonts.ready.then(() => undefined)")
    there = Image.open(io.BytesIO(bench.page.locator("svg").screenshot())).convert("L")

    width, height = min(here.width, there.width), min(here.height, there.height)
    here_array, there_array = (np.asarray(one, dtype=np.float64)[:height, :width] for one in (here, there))
    # Half a pixel aside, edges of letters differ; lines and letters that were lost would differ by far more.
    assert np.abs(here_array - there_array).mean() < 2.0
    assert (np.abs(here_array - there_array) > 128).mean() < 0.01


def test_the_numbers_as_csv_are_those_on_the_screen(bench: Workbench) -> None:
    screen = bench.screen()
    open_dialog(bench)

    download = taken(bench, "CSV")
    rows = list(csv.DictReader(io.StringIO(read(download).decode())))

    assert download.suggested_filename == "chalkgrad-xor-step-2.csv"
    numbers = {(row["name"], row["index0"], row["index1"]): float(row["value"]) for row in rows}
    checked = 0
    for ref, text in screen.slots.items():
        found = re.fullmatch(r"(layer\d\.[za])\[(\d+),(\d+)\]", ref)
        if found and text:
            assert agrees(text, numbers[found.group(1), found.group(2), found.group(3)]), (ref, text)
            checked += 1
    assert checked == 6


def test_weights_and_code_arrive(bench: Workbench) -> None:
    open_dialog(bench)

    weights = np.load(io.BytesIO(read(taken(bench, "Weights"))))
    scripts = {name: read(taken(bench, name)).decode() for name in ("NumPy", "PyTorch", "Keras")}

    assert {name: weights[name].shape for name in ("layer0.W", "layer0.b", "layer1.W", "layer1.b")} == {
        "layer0.W": (2, 2),
        "layer0.b": (2,),
        "layer1.W": (1, 2),
        "layer1.b": (1,),
    }
    for name, text in scripts.items():
        ast.parse(text)
        assert {"NumPy": "import numpy", "PyTorch": "import torch", "Keras": "keras"}[name] in text


def test_the_worksheet_opens_in_another_tab(bench: Workbench) -> None:
    dialog = open_dialog(bench)

    with bench.page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Worksheet").click()
    sheet = opened.value
    sheet.wait_for_load_state()

    assert "/worksheet.html?sample=1" in sheet.url
    expect(sheet.get_by_role("heading").first).to_be_visible()
    expect(dialog).to_be_visible()
    assert bench.cursor() == (1, 5)


def test_a_receipt_is_verified_and_its_moment_can_be_opened(bench: Workbench, open_page: OpenPage) -> None:
    receipt = receipt_of(bench)
    other = Workbench(open_page("/?preset=circles"))
    dialog = open_dialog(other)

    dialog.get_by_label("Open one, or drop it").set_input_files(
        {"name": "receipt.json", "mimeType": "application/json", "buffer": json.dumps(receipt).encode()}
    )
    verdict = dialog.get_by_role("status")
    expect(verdict).to_contain_text("Every number is right.")
    expect(verdict).to_contain_text(f"Verified: {receipt['numbers']} numbers")
    dialog.get_by_role("button", name="Open this moment").click()

    expect(dialog).to_be_hidden()
    other.wait_for_cursor(1, 5)
    assert other.screen().slots == bench.screen().slots


def test_a_receipt_that_was_tampered_with_is_refused_by_the_number(bench: Workbench) -> None:
    receipt = receipt_of(bench)
    event = next(one for one in receipt["events"] if "layer0.z" in one["values"])
    right = event["values"]["layer0.z"][1][0]
    event["values"]["layer0.z"][1][0] = right + 0.25
    bench.page.keyboard.press("Escape")

    bench.page.evaluate(DROP, ["receipt.json", json.dumps(receipt)])

    verdict = dialog_of(bench.page).get_by_role("status")
    expect(verdict).to_contain_text("This receipt does not hold.")
    expect(verdict).to_contain_text("layer0.z[1][0]")
    expect(verdict).to_contain_text(f"given {right + 0.25}, recomputed {right}")
    assert bench.cursor() == (1, 5)


def test_what_is_no_receipt_is_refused_with_the_reason(bench: Workbench, page_watch: PageWatch) -> None:
    page_watch.expect(r"status of 422")

    bench.page.evaluate(DROP, ["receipt.json", '{"receipt": 7}'])

    verdict = dialog_of(bench.page).get_by_role("status")
    expect(verdict).to_contain_text("This is not a receipt that can be checked here.")
    expect(verdict).to_contain_text("receipt is 7; allowed: 1")
    expect(dialog_of(bench.page).get_by_role("button", name="Open this moment")).to_be_hidden()


def test_a_saved_moment_can_be_dropped_on_the_page(bench: Workbench, open_page: OpenPage) -> None:
    saved = receipt_of(bench)["document"]
    other = Workbench(open_page("/?preset=circles"))

    other.page.evaluate(DROP, ["chalkgrad.json", json.dumps(saved)])

    other.wait_for_cursor(1, 5)
    expect(other.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog(open_page: OpenPage, theme: Theme) -> None:
    bench = Workbench(open_page("/?preset=xor", theme=theme))
    receipt = receipt_of_first(bench)

    bench.page.evaluate(DROP, ["receipt.json", json.dumps(receipt)])
    expect(dialog_of(bench.page).get_by_role("button", name="Open this moment")).to_be_visible()

    assert violations(bench.page) == []


def receipt_of_first(bench: Workbench) -> dict[str, Any]:
    open_dialog(bench)
    receipt: dict[str, Any] = json.loads(read(taken(bench, "Receipt")))
    return receipt


def test_every_way_out_can_be_reached_by_keyboard(bench: Workbench) -> None:
    bench.page.get_by_role("button", name="Save", exact=True).press("Enter")
    reached: list[str] = []

    for _ in range(15):
        bench.page.keyboard.press("Tab")
        reached.append(
            bench.page.evaluate("document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent")
        )

    for name in ("SVG", "PNG", "Worksheet", "NumPy", "PyTorch", "Keras", "CSV", "JSON", "Weights", "Receipt"):
        assert name in reached
    bench.page.keyboard.press("Escape")
    expect(dialog_of(bench.page)).to_be_hidden()
    expect(bench.page.get_by_role("button", name="Save", exact=True)).to_be_focused()
