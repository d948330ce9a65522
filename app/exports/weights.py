"""The parameters as a file of NumPy's."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import numpy as np

from engine import Experiment
from engine.events import FloatArray


def weights_npz(experiment: Experiment, parameters: Mapping[str, FloatArray]) -> bytes:
    """W and b of every layer, as `np.load` opens them.

    The file holds `layer0.W` (units, fan_in), `layer0.b` (units,) and so on, all float64; and under `experiment` the
    document of the experiment in force, as JSON text.

    Args:
        experiment: in force.
        parameters: as `Timeline.parameters` gives them.
    """
    file = io.BytesIO()
    document = np.array(json.dumps(experiment.to_json(), ensure_ascii=False))
    np.savez(file, allow_pickle=False, experiment=document, **parameters)
    return file.getvalue()
