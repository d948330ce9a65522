import numpy as np
import pytest

from engine import Timeline
from engine.optimizers import OPTIMIZERS
from engine.whatif import LEARNING_RATES
from tests.engine.networks import (
    dense,
    dropout,
    one_neuron,
    place_of,
    random_document,
    rows,
    run_until,
    sgd,
    snapshot,
    start,
    xor,
)


def neuron() -> Timeline:
    """Loss 2 and error −2; a step with learning rate η multiplies the error by 1 − 5·η."""
    return start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1))


def test_before_every_gradient_is_known_nothing_can_be_said() -> None:
    timeline = start(xor())
    while not timeline.gradients_known:
        assert timeline.what_if() is None
        assert timeline.preview(0.1) is None
        timeline.next()

    assert timeline.plan[timeline.cursor.event].kind == "update"
    assert timeline.what_if() is not None
    assert timeline.preview(0.1) is not None


def test_a_preview_is_the_loss_of_the_batch_after_the_update() -> None:
    timeline = neuron()
    run_until(timeline, "weight_gradient")

    previews = {rate: timeline.preview(rate) for rate in (0.0, 0.1, 0.2, 0.4, 0.5)}

    losses = {rate: preview.loss for rate, preview in previews.items() if preview is not None}
    assert losses == pytest.approx({0.0: 2.0, 0.1: 0.5, 0.2: 0.0, 0.4: 2.0, 0.5: 4.5})


def test_a_preview_tells_the_weights_that_the_update_would_lead_to() -> None:
    timeline = neuron()
    run_until(timeline, "weight_gradient")

    preview = timeline.preview(0.25)

    assert preview is not None
    assert preview.learning_rate == 0.25
    assert preview.values["layer0.next_W"].item() == 0.5
    assert preview.values["layer0.change_b"].item() == 0.5
    assert timeline.learning_rate == 0.1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_preview_with_the_present_rate_is_what_the_update_does(name: str, rng: np.random.Generator) -> None:
    document = random_document(
        rng,
        "tanh",
        "mean_squared_error",
        optimizer={"type": name, "learning_rate": 0.05, "weight_decay": 0.01},
        penalty={"l2": 0.1},
        clipping={"type": "norm", "maximum": 0.5},
    )
    timeline = start(document)
    timeline.run(3)
    timeline.seek(step=3, event=place_of(timeline, "update"))

    preview = timeline.preview()
    timeline.run_to_end_of_step()

    assert preview is not None
    for name_of_value, value in preview.values.items():
        np.testing.assert_array_equal(timeline.values[name_of_value], value)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_preview_with_another_rate_is_what_the_update_does_after_the_change(
    name: str, rng: np.random.Generator
) -> None:
    optimizer = {"type": name, "learning_rate": 0.05}
    timeline = start(random_document(rng, "tanh", "mean_squared_error", optimizer=optimizer))
    timeline.run(3)
    timeline.seek(step=3, event=place_of(timeline, "update"))

    preview = timeline.preview(0.2)
    timeline.edit("learning_rate", 0.2)
    timeline.run_to_end_of_step()

    assert preview is not None
    np.testing.assert_array_equal(timeline.values["layer0.next_W"], preview.values["layer0.next_W"])


def test_the_curve_is_the_loss_for_each_learning_rate() -> None:
    timeline = neuron()
    run_until(timeline, "weight_gradient")

    curve = timeline.what_if()

    assert curve is not None
    np.testing.assert_array_equal(curve.learning_rates, LEARNING_RATES)
    np.testing.assert_allclose(curve.losses, 2.0 * (1 - 5 * LEARNING_RATES) ** 2, atol=1e-12)
    assert curve.loss == 2.0
    assert curve.best == pytest.approx(0.2, rel=1e-6)


def test_the_curve_agrees_with_the_previews(rng: np.random.Generator) -> None:
    optimizer = {"type": "adamw", "learning_rate": 0.05}
    timeline = start(random_document(rng, "tanh", "mean_squared_error", optimizer=optimizer, penalty={"l1": 0.1}))
    timeline.run(2)
    run_until(timeline, "penalty_gradient")

    curve = timeline.what_if()

    assert curve is not None
    for number in (0, 40, 70):
        preview = timeline.preview(float(curve.learning_rates[number]))
        assert preview is not None
        assert preview.loss == pytest.approx(curve.losses[number], rel=1e-10)


def test_it_is_of_the_same_batch_with_the_same_dropout_masks(rng: np.random.Generator) -> None:
    document = {
        "data": rows(rng.normal(size=(6, 2)), rng.normal(size=(6, 1))),
        "network": {"layers": [dense(4, "tanh"), dropout(0.5), dense(1)]},
        "optimizer": sgd(0.1),
        "batch_size": 2,
    }
    timeline = start(document)
    for step in range(4):
        timeline.seek(step=step)
        timeline.run_to_end_of_step()
        curve = timeline.what_if()
        assert curve is not None
        assert curve.loss == timeline.values["loss"]


def test_asking_changes_nothing() -> None:
    asked, left = (start(xor(optimizer={"type": "nadam", "learning_rate": 0.1})) for _ in range(2))
    for _ in range(60):
        asked.what_if()
        asked.preview(3.0)
        assert snapshot(asked) == snapshot(left)
        asked.next()
        left.next()


def test_a_learning_rate_far_too_large_has_an_infinite_loss_and_is_not_the_best() -> None:
    timeline = start(one_neuron(x=1e100, target=0, w=1, b=0, learning_rate=0.1))
    run_until(timeline, "weight_gradient")

    curve = timeline.what_if()

    assert curve is not None
    assert not np.isfinite(curve.losses).all()
    assert curve.best == LEARNING_RATES[0]
