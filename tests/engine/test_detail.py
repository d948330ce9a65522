"""The products inside one event add up to what the event computed."""

import numpy as np
import pytest

from engine import CursorError, Timeline
from engine.activations import ACTIVATIONS
from engine.events import FloatArray
from engine.losses import LOSSES
from tests.engine.networks import dense, dropout, place_of, random_document, rows, start, xor


def at_the_end_of_a_step(timeline: Timeline) -> Timeline:
    timeline.run(1)
    timeline.run_to_end_of_step()
    return timeline


def detail(timeline: Timeline, kind: str, layer: int, sample: int) -> dict[str, FloatArray]:
    place = next(
        number for number, planned in enumerate(timeline.plan) if (planned.kind, planned.layer) == (kind, layer)
    )
    found = timeline.detail(place, sample)
    assert found is not None
    return found


@pytest.mark.parametrize("sample", range(4))
def test_the_terms_of_a_weighted_sum_add_up_to_z(sample: int) -> None:
    timeline = at_the_end_of_a_step(start(xor()))

    found = detail(timeline, "affine", 1, sample)

    values = timeline.values
    np.testing.assert_array_equal(found["terms"][:, :-1], values["layer1.W"] * values["layer0.a"][sample])
    np.testing.assert_array_equal(found["terms"][:, -1], values["layer1.b"])
    np.testing.assert_allclose(found["terms"].sum(axis=1), values["layer1.z"][sample], rtol=1e-14)
    np.testing.assert_array_equal(found["partials"], np.cumsum(found["terms"], axis=1))


@pytest.mark.parametrize("activation", [name for name, one in ACTIVATIONS.items() if one.slope is not None])
def test_the_slope_shown_on_the_way_forward_is_the_one_used_on_the_way_back(
    activation: str, rng: np.random.Generator
) -> None:
    timeline = at_the_end_of_a_step(start(random_document(rng, activation, "mean_squared_error")))

    found = detail(timeline, "activation", 0, 2)

    np.testing.assert_array_equal(found["slope"], timeline.values["layer0.slope"][2])


@pytest.mark.parametrize("loss", LOSSES)
def test_the_terms_of_a_loss_add_up_to_the_loss_of_the_sample(loss: str, rng: np.random.Generator) -> None:
    timeline = at_the_end_of_a_step(start(random_document(rng, "tanh", loss)))

    found = detail(timeline, "loss", 1, 1)

    assert found["terms"].shape == (1, 2)
    np.testing.assert_allclose(found["terms"].sum(), timeline.values["sample_loss"][1], rtol=1e-14)


def test_the_terms_of_a_gradient_are_those_of_the_sample() -> None:
    timeline = at_the_end_of_a_step(start(xor()))

    found = detail(timeline, "weight_gradient", 0, 3)

    np.testing.assert_array_equal(found["terms"][:, :-1], timeline.values["layer0.sample_grad_W"][3])
    np.testing.assert_array_equal(found["terms"][:, -1], timeline.values["layer0.sample_grad_b"][3])


def test_what_every_path_carries_back_adds_up() -> None:
    timeline = at_the_end_of_a_step(start(xor(network={"layers": [dense(3, "tanh"), dense(2, "tanh"), dense(1)]})))

    found = detail(timeline, "propagate", 1, 2)

    values = timeline.values
    np.testing.assert_array_equal(found["terms"], values["layer1.W"].T * values["layer1.delta"][2])
    np.testing.assert_allclose(found["partials"][:, -1], values["layer0.grad_a"][2], rtol=1e-13)


def test_behind_dropout_the_terms_use_what_dropout_left() -> None:
    layers = [dense(6, "tanh"), dropout(0.5), dense(1)]
    timeline = at_the_end_of_a_step(start(xor(network={"layers": layers})))

    found = detail(timeline, "affine", 2, 0)

    values = timeline.values
    np.testing.assert_array_equal(found["terms"][:, :-1], values["layer2.W"] * values["layer1.a"][0])


def test_events_without_products_have_no_detail() -> None:
    data = rows([[1.0, 2.0]], [[1.0]], validation_inputs=[[0.0, 0.0]], validation_targets=[[0.0]])
    timeline = start(xor(data=data, penalty={"l2": 0.1}))
    timeline.run_to_end_of_step()

    for kind in ("validation", "batch", "penalty", "loss_gradient", "activation_gradient", "update"):
        assert timeline.detail(place_of(timeline, kind), 0) is None


@pytest.mark.parametrize(("event", "sample"), [(5, 0), (-1, 0), (1, 4), (1, -1)])
def test_only_events_that_have_run_and_rows_of_the_batch_have_a_detail(event: int, sample: int) -> None:
    timeline = start(xor())
    timeline.seek(step=0, event=5)

    with pytest.raises(CursorError, match="allowed"):
        timeline.detail(event, sample)
