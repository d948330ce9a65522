import numpy as np
import pytest

from engine.signals import BINS, COUNTS, EDGES, distribution, length, signals
from tests.engine.networks import Document, dense, dropout, place_of, rows, run_until, sgd, start, xor


def two_layers(activation: str, W: object, b: object, inputs: object, **more: object) -> Document:
    """One hidden layer in front of a sum."""
    units = len(np.asarray(b))
    return {
        "data": rows(inputs, np.zeros((len(np.asarray(inputs)), 1))),
        "network": {"layers": [dense(units, activation, W=W, b=b), dense(1, W=[[1.0] * units], b=[0.0])]},
        "loss": "half_squared_error",
        "optimizer": sgd(0.1),
        **more,
    }


# Distributions


def test_rms_smallest_and_largest() -> None:
    told = distribution(np.array([[3.0, -4.0], [0.0, 0.0]]))

    assert told.rms == 2.5
    assert (told.smallest, told.largest) == (-4.0, 3.0)


def test_the_scale_has_two_bins_a_decade_from_a_billionth_of_a_thousandth_to_ten_thousand() -> None:
    assert EDGES[0] == pytest.approx(1e-12)
    assert EDGES[-1] == pytest.approx(1e4)
    np.testing.assert_allclose(EDGES[1:] / EDGES[:-1], np.sqrt(10))
    assert BINS == 32


def test_a_number_is_counted_in_its_bin_whatever_its_sign() -> None:
    told = distribution(np.array([1.0, -1.0, 2.0, 4.0, 0.5, -1e-11]))

    at_one = int(np.flatnonzero(EDGES == 1.0)[0])
    assert told.histogram[at_one] == 3
    assert told.histogram[at_one + 1] == 1
    assert told.histogram[at_one - 1] == 1
    assert told.histogram[2] == 1
    assert told.counts.sum() == 6


def test_zeros_what_is_too_small_and_what_is_too_large_are_counted_apart() -> None:
    told = distribution(np.array([0.0, -0.0, 1e-13, -5e-324, 1e4, -1e300, np.inf, np.nan]))

    assert (told.zeros, told.below, told.above) == (2, 2, 4)
    assert not told.histogram.any()
    assert told.counts.shape == (COUNTS,)


@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1.0, 1e160, 1e300])
def test_rms_and_length_do_not_leave_the_range_of_numbers_before_the_numbers_do(scale: float) -> None:
    numbers = np.array([3.0, 4.0]) * scale

    assert distribution(numbers).rms == pytest.approx(np.sqrt(12.5) * scale)
    assert length(numbers) == pytest.approx(5.0 * scale)


# At the cursor


def test_what_is_not_computed_yet_is_not_told() -> None:
    timeline = start(xor())

    nothing = signals(timeline)
    run_until(timeline, "activation", layer=0)
    forward = signals(timeline)
    run_until(timeline, "weight_gradient", layer=1)
    backward = signals(timeline)
    timeline.run_to_end_of_step()
    all_of_it = signals(timeline)

    assert [(one.activations, one.deltas, one.gradient, one.ratio) for one in nothing] == [(None,) * 4] * 2
    assert [one.activations is None for one in forward] == [False, True]
    assert [one.gradient is None for one in backward] == [True, False]
    assert not any(part is None for one in all_of_it for part in (one.activations, one.deltas, one.gradient, one.ratio))


def test_the_ratio_of_an_update_is_its_length_over_that_of_the_weights() -> None:
    timeline = start(xor())
    timeline.run_to_end_of_step()

    for one in signals(timeline):
        change, W = (timeline.values[f"layer{one.layer}.{name}"] for name in ("change_W", "W"))
        assert one.ratio == pytest.approx(np.linalg.norm(change) / np.linalg.norm(W))


def test_the_ratio_to_weights_that_are_all_0() -> None:
    document = two_layers("tanh", [[0.0]], [0.0], [[1.0]])
    document["data"]["targets"] = [[1.0]]
    timeline = start(document)
    timeline.run_to_end_of_step()
    nothing_to_learn = start(two_layers("tanh", [[0.0]], [0.0], [[1.0]]))
    nothing_to_learn.run_to_end_of_step()

    assert signals(timeline)[0].ratio == np.inf
    assert signals(nothing_to_learn)[0].ratio == 0.0


def test_looking_changes_nothing() -> None:
    timeline = start(xor())
    timeline.seek(3, place_of(timeline, "update"))
    before = timeline.program.tape.arena.flat.tobytes()

    signals(timeline)

    assert timeline.program.tape.arena.flat.tobytes() == before


# Dead and saturated neurons


def test_a_relu_is_dead_if_it_gives_0_for_every_row() -> None:
    timeline = start(two_layers("relu", [[1.0], [1.0], [-1.0], [1.0]], [0.0, -2.0, -0.5, -1.0], [[0.5], [1.0]]))

    layer = signals(timeline)[0]

    assert layer.dead == (1, 2, 3)  # 3 reaches 0 and no farther: the slope is 0 there as well
    assert layer.fraction_dead == 0.75
    assert layer.saturated == ()


def test_a_relu_that_one_row_wakes_is_not_dead_even_if_no_batch_has_that_row_now() -> None:
    inputs = [[-1.0]] * 9 + [[1.0]]
    timeline = start(two_layers("relu", [[1.0]], [0.0], inputs, batch_size=1, shuffle=False))
    run_until(timeline, "activation", layer=0)

    layer = signals(timeline)[0]

    assert layer.activations is not None and layer.activations.largest == 0.0
    assert layer.dead == ()


def test_only_the_first_500_rows_are_looked_at() -> None:
    rows_of = [[-1.0]] * 500 + [[1.0]] * 100
    awake = [[-1.0]] * 499 + [[1.0]] + [[-1.0]] * 100

    assert signals(start(two_layers("relu", [[1.0]], [0.0], rows_of)))[0].dead == (0,)
    assert signals(start(two_layers("relu", [[1.0]], [0.0], awake)))[0].dead == ()


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "identity", "softplus"])
def test_what_always_passes_some_gradient_is_never_dead(activation: str) -> None:
    assert signals(start(two_layers(activation, [[1.0]], [-5.0], [[1.0]])))[0].dead == ()


@pytest.mark.parametrize(("activation", "edge"), [("tanh", 2.994), ("sigmoid", 5.988)])
def test_a_neuron_is_saturated_if_its_slope_is_less_than_a_hundredth_of_the_largest(
    activation: str, edge: float
) -> None:
    # 1 − tanh² is 0.01 at 2.993; σ(1 − σ) is 0.0025 at 5.986.
    timeline = start(two_layers(activation, [[1.0], [1.0], [-1.0]], [edge, edge - 0.004, -edge], [[0.0], [0.0]]))

    layer = signals(timeline)[0]

    assert layer.saturated == (0, 2)
    assert layer.fraction_saturated == pytest.approx(2 / 3)


def test_a_neuron_is_saturated_if_it_is_so_for_nineteen_rows_of_twenty() -> None:
    nineteen, eighteen = [[9.0]] * 19 + [[0.0]], [[9.0]] * 18 + [[0.0]] * 2

    assert signals(start(two_layers("tanh", [[1.0]], [0.0], nineteen)))[0].saturated == (0,)
    assert signals(start(two_layers("tanh", [[1.0]], [0.0], eighteen)))[0].saturated == ()


def test_dropout_makes_no_neuron_dead() -> None:
    document = two_layers("relu", [[1.0]], [0.0], [[1.0], [2.0]])
    document["network"]["layers"].insert(1, dropout(0.99))
    document["network"]["layers"].insert(2, dense(1, "relu", W=[[1.0]], b=[0.0]))
    timeline = start(document)
    timeline.run_to_end_of_step()

    told = signals(timeline)

    assert [one.layer for one in told] == [0, 2, 3]
    assert [one.dead for one in told] == [(), (), ()]


def test_the_weights_of_the_cursor_count() -> None:
    timeline = start(two_layers("relu", [[1.0]], [0.0], [[1.0]]))

    timeline.edit("layer0.b", -3.0, (0,))

    assert signals(timeline)[0].dead == (0,)
