from __future__ import annotations

import io
import json

import numpy as np

from app.exports.weights import weights_npz

from .moments import at, regression


def test_the_weights_are_opened_by_numpy_bit_for_bit() -> None:
    timeline = at(regression(), step=5)

    file = np.load(io.BytesIO(weights_npz(timeline.experiment, timeline.parameters())), allow_pickle=False)

    assert set(file) == {"layer0.W", "layer0.b", "layer1.W", "layer1.b", "experiment"}
    for name, array in timeline.parameters().items():
        assert file[name].dtype == np.float64
        np.testing.assert_array_equal(file[name], array)


def test_the_experiment_beside_the_weights_is_the_one_in_force() -> None:
    timeline = at(regression(), step=5)
    timeline.edit("learning_rate", 0.25)

    file = np.load(io.BytesIO(weights_npz(timeline.experiment, timeline.parameters())), allow_pickle=False)

    assert json.loads(str(file["experiment"]))["optimizer"]["learning_rate"] == 0.25
