import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.datasets import Dataset, catalogue

Read = Callable[..., Dataset]

ENTRIES: list[Any] = catalogue()
NAMES = [entry["name"] for entry in ENTRIES]


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
def test_a_set_made_with_its_default_options_is_what_the_catalogue_says(read: Read, entry: Any) -> None:
    dataset = read({"name": entry["name"], **entry["options"]})

    assert dataset.task == entry["task"]
    assert dataset.inputs.shape[1] == entry["inputs"]
    assert list(dataset.input_names) == entry["input_names"]
    assert len(dataset.target_names) == dataset.targets.shape[1]
    np.testing.assert_array_equal(dataset.inputs, read({"name": entry["name"]}).inputs)


@pytest.mark.parametrize("entry", ENTRIES, ids=NAMES)
@pytest.mark.parametrize("end", [0, 1])
def test_a_set_can_be_made_at_the_limits_told(read: Read, entry: Any, end: int) -> None:
    options = {name: limits[end] for name, limits in entry["limits"].items() if name != "validation"}

    dataset = read({"name": entry["name"], **options})

    assert np.isfinite(dataset.inputs).all()
    assert np.isfinite(dataset.targets).all()


def test_the_catalogue_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(ENTRIES)) == ENTRIES


def test_the_catalogue_holds_every_set_that_lessons_and_panels_name() -> None:
    gates = ["xor", "and", "or", "xor_cloud", "and_cloud", "or_cloud"]
    others = ["circles", "moons", "spirals", "blobs", "line", "sine", "plane", "house_prices", "iris"]

    assert gates + others == NAMES


def test_derived_inputs_are_offered_where_there_are_two_inputs() -> None:
    assert {entry["name"]: bool(entry["features"]) for entry in ENTRIES} == {
        entry["name"]: entry["inputs"] == 2 for entry in ENTRIES
    }
