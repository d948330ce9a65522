from __future__ import annotations

import re

import numpy as np
import pytest
from jinja2 import Environment, FileSystemLoader

from app.documents import preset
from app.exports.worksheet import Worksheet, answer, in_numbers, in_symbols, rounded, rounded_in, worksheet_of
from app.paths import templates_directory
from app.refusals import RefusedError
from engine.activations import ACTIVATIONS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS

from .moments import Document, at, regression, xor


def page_of(sheet: Worksheet) -> str:
    environment = Environment(loader=FileSystemLoader(templates_directory()), autoescape=True)
    return environment.get_template("worksheet.html").render(sheet=sheet, static="static", font_url="", base_href="./")


def answers(sheet: Worksheet) -> list[str]:
    return [item.answer for section in sheet.sections for part in section.parts for item in part.items]


def test_the_key_of_one_neuron_is_what_fits_on_a_napkin() -> None:
    sheet = worksheet_of(at(preset("neuron")), 0)

    # z = −0.5·2 + 0 = −1 = a; ℓ = ½(−1 − 1)² = 2; ∂ℓ/∂a = −2, slope 1, δ = −2
    assert answers(sheet) == ["−1.00", "−1.00", "2.00", "−2.00", "1.00", "−2.00"]
    grid = sheet.sections[2].parts[1].grid
    assert grid is not None
    assert [cell.text for _, cells in grid.rows for cell in cells] == ["−4.00", "−2.00"]
    update = sheet.sections[3].parts[0].grid
    assert update is not None
    # w′ = −0.5 − 0.1·(−4) = −0.1; b′ = 0 − 0.1·(−2) = 0.2
    assert [[cell.text for cell in cells] for _, cells in update.rows] == [
        ["−0.5", "−4.00", "−0.1"],
        ["0", "−2.00", "0.2"],
    ]


def test_a_worksheet_of_a_whole_network_asks_for_every_number() -> None:
    timeline = at(preset("xor"), 2, 5)

    sheet = worksheet_of(timeline, 1)

    assert sheet.limited == ""
    assert len(answers(sheet)) == 6 + 1 + 1 + 6
    wanted = [timeline.read(name)[1, 0] for name in ("layer0.z", "layer0.a")]
    assert answers(sheet)[:2] == [answer(value) for value in wanted]


def test_what_is_asked_for_is_not_told_before_the_key() -> None:
    sheet = worksheet_of(at(preset("xor"), 2), 1)

    page = page_of(sheet)

    front, key = page.split('<aside class="key">')
    for text in answers(sheet):
        assert f"<strong>{text}</strong>" in key
    assert "<strong>" not in front
    assert front.count('class="blank answer"') == len(answers(sheet))
    assert 'class="blank' not in key


@pytest.mark.parametrize("name", ["xor", "neuron", "chain", "mazur", "circles", "softmax"])
def test_there_is_a_worksheet_of_every_small_preset(name: str) -> None:
    page = page_of(worksheet_of(at(preset(name), 1, 2), 0))

    assert "NaN" not in page
    assert page.count("<math") == page.count("</math>") > 10


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_there_is_a_worksheet_of_every_activation(activation: str) -> None:
    document = regression()
    document["network"]["layers"][0]["activation"] = activation

    assert "NaN" not in page_of(worksheet_of(at(document), 0))


@pytest.mark.parametrize("loss", [name for name, loss in LOSSES.items() if loss.fused is None and name != "hinge"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_there_is_a_worksheet_of_every_optimizer_and_loss(loss: str, optimizer: str) -> None:
    document = regression(loss=loss, optimizer=optimizer, clipping={"type": "norm", "maximum": 0.1})

    sheet = worksheet_of(at(document, 1), 1)

    assert "NaN" not in page_of(sheet)
    update = sheet.sections[3].parts[0].grid
    assert update is not None
    assert len(update.rows) == 3 * 4 + 4 + 4 * 2 + 2
    assert [cell.given for cell in update.rows[0][1]] == [True] * (2 if optimizer == "sgd" else 3) + [False]


def test_a_larger_network_is_asked_for_one_neuron_of_each_layer_and_gives_what_that_needs() -> None:
    layers = [{"units": 12, "activation": "tanh"}, {"type": "dropout", "rate": 0.2}, {"units": 2}]
    timeline = at(regression(network={"layers": layers}))

    sheet = worksheet_of(timeline, 0)

    assert "74 weights and biases" in sheet.limited
    assert len(sheet.sections[0].parts[0].items) == 2
    z = sheet.sections[0].parts[2].items[0]
    # Of the twelve activations that come in, one is asked for above; the other eleven are given.
    shown = len(re.findall(r"\d", re.sub(r"<[^>]*>", "", str(z.blanks)))) > 0
    assert shown
    assert z.blanks.count("blank") == 12 + 1 + 1
    last = sheet.sections[2].parts[0]
    deltas = np.abs(timeline.read("layer2.delta")[0])
    assert f"neuron {int(deltas.argmax()) + 1} of layer 3" in sheet.limited
    assert last.items[-1].answer == answer(timeline.read("layer2.delta")[0, int(deltas.argmax())])


def test_a_network_too_wide_for_paper_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        worksheet_of(at(regression(network={"layers": [{"units": 13}, {"units": 2}]})), 0)

    assert refused.value.problems[0].allowed == "at most 12 inputs, and 12 neurons in a layer"


def test_a_row_that_the_batch_does_not_have_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        worksheet_of(at(regression()), 3)

    assert str(refused.value.problems[0]) == "sample is 3; allowed: 0 to 2"


def test_a_run_that_has_ended_is_refused() -> None:
    document: Document = xor(data={"inputs": [[1e200, 1e200]], "targets": [[0.0]]}, loss="mean_squared_error")
    document["network"] = {"layers": [{"units": 1, "W": [[1e200, 1e200]], "b": [0.0]}]}

    with pytest.raises(RefusedError, match="ends here"):
        worksheet_of(at(document), 0)


def test_a_title_is_text_and_no_markup() -> None:
    page = page_of(worksheet_of(at(xor(title="<script>alert(1)</script>")), 0))

    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.45, "0.450"),
        (-1.0, "−1.00"),
        (123.4, "123"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.234e-7, "1.23 · 10⁻⁷"),
        (1e9, "1.00 · 10⁹"),
    ],
)
def test_answers_have_three_significant_digits(value: float, text: str) -> None:
    assert answer(value) == text


def test_given_numbers_are_written_as_short_as_they_are() -> None:
    assert [rounded(value) for value in (0.5, -2.0, 1.23456, 1e-9, float("inf"))] == [
        "0.5",
        "−2",
        "1.235",
        "1 · 10⁻⁹",
        "∞",
    ]


def test_an_expression_is_written_with_the_brackets_that_it_needs() -> None:
    timeline = at(preset("xor"))
    timeline.run_to_end_of_step()
    slope = timeline.explain("layer1.a", (0, 0)).expression
    z = timeline.explain("layer0.z", (1, 1)).expression

    assert in_symbols(slope) == r"\sigma(z^{(2)}_{1})"
    assert in_numbers(z, rounded_in) == "(−1) · 0 + (−1) · 1 + 1"
