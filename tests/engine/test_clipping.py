from typing import Any

import numpy as np
import pytest

from engine import Timeline
from tests.engine.networks import Document, dense, place_of, rows, run_until, sgd, start


def clipped(clipping: Document, **layer: Any) -> Timeline:
    """A neuron whose gradients are 3 and −4 for its weights and 1 for its bias."""
    return start(
        {
            "data": rows([[3.0, -4.0]], [[0.0]]),
            "network": {"layers": [dense(1, W=[[0.0, 0.0]], b=[1.0], **layer)]},
            "loss": "half_squared_error",
            "optimizer": sgd(1.0),
            "clipping": clipping,
        }
    )


def test_clipping_by_norm_shortens_the_gradient_and_keeps_its_direction() -> None:
    timeline = clipped({"type": "norm", "maximum": 2.0})

    run_until(timeline, "weight_gradient")
    before = timeline.values["layer0.grad_W"]
    event = run_until(timeline, "clip")

    norm = np.sqrt(26.0)
    np.testing.assert_array_equal(before, [[3.0, -4.0]])
    assert event.values["grad_norm"] == pytest.approx(norm)
    assert event.values["clip_scale"] == pytest.approx(2.0 / norm, rel=1e-6)
    np.testing.assert_allclose(event.values["layer0.grad_W"], before * event.values["clip_scale"])
    np.testing.assert_allclose(timeline.values["layer0.grad_b"], event.values["clip_scale"])


def test_the_norm_is_that_of_all_parameters_together() -> None:
    timeline = clipped({"type": "norm", "maximum": 2.0})

    event = run_until(timeline, "clip")

    length = np.hypot(np.linalg.norm(event.values["layer0.grad_W"]), event.values["layer0.grad_b"].item())
    assert length == pytest.approx(2.0, rel=1e-6)


def test_a_short_gradient_is_left_as_it_is() -> None:
    timeline = clipped({"type": "norm", "maximum": 10.0})

    event = run_until(timeline, "clip")

    assert event.values["clip_scale"] == 1.0
    np.testing.assert_array_equal(event.values["layer0.grad_W"], [[3.0, -4.0]])


def test_clipping_by_value_cuts_every_entry() -> None:
    timeline = clipped({"type": "value", "maximum": 2.0})

    event = run_until(timeline, "clip")

    np.testing.assert_array_equal(event.values["layer0.grad_W"], [[2.0, -2.0]])
    np.testing.assert_array_equal(event.values["layer0.grad_b"], [1.0])
    assert event.values["clip_scale"] == 1.0


def test_the_update_uses_the_clipped_gradient() -> None:
    timeline = clipped({"type": "value", "maximum": 0.5})

    timeline.run(1)

    np.testing.assert_array_equal(timeline.values["layer0.W"], [[-0.5, 0.5]])
    np.testing.assert_array_equal(timeline.values["layer0.b"], [0.5])


def test_what_is_frozen_takes_no_part_in_the_norm() -> None:
    timeline = clipped({"type": "norm", "maximum": 1.0}, frozen=["W"])

    event = run_until(timeline, "clip")

    assert event.values["grad_norm"] == 1.0
    timeline.run(1)
    np.testing.assert_array_equal(timeline.values["layer0.W"], [[0.0, 0.0]])


def test_a_gradient_of_0_is_not_divided_by_its_length() -> None:
    timeline = clipped({"type": "norm", "maximum": 1.0})
    timeline.edit("layer0.b", 0.0, (0,))

    event = run_until(timeline, "clip")

    assert event.values["clip_scale"] == 1.0
    np.testing.assert_array_equal(event.values["layer0.grad_W"], [[0.0, 0.0]])


def test_the_bound_can_be_changed_during_the_backward_pass() -> None:
    timeline = clipped({"type": "value", "maximum": 2.0})
    timeline.seek(step=0, event=place_of(timeline, "clip"))

    result = timeline.edit("clipping.maximum", 1.0)
    timeline.run(1)

    assert not result.moved
    np.testing.assert_array_equal(timeline.values["layer0.W"], [[-1.0, 1.0]])


def test_clipping_belongs_to_the_backward_phase() -> None:
    timeline = clipped({"type": "norm", "maximum": 1.0})

    kinds = [planned.kind for planned in timeline.plan]

    assert timeline.plan[kinds.index("clip")].phase == "backward"
    assert kinds.index("clip") == kinds.index("update") - 1
