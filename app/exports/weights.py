"""The parameters as a file of NumPy's."""

from __future__ import annotations

import io
import json

import numpy as np

from engine import Timeline


def weights_npz(timeline: Timeline) -> bytes:
    """W and b of every layer at the cursor, as `np.load` opens them.

    The file holds `layer0.W` (units, fan_in), `layer0.b` (units,) and so on, all float64; and under `experiment` the
    document of the experiment in force, as JSON text.
    """
    file = io.BytesIO()
    experiment = np.array(json.dumps(timeline.experiment.to_json(), ensure_ascii=False))
    np.savez(file, allow_pickle=False, experiment=experiment, **timeline.parameters())
    return file.getvalue()
