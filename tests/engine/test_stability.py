from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import PRESETS, Timeline, WhatIf
from engine.stability import stability
from engine.whatif import LEARNING_RATES
from tests.engine.networks import (
    Document,
    dense,
    dropout,
    examples,
    one_neuron,
    random_document,
    rows,
    run_until,
    sgd,
    start,
    xor,
)


def curve_of(document: Document) -> WhatIf:
    """What the update of the first step would do."""
    timeline = start(document)
    timeline.run_to_end_of_step()
    curve = timeline.what_if()
    assert curve is not None
    return curve


def linear(inputs: Any, targets: Any, **more: object) -> Document:
    """Linear regression."""
    return {
        "data": rows(inputs, targets, task="regression"),
        "network": {"layers": [dense(np.shape(targets)[1])]},
        "loss": "half_squared_error",
        "optimizer": sgd(0.1),
        **more,
    }


def lesson_on_batches() -> Document:
    """32 points of y = 2x − 1."""
    x = np.random.default_rng(1).uniform(-2, 2, size=(32, 1))
    return linear(x, 2 * x - 1)


def lesson_on_optimizers() -> Document:
    """A bowl 25 times as steep one way as the other."""
    inputs = np.array([[1.0, 5.0], [1.0, -5.0], [-1.0, 5.0], [-1.0, -5.0]])
    return linear(inputs, inputs @ [[2.0], [1.0]], network={"layers": [dense(1, W=[[-2.0, -0.6]], b=[0.0])]})


def houses(standardize: bool) -> Document:
    """The preset with all rows in one batch."""
    data = {"name": "house_prices", "samples": 40, "standardize": standardize, "seed": 7}
    return {**PRESETS["house_prices"]["document"], "data": data, "batch_size": 40}


def limit_of(document: Document) -> float:
    """The stability limit, which there is."""
    found = stability(start(document).still())
    assert found.limit is not None
    assert found.reason == ""
    return found.limit


def numerical_hessian(timeline: Timeline) -> Any:
    """Second differences of the loss by every parameter; exact but for rounding, since the loss is quadratic."""
    forward = timeline._batch_forward()
    here = np.array(timeline._program.P.view())
    block = timeline.experiment.layout.blocks[0]
    unit = np.eye(here.size)[: block.size]

    def loss(*moves: Any) -> float:
        return forward.run(here + sum(moves))

    return np.array([[(loss(a, b) - loss(a, -b) - loss(-a, b) + loss(-a, -b)) / 4 for b in unit] for a in unit])


# ------------------------------------------------------------------ the limit


def test_one_neuron_settles_below_two_fifths() -> None:
    """x = 2, so x² + 1 = 5 is the curvature."""
    found = stability(start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1)).still())

    assert found.limit == pytest.approx(0.4, rel=1e-12)
    np.testing.assert_allclose(found.curvatures, [0, 5], atol=1e-12)


def test_the_limits_of_the_lessons() -> None:
    assert limit_of(lesson_on_batches()) == pytest.approx(2 / 1.28, rel=1e-3)
    assert limit_of(lesson_on_optimizers()) == pytest.approx(0.08, rel=1e-12)


@pytest.mark.parametrize("standardize", [False, True])
def test_the_curvatures_of_the_house_prices_are_those_of_second_differences(standardize: bool) -> None:
    timeline = start(houses(standardize))

    found = stability(timeline.still())

    expected = np.linalg.eigvalsh(numerical_hessian(timeline))
    np.testing.assert_allclose(found.curvatures, expected, rtol=1e-6, atol=1e-6 * expected[-1])
    assert found.limit == pytest.approx(2 / expected[-1], rel=1e-6)


def test_unscaled_house_prices_allow_less_than_a_thousandth_of_the_learning_rate() -> None:
    assert 1e-4 < limit_of(houses(False)) < 1.5e-4
    assert 0.9 < limit_of(houses(True)) < 1.1


@pytest.mark.parametrize(
    "document",
    [
        one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1),
        lesson_on_batches(),
        lesson_on_optimizers(),
        houses(False),
        houses(True),
        one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1, penalty={"l2": 3.0}),
        {**one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1), "optimizer": sgd(0.1, weight_decay=3.0)},
    ],
)
def test_steps_die_down_just_below_the_limit_and_grow_just_above(document: Document) -> None:
    limit = limit_of(document)

    def losses(factor: float) -> Any:
        timeline = start({**document, "optimizer": {**document["optimizer"], "learning_rate": factor * limit}})
        timeline.run(400)
        return timeline.history("loss")

    below, above = losses(0.98), losses(1.02)
    assert below[-1] < below[0]
    assert below[-1] <= below[-50]
    assert above[-1] > 10 * above[-100]


@examples(60)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 6), st.booleans(), st.integers(0, 2**32 - 1))
def test_the_limit_agrees_with_second_differences(
    inputs: int, outputs: int, samples: int, mean: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    document = linear(
        rng.normal(size=(samples, inputs)),
        rng.normal(size=(samples, outputs)),
        loss="mean_squared_error" if mean else "half_squared_error",
        penalty={"l2": float(rng.choice([0.0, 0.3]))},
        seed=seed,
    )
    timeline = start(document)

    limit = stability(timeline.still()).limit

    assert limit == pytest.approx(2 / np.linalg.eigvalsh(numerical_hessian(timeline))[-1], rel=1e-6)


def test_an_edited_penalty_counts() -> None:
    timeline = start(one_neuron(x=2, target=1, w=1, b=0, learning_rate=0.1, penalty={"l2": 0.5}))

    timeline.edit("penalty.l2", 3.0)

    expected = np.linalg.eigvalsh([[4 + 3, 2], [2, 1]])
    assert stability(timeline.still()).limit == pytest.approx(2 / expected[-1])


def test_weight_decay_counts_for_the_bias_too() -> None:
    document = one_neuron(x=2, target=1, w=1, b=0, learning_rate=0.1)

    limit = limit_of({**document, "optimizer": sgd(0.1, weight_decay=3.0)})

    assert limit == pytest.approx(2 / (5 + 3))


@pytest.mark.parametrize(("frozen", "expected"), [(["b"], 2 / 4), (["W"], 2 / 1)])
def test_frozen_parameters_do_not_count(frozen: list[str], expected: float) -> None:
    document = one_neuron(x=2, target=1, w=1, b=0, learning_rate=0.1)
    document["network"] = {"layers": [dense(1, W=[[1.0]], b=[0.0], frozen=frozen)]}

    assert limit_of(document) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (xor(), "not linear"),
        (xor(network={"layers": [dense(2), dense(1)]}), "more than one layer"),
        (xor(network={"layers": [dropout(0.5), dense(1)]}), "Dropout"),
        (xor(network={"layers": [dense(1)]}, loss="huber"), "not a squared error"),
        (xor(network={"layers": [dense(1)]}, loss="binary_cross_entropy"), "not a squared error"),
        (xor(network={"layers": [dense(1)]}, penalty={"l1": 0.1}), "l1 penalty"),
        (xor(network={"layers": [dense(1)]}, optimizer={"type": "adam"}), "not of Adam"),
        (xor(network={"layers": [dense(1)]}, clipping={"type": "norm"}), "Clipping"),
        (xor(network={"layers": [dense(1, frozen=True)]}), "frozen"),
        (xor(network={"layers": [dense(1)]}, data=rows([[1e200, 0.0]], [[1.0]])), "so large"),
        (xor(network={"layers": [dense(1, frozen=["b"])]}, data=rows([[0.0, 0.0]], [[1.0]])), "flat"),
    ],
)
def test_without_a_limit_the_reason_is_told(document: Document, words: str) -> None:
    found = stability(start(document).still())

    assert found.limit is None
    assert found.curvatures.size == 0
    assert words in found.reason
    assert found.reason.endswith(".")


# ------------------------------------------------------------------ the marks of the curve


def test_the_marks_of_one_neuron() -> None:
    curve = curve_of(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1))

    assert curve.best == pytest.approx(0.2, rel=1e-6)
    assert curve.exceeds == pytest.approx(0.4, rel=2e-6)
    assert curve.exceeds is not None
    assert curve.exceeds > 0.4  # the loss is larger there, if only just
    assert curve.stability_limit == pytest.approx(0.4, rel=1e-12)
    assert curve.stability_reason == ""


def test_the_loss_exceeds_todays_from_the_mark_on_and_not_before(rng: np.random.Generator) -> None:
    for activation in ("tanh", "relu", "sigmoid"):
        timeline = start(random_document(rng, activation, "half_squared_error"))
        timeline.run_to_end_of_step()
        curve = timeline.what_if()
        assert curve is not None
        assert curve.exceeds is not None
        for factor, larger in ((1 - 1e-5, False), (1 + 1e-5, True)):
            preview = timeline.preview(curve.exceeds * factor)
            assert preview is not None
            assert (preview.loss > curve.loss) is larger


@examples(40)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["tanh", "relu", "softplus"]))
def test_the_best_is_no_worse_than_any_rate_of_the_curve(seed: int, activation: str) -> None:
    rng = np.random.default_rng(seed)
    timeline = start(random_document(rng, activation, "mean_squared_error"))
    timeline.run_to_end_of_step()

    curve = timeline.what_if()

    assert curve is not None
    preview = timeline.preview(curve.best)
    assert preview is not None
    assert preview.loss <= np.nanmin(curve.losses) * (1 + 1e-12)
    assert LEARNING_RATES[0] <= curve.best <= LEARNING_RATES[-1]
    if curve.exceeds is not None:
        assert curve.exceeds > curve.best


def test_a_loss_that_falls_all_the_way_exceeds_nowhere() -> None:
    assert curve_of(one_neuron(x=0.01, target=1, w=0, b=0, learning_rate=0.1, **frozen_bias())).exceeds is None


def frozen_bias() -> Document:
    """So flat a bowl that even the largest rate of the curve does not reach its lowest point."""
    return {"network": {"layers": [dense(1, W=[[0.0]], b=[0.0], frozen=["b"])]}}


def test_where_nothing_is_left_to_learn_nothing_exceeds() -> None:
    curve = curve_of(one_neuron(x=2, target=1, w=0.5, b=0, learning_rate=0.1))

    assert curve.loss == 0.0
    assert curve.exceeds is None


def test_a_limit_far_below_the_curve_is_found_all_the_same() -> None:
    curve = curve_of(one_neuron(x=1e4, target=1, w=1, b=0, learning_rate=1e-9))

    assert curve.exceeds == pytest.approx(2 / (1e8 + 1), rel=1e-5)
    assert curve.stability_limit == pytest.approx(2 / (1e8 + 1))


def test_a_direction_that_leads_uphill_exceeds_from_the_start() -> None:
    """Momentum rolls on past the lowest point: the new gradient is against it, but too weak."""
    document = one_neuron(x=1, target=0, w=1, b=0, learning_rate=0.3, **frozen_weight())
    timeline = start({**document, "optimizer": {"type": "momentum", "learning_rate": 0.9, "momentum": 0.99}})
    timeline.run(2)
    timeline.run_to_end_of_step()

    curve = timeline.what_if()

    assert curve is not None
    assert (np.diff(curve.losses) > 0).all()
    assert curve.exceeds == 0.0


def frozen_weight() -> Document:
    """Only the bias learns."""
    return {"network": {"layers": [dense(1, W=[[1.0]], b=[0.0], frozen=["W"])]}}


def test_mini_batches_have_limits_of_their_own() -> None:
    timeline = start({**PRESETS["house_prices"]["document"]})
    limits = []
    for _ in range(5):
        run_until(timeline, "weight_gradient")
        curve = timeline.what_if()
        assert curve is not None
        limits.append(curve.stability_limit)
        timeline.seek(timeline.cursor.step + 1)

    assert len(set(limits)) == 5
