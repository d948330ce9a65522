from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from app.catalogue import tell_catalogue
from app.documents import preset
from app.formulas import fragment, mathml
from app.tell import tell_explanation, tell_plan
from engine import Experiment, Timeline
from engine.catalogue import catalogue
from engine.presets import PRESETS


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_a_formula_is_one_math_element() -> None:
    root = ElementTree.fromstring(mathml(r"z = \sum_i w_i\,a_i + b"))

    assert root.tag == "{http://www.w3.org/1998/Math/MathML}math"


def test_a_fragment_stands_inside_a_math_element() -> None:
    inner = fragment(r"w_{1}")

    assert "<math" not in inner
    assert ElementTree.fromstring(inner).tag == "mrow"


def test_no_formula_of_the_catalogue_has_a_macro_left_in_it() -> None:
    formulas = [text for text in texts(tell_catalogue()) if "<math" in text]

    assert len(formulas) > 20
    assert [formula for formula in formulas if "\\" in formula] == []


def explained(document: dict[str, Any]) -> list[object]:
    """Everything that one step of an experiment says in formulas."""
    timeline = Timeline(Experiment.from_json(document))
    told: list[object] = [tell_plan(timeline.plan)]
    timeline.run_to_end_of_step()
    for quantity in timeline.names():
        array = np.asarray(timeline.values[quantity])
        try:
            told.append(tell_explanation(timeline.explain(quantity, (0,) * array.ndim)))
        except KeyError:
            continue  # it is given, not computed
    return told


def network(activation: str = "tanh", **more: object) -> dict[str, Any]:
    layers = [
        {"type": "dense", "units": 2, "activation": activation},
        {"type": "dropout", "rate": 0.25},
        {"type": "dense", "units": 1, "activation": "tanh"},
    ]
    rows = {"inputs": [[0.5, -1.0], [1.0, 2.0]], "targets": [[1.0], [-1.0]]}
    return {"version": 1, "data": rows, "network": {"layers": layers}, "loss": "half_squared_error", **more}


@pytest.mark.parametrize("name", PRESETS)
def test_no_formula_of_a_preset_has_a_macro_left_in_it(name: str) -> None:
    told = explained(preset(name))

    assert len(told) > 5
    assert [text for text in texts(told) if "\\" in text] == []


@pytest.mark.parametrize(
    "document",
    [
        *(network(activation=entry["name"]) for entry in catalogue()["activations"]),
        *(network(optimizer={"type": entry["name"]}) for entry in catalogue()["optimizers"]),
        network(penalty={"l1": 0.1, "l2": 0.1}, clipping={"type": "norm", "maximum": 1.0}),
        network(clipping={"type": "value", "maximum": 1.0}, optimizer={"type": "sgd", "weight_decay": 0.1}),
        network(loss="hinge"),
        network(loss="huber"),
        network(loss="mean_absolute_error"),
    ],
    ids=lambda document: "-".join(text for text in texts(document) if text not in ("dense", "dropout")),
)
def test_no_formula_of_any_part_has_a_macro_left_in_it(document: dict[str, Any]) -> None:
    assert [text for text in texts(explained(document)) if "\\" in text] == []
