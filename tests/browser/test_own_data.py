"""A table of one's own: what is understood of it is shown, what is wrong is named, and nothing is lost by trying."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from engine import Experiment, Timeline
from tests.browser.conftest import OpenPage, Theme
from tests.browser.page_watch import PageWatch
from tests.browser.test_accessible import violations
from tests.browser.workbench import Workbench

ROWS: Final = [(i % 7 / 2, i * i % 11 / 4) for i in range(60)]
GOOD: Final = "size,weight,kind\n" + "\n".join(f"{a},{b},{'cat' if a > b else 'dog'}" for a, b in ROWS)
REGRESSION: Final = "day;height\n1;2,5\n2;3,5\n3;4,5\n4;5,75\n"
DROP: Final = """([name, text]) => {
  const data = new DataTransfer();
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  data.items.add(new File([bytes], name, { type: "text/csv" }));
  for (const type of ["dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
  }
}"""


class OwnData:
    """The dialog."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.get_by_role("dialog", name="Your own data")

    def open(self) -> None:
        self.page.get_by_text("Other data").click()
        self.page.get_by_role("button", name="Paste or open a file…").click()
        expect(self.root).to_be_visible()

    def paste(self, text: str) -> None:
        self.root.get_by_role("textbox", name="The table").fill(text)

    def says(self, words: str) -> None:
        expect(self.root.get_by_role("status")).to_contain_text(words)

    def alert(self, words: str) -> Locator:
        return self.root.get_by_role("alert").filter(has_text=words)

    def input(self, name: str) -> Locator:
        return self.root.get_by_role("checkbox", name=f"{name} is an input")

    def target(self, name: str) -> Locator:
        return self.root.get_by_role("radio", name=f"{name} is the target")

    @property
    def use(self) -> Locator:
        return self.root.get_by_role("button", name="Use this data")

    def is_ready(self) -> None:
        expect(self.use).to_have_attribute("aria-disabled", "false")


@pytest.fixture
def refused(page_watch: PageWatch) -> Iterator[None]:
    """A table that is refused is told on the console by the browser itself."""
    page_watch.expect(r"status of 4(22|13)")
    yield


def opened(open_page: OpenPage, path: str = "/?preset=xor", **options: object) -> tuple[Workbench, OwnData]:
    bench = Workbench(open_page(path, **options))  # type: ignore[arg-type]
    own = OwnData(bench.page)
    own.open()
    return bench, own


def rows_shown(page: Page) -> str:
    return page.locator("#data .quiet").first.inner_text()


def test_a_pasted_table_is_understood_and_becomes_the_data_of_a_new_run(open_page: OpenPage) -> None:
    bench, own = opened(open_page)

    own.paste(GOOD)
    own.says("60 rows; 2 inputs; kind is one of two classes.")
    row = own.root.get_by_role("row", name="weight")
    expect(row).to_contain_text("numbers, 0 to 2.25")
    expect(row.get_by_role("cell").nth(2)).to_have_text("0.25")
    expect(own.input("size")).to_be_checked()
    expect(own.target("kind")).to_be_checked()
    expect(own.input("kind")).to_be_disabled()
    own.is_ready()
    own.use.click()

    expect(own.root).to_be_hidden()
    expect(bench.page.locator("#data .panel-head")).to_contain_text("Pasted here: 48 rows, 12 more for validation")
    expect(bench.page.locator("#data th[scope=col]")).to_have_text(["Row", "size", "weight", "dog"])
    assert bench.cursor() == (0, 0)
    bench.wait_until_open()
    bench.press("PageDown", (0, 1))


def test_the_numbers_on_the_screen_are_those_of_the_engine_on_that_table(open_page: OpenPage) -> None:
    bench, own = opened(open_page, "/?preset=neuron")
    own.paste("a,y\n0.5,1\n1.5,2\n2.5,2.5\n")
    own.says("3 rows; 1 input; y is a number to be predicted.")
    own.is_ready()
    own.use.click()
    expect(own.root).to_be_hidden()

    saved = bench.page.request.get(f"/api/sessions/{session_of(bench.page)}/document").json()
    timeline = Timeline(Experiment.from_json(saved["experiment"]))

    assert timeline.experiment.dataset.raw_inputs.tolist() == [[0.5], [1.5], [2.5]]
    assert timeline.experiment.dataset.targets.tolist() == [[1.0], [2.0], [2.5]]


def session_of(page: Page) -> str:
    # What a reload comes back to is written down half a second after it was seen.
    page.wait_for_function("() => sessionStorage.getItem('chalkgrad.moment') !== null")
    return str(page.evaluate("JSON.parse(sessionStorage.getItem('chalkgrad.moment')).session"))


def test_bad_rows_are_named_and_can_be_left_out(open_page: OpenPage) -> None:
    lines = [*GOOD.split("\n"), *GOOD.split("\n")[1:]]
    for line in range(1, 52):
        lines[line] = "x" + lines[line]
    lines[3] = "1.5,cat"
    _, own = opened(open_page)

    own.paste("\n".join(lines))
    own.says("51 rows have problems")
    expect(own.root.get_by_role("button", name="Line 2, size: “x0.0” is not a number.")).to_be_visible()
    expect(own.root.get_by_text("Line 4: 2 fields where 3 were expected.")).to_have_count(1)
    expect(own.root.get_by_text("and 31 more")).to_have_count(1)
    expect(own.use).to_have_attribute("aria-disabled", "true")

    own.root.get_by_role("checkbox", name="Leave these 51 rows out; 69 are left").check()

    own.says("51 rows with problems are left out.")
    own.is_ready()


def test_a_bad_row_leads_to_its_line(open_page: OpenPage) -> None:
    bench, own = opened(open_page)
    own.paste("a,b\n1,2\n2,three\n3,4\n4,5\n")

    own.root.get_by_role("button", name="Line 3, b: “three” is not a number.").press("Enter")
    bench.page.keyboard.type("2,3")

    own.says("4 rows; 1 input; b is a number to be predicted.")
    expect(own.root.get_by_role("textbox", name="The table")).to_have_value("a,b\n1,2\n2,3\n3,4\n4,5\n")


def test_every_choice_asks_again_and_the_last_one_counts(open_page: OpenPage) -> None:
    _, own = opened(open_page)
    own.paste(REGRESSION)
    own.says("4 rows; 1 input; height is a number to be predicted.")
    expect(own.root.get_by_role("combobox", name="Fields parted by")).to_have_value(";")

    own.target("day").check()
    own.says("day is a number to be predicted.")
    own.target("height").check()
    own.root.get_by_role("checkbox", name="The first row names the columns").uncheck()

    own.says("5 rows")
    expect(own.root.get_by_role("checkbox", name="column 1 is an input")).to_have_count(1)


@pytest.mark.usefixtures("refused")
def test_a_wrong_choice_is_told_at_its_field_and_the_session_stays(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    bench.choose_grain("step")
    bench.press("PageDown", (1, 0))
    bench.press("PageDown", (2, 0))
    before = bench.screen()
    own = OwnData(bench.page)
    own.open()
    own.paste(GOOD)
    own.is_ready()

    own.root.get_by_role("combobox", name="The target is").select_option("a number")
    expect(own.alert("binary or classification, because")).to_be_visible()
    expect(own.root.get_by_role("combobox", name="The target is")).to_have_attribute("aria-invalid", "true")
    expect(own.use).to_have_attribute("aria-disabled", "true")
    own.root.get_by_role("combobox", name="The target is").select_option("one of two classes")
    own.is_ready()
    validation = own.root.get_by_role("textbox", name="Part for validation")
    validation.fill("0.9")
    validation.press("Tab")
    expect(own.alert("at most 0.5")).to_be_visible()
    expect(validation).to_have_attribute("aria-invalid", "true")
    validation.fill("a few")
    validation.press("Tab")
    expect(own.alert("“a few” is no number.")).to_be_visible()
    own.input("size").uncheck()
    own.input("weight").uncheck()
    expect(own.alert("at least one column")).to_be_visible()
    own.root.get_by_role("button", name="Close").click()

    assert bench.screen() == before
    assert rows_shown(bench.page) == "XOR: 4 rows"
    bench.press("PageUp", (1, 0))


@pytest.mark.usefixtures("refused")
def test_text_that_is_no_table_is_told_at_the_text(open_page: OpenPage) -> None:
    _, own = opened(open_page)

    own.paste('a,b\n1,"2\n3,4')

    expect(own.alert("line 2")).to_be_visible()
    expect(own.root.get_by_role("textbox", name="The table")).to_have_attribute("aria-invalid", "true")
    expect(own.root.get_by_role("region", name="The columns")).to_be_hidden()
    own.paste(REGRESSION)
    own.is_ready()
    expect(own.alert("line 2")).to_have_count(0)


def test_a_file_can_be_opened_and_opened_again(open_page: OpenPage, tmp_path: Path) -> None:
    path = tmp_path / "Höhen.csv"
    path.write_bytes("Tag;Höhe\n1;2,5\n2;3,5\n3;4,5\n".encode("windows-1252"))
    bench, own = opened(open_page)

    own.root.get_by_label("Or open a file").set_input_files(path)
    own.says("3 rows; 1 input; Höhe is a number to be predicted.")
    path.write_text(REGRESSION, encoding="utf-8")
    own.root.get_by_label("Or open a file").set_input_files(path)
    own.says("4 rows; 1 input; height is a number to be predicted.")
    own.is_ready()
    own.use.click()

    expect(bench.page.locator("#data .panel-head")).to_contain_text("Höhen.csv: 4 rows")


def test_a_file_that_is_too_large_is_not_read(open_page: OpenPage) -> None:
    _, own = opened(open_page)
    large = {"name": "large.csv", "mimeType": "text/csv", "buffer": b"1,2\n" * 300_000}

    own.root.get_by_label("Or open a file").set_input_files(large)  # type: ignore[arg-type]

    expect(own.alert("large.csv has 1,200,000 bytes; at most 1,000,000 are read.")).to_be_visible()
    expect(own.root.get_by_role("textbox", name="The table")).to_have_value("")


def test_a_table_can_be_dropped_anywhere(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    own = OwnData(bench.page)

    bench.page.evaluate(DROP, ["pets.csv", base64.b64encode(GOOD.encode()).decode()])

    expect(own.root).to_be_visible()
    own.says("60 rows; 2 inputs")
    own.is_ready()
    own.use.click()
    expect(bench.page.locator("#data .panel-head")).to_contain_text("pets.csv: 48 rows")


def test_the_network_goes_on_with_its_weights_under_new_data(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    bench.choose_grain("step")
    for step in range(3):
        bench.press("PageDown", (step + 1, 0))
    weights = {ref: text for ref, text in bench.screen().notes if ref.startswith("layer0.W")}
    own = OwnData(bench.page)
    own.open()
    own.paste(GOOD)
    own.is_ready()

    expect(own.root.get_by_text("Every weight stays as it is.")).to_be_visible()
    own.root.get_by_role("radio", name="Keep the weights").check()
    own.use.click()
    expect(own.root).to_be_hidden()

    expect(bench.page.get_by_text("Same weights, new data since step 4.")).to_be_visible()
    expect(bench.page.locator("#header .title")).to_have_text("Pasted here, 2-2-1")
    assert bench.cursor() == (3, 0)
    kept = {ref: text for ref, text in bench.screen().notes if ref.startswith("layer0.W")}
    assert kept == weights
    bench.press("PageUp", (2, 0))


def test_a_table_longer_than_a_command_may_be_goes_under_the_same_weights_too(open_page: OpenPage) -> None:
    text = "a,b,y\n" + "\n".join(f"{i % 97 / 97:.15f},{i % 89 / 89:.15f},{i % 2}" for i in range(2500))
    bench = Workbench(open_page("/?preset=xor"))
    bench.choose_grain("step")
    for step in range(2):
        bench.press("PageDown", (step + 1, 0))
    before = {ref: text for ref, text in bench.screen().notes if ".W[" in ref}
    own = OwnData(bench.page)
    bench.page.evaluate(DROP, ["long.csv", base64.b64encode(text.encode()).decode()])
    own.is_ready()

    own.root.get_by_role("radio", name="Keep the weights").check()
    own.use.click()
    expect(own.root).to_be_hidden()

    expect(bench.page.get_by_text("Same weights, new data since step 3.")).to_be_visible()
    assert bench.cursor() == (2, 0)
    assert {ref: text for ref, text in bench.screen().notes if ".W[" in ref} == before


def test_keeping_is_not_offered_where_nothing_fits(open_page: OpenPage) -> None:
    _, own = opened(open_page)
    own.paste("a,b,c,kind\n1,2,3,x\n2,3,4,y\n3,4,5,z\n4,4,5,z\n")
    own.is_ready()

    expect(own.root.get_by_role("radio", name="Keep the weights")).to_be_disabled()
    expect(own.root.get_by_text("No layer fits these data")).to_be_visible()


def test_other_data_of_ours_are_a_choice_between_the_same_two_ways(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    page = bench.page
    bench.choose_grain("step")
    for step in range(2):
        bench.press("PageDown", (step + 1, 0))
    page.get_by_text("Other data").click()
    page.get_by_role("combobox", name="Data set").select_option("and")
    page.locator("#data form").get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Same weights, new data since step 3.")).to_be_visible()
    assert bench.cursor() == (2, 0)

    page.get_by_role("combobox", name="Data set").select_option("or")
    page.locator("#data").get_by_role("radio", name="Start again").check()
    page.locator("#data form").get_by_role("button", name="Apply").click()

    expect(page.locator("#data .panel-head")).to_contain_text("OR: 4 rows")
    expect(page.get_by_text("new data since")).to_be_hidden()
    bench.wait_for_cursor(0, 0)


def test_the_box_stays_ticked_where_standardizing_is_fixed_by_a_changed_row(open_page: OpenPage) -> None:
    bench = Workbench(open_page("/?preset=xor"))
    page = bench.page
    data = {"inputs": [[10, 200], [20, 300], [30, 100], [40, 500]], "targets": [0, 1, 1, 0], "standardize": True}
    experiment = {
        "version": 1,
        "data": data,
        "network": {"layers": [{"type": "dense", "units": 1, "activation": "sigmoid"}]},
        "loss": "binary_cross_entropy",
    }
    move = {"step": 0, "event": 0, "path": "data.points.move", "value": [15, 250], "index": [0]}
    bench.open_document({"experiment": experiment, "edits": [move], "cursor": {"step": 0, "event": 0}})
    expect(page.locator("#data .panel-head")).to_contain_text("Rows typed in, changed by hand: 4 rows")
    page.get_by_text("Other data").click()

    box = page.locator("#data").get_by_role("checkbox", name="Standardize the inputs")

    expect(box).to_be_checked()
    expect(box).to_be_disabled()
    expect(page.get_by_text("By the mean and the spread from before a row was changed")).to_be_visible()
    own_rows = page.get_by_role("textbox", name="One row a line")
    expect(own_rows).to_have_value("15 250 | 0\n20 300 | 1\n30 100 | 1\n40 500 | 0")
    own_rows.fill("15 250 | 1\n20 300 | 1\n30 100 | 1\n40 500 | 0")
    page.locator("#data form").get_by_role("button", name="Apply").click()
    expect(page.locator("#data tbody .target").first).to_have_text("1")
    expect(box).to_be_disabled()


def test_the_dialog_works_by_keyboard_alone(open_page: OpenPage) -> None:
    bench, own = opened(open_page)
    page = bench.page
    own.paste(GOOD)
    own.is_ready()

    own.input("size").focus()
    page.keyboard.press("Space")
    own.says("60 rows; 1 input")
    own.target("kind").focus()
    page.keyboard.press("ArrowUp")
    own.says("weight is")
    own.is_ready()
    own.use.focus()
    page.keyboard.press("Enter")

    expect(own.root).to_be_hidden()
    expect(page.locator("#data .panel-head")).to_contain_text("Pasted here: 48 rows")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_the_dialog(open_page: OpenPage, theme: Theme) -> None:
    _, own = opened(open_page, theme=theme)
    assert violations(own.page) == []

    own.paste(GOOD.replace("1.5", "one and a half"))
    own.says("have problems")

    assert violations(own.page) == []


def test_axe_finds_nothing_in_the_dialog_on_a_phone(open_page: OpenPage) -> None:
    _, own = opened(open_page, viewport=(390, 844), has_touch=True, is_mobile=True)
    own.paste(GOOD.replace("1.5", "one and a half"))
    own.says("have problems")

    assert violations(own.page) == []
    assert own.root.evaluate("(dialog) => dialog.scrollWidth - dialog.clientWidth") <= 0


def test_on_the_usual_screen_all_of_it_is_in_view(open_page: OpenPage) -> None:
    _, own = opened(open_page)
    own.paste(GOOD)
    own.is_ready()

    assert own.root.evaluate("(dialog) => dialog.scrollHeight - dialog.clientHeight") <= 1
