from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import PRESETS, EditError, Experiment, Timeline
from engine.activations import ACTIVATIONS
from engine.arena import FloatArray
from engine.landscape import (
    Axes,
    Landscape,
    landscapes,
    losses,
    parameter_axes,
    path_axes,
    project,
    project_moves,
    random_axes,
    usual_bounds,
)
from engine.losses import LOSSES
from engine.still import Forwards, Still
from tests.engine.networks import (
    FUSED,
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
    targets_for,
    xor,
)

AXES = ("layer0.W", (0, 1)), ("layer1.b", (0,))


def with_everything(rng: np.random.Generator) -> Document:
    """Dropout, both penalties and mini-batches."""
    return {
        "data": rows(rng.normal(size=(7, 2)), rng.normal(size=(7, 1))),
        "network": {"layers": [dense(4, "tanh"), dropout(0.5), dense(3, "relu"), dense(1)]},
        "optimizer": sgd(0.1),
        "penalty": {"l1": 0.01, "l2": 0.1},
        "batch_size": 3,
    }


def all_losses(still: Still, axes: Axes, u: Any, v: Any, **more: Any) -> FloatArray:
    found = losses(still, axes, np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64), **more)
    assert found is not None
    return found


def path_of(timeline: Timeline, steps: int) -> FloatArray:
    """The parameters at each of the first steps."""
    path = []
    for step in range(steps):
        timeline.seek(step=step)
        path.append(timeline.still().parameters)
    return np.array(path)


# ------------------------------------------------------------------ the losses


def test_the_middle_is_the_loss_at_the_cursor(rng: np.random.Generator) -> None:
    timeline = start(with_everything(rng))
    timeline.run(4)
    still = timeline.still()
    timeline.run_to_end_of_step()
    expected = timeline.values["loss"]

    for axes in (parameter_axes(still, ("layer0.W", (0, 1)), ("layer2.b", (2,))), random_axes(still)):
        found = all_losses(still, axes, [axes.at[0] - 1, axes.at[0]], [axes.at[1], axes.at[1] + 1])
        assert found[0, 1] == expected
        assert len(np.unique(found)) > 1


def test_the_landscape_of_two_parameters_is_what_editing_them_gives() -> None:
    timeline = start(xor(batch_size=3, shuffle=False))
    timeline.run(6)
    u, v = np.array([-2.0, 0.5, 3.0]), np.array([-1.0, 0.0])
    found = all_losses(timeline.still(), parameter_axes(timeline.still(), *AXES), u, v)

    for j, i in np.ndindex(2, 3):
        copy = Timeline.from_json(timeline.to_json())
        copy.edit("layer0.W", float(u[i]), [0, 1])
        copy.edit("layer1.b", float(v[j]), [0])
        copy.run_to_end_of_step()
        assert found[j, i] == pytest.approx(copy.values["loss"], rel=1e-12)


def test_over_the_training_rows_it_is_the_loss_of_all_of_them_without_dropout(rng: np.random.Generator) -> None:
    document = with_everything(rng)
    timeline = start(document)
    timeline.run(4)
    still = timeline.still()
    weights = timeline.parameters()
    whole = start({**document, "batch_size": 7, "network": {"layers": [dense(4, "tanh"), dense(3, "relu"), dense(1)]}})
    for value, target in zip(weights.values(), whole.parameters(), strict=True):
        for index, number in np.ndenumerate(value):
            whole.edit(target, float(number), list(index))
    whole.run_to_end_of_step()

    found = all_losses(still, random_axes(still), [0.0], [0.0], over="training")

    assert found[0, 0] == pytest.approx(whole.values["loss"], rel=1e-12)


@examples(40)
@given(st.sampled_from(sorted(ACTIVATIONS)), st.sampled_from(sorted(LOSSES)), st.booleans(), st.integers(0, 2**32 - 1))
def test_anywhere_it_is_the_loss_of_the_network_with_those_parameters(
    activation: str, loss: str, batch: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    timeline = start(random_document(rng, activation, loss, batch_size=3, seed=seed))
    timeline.run(2)
    still, place = timeline.still(), rng.normal(size=2)
    axes = random_axes(still, seed)

    found = all_losses(still, axes, [place[0]], [place[1]], over="batch" if batch else "training")

    moved = still.parameters + place[0] * axes.first + place[1] * axes.second
    forwards, data = Forwards(), still.experiment.dataset
    forward = forwards.of_batch(still) if batch else forwards.of_rows(still, data.inputs, data.targets)
    assert found[0, 0] == pytest.approx(forward.run(moved), rel=1e-9, abs=1e-12)
    assert all_losses(still, axes, [0.0], [0.0]) == Forwards().of_batch(still).run(still.parameters)


def test_the_landscape_of_a_linear_neuron_is_a_bowl() -> None:
    still = start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1)).still()
    u, v = np.linspace(-1, 1, 5), np.linspace(-2, 2, 3)

    found = all_losses(still, parameter_axes(still, ("layer0.W", (0, 0)), ("layer0.b", (0,))), u, v)

    np.testing.assert_allclose(found, 0.5 * (2 * u + v[:, np.newaxis] - 1) ** 2)


def test_an_edited_penalty_counts() -> None:
    timeline, forwards = start(xor(penalty={"l2": 0.1})), Forwards()
    axes = parameter_axes(timeline.still(), *AXES)
    before = all_losses(timeline.still(), axes, [3.0], [0.0], forwards=forwards)

    timeline.edit("penalty.l2", 1.1)
    after = all_losses(timeline.still(), axes, [3.0], [0.0], forwards=forwards)

    weights = [value for name, value in timeline.parameters().items() if name.endswith("W")]
    weights[0][0, 1] = 3.0
    assert after - before == pytest.approx(0.5 * sum((W**2).sum() for W in weights))


# ------------------------------------------------------------------ coarse to fine


def test_finer_grids_keep_what_the_coarser_ones_found() -> None:
    still = start(xor()).still()
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return False

    grids = list(landscapes(still, random_axes(still), (-1, 1), (-2, 2), stop=stop))

    assert [grid.losses.shape for grid in grids] == [(11, 11), (21, 21), (41, 41)]
    assert [grid.final for grid in grids] == [False, False, True]
    for coarse, fine in pairwise(grids):
        np.testing.assert_array_equal(fine.losses[::2, ::2], coarse.losses)
        np.testing.assert_array_equal(fine.u[::2], coarse.u)
        np.testing.assert_array_equal(fine.v[::2], coarse.v)
    assert asked == 41 * 41  # every loss was found once
    assert not np.isnan(grids[-1].losses).any()


def test_the_middle_node_of_directions_is_the_cursor() -> None:
    timeline = start(xor())
    timeline.run(3)
    still = timeline.still()
    axes = random_axes(still)

    for grid in landscapes(still, axes, *usual_bounds(axes)):
        middle = len(grid.u) // 2
        assert grid.losses[middle, middle] == grid.loss
        assert (grid.u[middle], grid.v[middle]) == (0.0, 0.0)


def test_the_work_ends_when_nobody_wants_it_any_more() -> None:
    still = start(xor()).still()
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 200

    grids: list[Landscape] = list(landscapes(still, random_axes(still), (-1, 1), (-1, 1), stop=stop))

    assert [len(grid.u) for grid in grids] == [11]
    assert asked == 201
    assert losses(still, random_axes(still), np.zeros(1), np.zeros(1), stop=lambda: True) is None


def test_grids_that_do_not_lie_within_each_other_are_refused() -> None:
    still = start(xor()).still()

    for sizes in ((11, 20), (11, 11), (21, 11), (1, 11), ()):
        with pytest.raises(EditError, match="11, 21, 41"):
            list(landscapes(still, random_axes(still), (-1, 1), (-1, 1), sizes=sizes))


# ------------------------------------------------------------------ directions


def test_each_neurons_part_of_a_random_direction_is_as_long_as_its_weights() -> None:
    timeline = Timeline(Experiment.from_json(PRESETS["circles"]["document"]))
    timeline.run(7)
    still = timeline.still()
    axes = random_axes(still, seed=3)

    for block in still.experiment.layout.blocks:
        part = slice(block.start, block.start + block.size)
        weights, first, second = (
            flat[part].reshape(block.shape) for flat in (still.parameters, axes.first, axes.second)
        )
        lengths = np.linalg.norm(weights, axis=1)
        np.testing.assert_allclose(np.linalg.norm(first, axis=1), lengths)
        np.testing.assert_allclose(np.linalg.norm(second, axis=1), lengths)
        np.testing.assert_allclose((first * second).sum(axis=1), 0, atol=1e-12)


def test_random_directions_come_from_the_seed_alone() -> None:
    still = start(xor()).still()

    one, again, other = random_axes(still, 1), random_axes(still, 1), random_axes(still, 2)

    np.testing.assert_array_equal(one.first, again.first)
    assert not np.allclose(one.first, other.first)


def test_frozen_parameters_stay_where_they_are() -> None:
    timeline = Timeline(Experiment.from_json(PRESETS["mazur"]["document"]))
    still = timeline.still()

    for axes in (random_axes(still), path_axes(still, path_of(timeline, 4))):
        for block in still.experiment.layout.blocks:
            for direction in (axes.first, axes.second):
                np.testing.assert_array_equal(block.part(direction, "b"), 0)
                assert np.abs(block.part(direction, "W")).max() > 0


def test_a_network_of_zeros_has_directions_all_the_same() -> None:
    layers = [dense(2, "tanh", W=np.zeros((2, 2)).tolist()), dense(1, "sigmoid", W=[[0.0, 0.0]])]

    axes = random_axes(start(xor(network={"layers": layers})).still())

    assert np.linalg.norm(axes.first) == pytest.approx(np.sqrt(3))


def test_enormous_weights_have_a_landscape_too() -> None:
    timeline = start(xor(network={"layers": [dense(3, "relu"), dense(1)]}))
    path = path_of(timeline, 3)
    timeline.edit("layer0.W", 1e200, [0, 1])
    still = timeline.still()

    for axes in (random_axes(still), path_axes(still, path)):
        assert np.isfinite([axes.first, axes.second]).all()
        assert np.isfinite(project(axes, path)).all()
        assert all_losses(still, axes, [-1.0, 0.0], [0.0]).shape == (1, 2)


def test_without_a_free_parameter_there_are_no_directions() -> None:
    timeline = start(xor(network={"layers": [dense(1, frozen=True)]}))

    with pytest.raises(EditError, match="every parameter is frozen"):
        random_axes(timeline.still())
    with pytest.raises(EditError, match="every parameter is frozen"):
        path_axes(timeline.still(), np.zeros((1, timeline.still().parameters.size)))


def test_principal_directions_are_those_of_the_path() -> None:
    timeline = start(xor())
    still = timeline.still()
    size = still.parameters.size
    along, across = np.eye(size)[0], np.eye(size)[2]
    path = still.parameters + np.outer([-3.0, -2.0, -1.0, 0.0], along) + np.outer([0.3, -0.4, 0.1, 0.0], across)

    axes = path_axes(still, path)

    # The axes turn within the plane of the path, towards where it has moved most.
    np.testing.assert_allclose(axes.origin + project(axes, path) @ [axes.first, axes.second], path, atol=1e-12)
    assert axes.first @ along > 0.99
    assert project(axes, path)[0, 0] < -2.9
    assert np.linalg.norm([axes.first, axes.second], axis=1) == pytest.approx([1, 1])
    assert axes.first @ axes.second == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_a_path_that_has_hardly_begun_has_two_directions_too(steps: int) -> None:
    timeline = start(xor())
    path = path_of(timeline, 2)[:steps]

    axes = path_axes(timeline.still(), path.reshape(steps, timeline.still().parameters.size))

    assert np.linalg.norm([axes.first, axes.second], axis=1) == pytest.approx([1, 1])
    assert axes.first @ axes.second == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (("layer0.W", (0, 1)), ("layer0.W", (0, 1)), "two different parameters"),
        (("layer5.W", (0, 1)), ("layer0.W", (0, 1)), "one of layer0.W, layer0.b, layer1.W, layer1.b"),
        (("layer0.W", (0, 2)), ("layer0.W", (0, 1)), "0 to 1 and 0 to 1"),
        (("layer0.b", (-1,)), ("layer0.W", (0, 1)), "0 to 1"),
        (("layer0.W", (0,)), ("layer0.W", (0, 1)), "0 to 1 and 0 to 1"),
    ],
)
def test_parameters_that_are_not_there_are_refused(first: Any, second: Any, words: str) -> None:
    with pytest.raises(EditError) as refused:
        parameter_axes(start(xor()).still(), first, second)

    assert words in str(refused.value)


def test_a_path_of_another_network_is_refused() -> None:
    with pytest.raises(EditError, match=r"path is of shape \(3, 2\)"):
        path_axes(start(xor()).still(), np.zeros((3, 2)))


def test_other_rows_than_these_are_refused() -> None:
    still = start(xor()).still()

    with pytest.raises(EditError, match=r"over is .*; allowed: batch or training"):
        losses(still, random_axes(still), np.zeros(1), np.zeros(1), over="validation")  # type: ignore[arg-type]


# ------------------------------------------------------------------ the way there


def test_the_path_over_two_parameters_is_their_values() -> None:
    timeline = start(xor())
    path = path_of(timeline, 9)
    axes = parameter_axes(timeline.still(), *AXES)

    projected = project(axes, path)

    for step, (u, v) in enumerate(projected):
        timeline.seek(step=step)
        assert u == timeline.parameters()["layer0.W"][0, 1]
        assert v == timeline.parameters()["layer1.b"][0]
    assert tuple(projected[-1]) == axes.at


def test_the_gradient_over_two_parameters_is_their_two_entries() -> None:
    timeline = start(xor())
    run_until(timeline, "weight_gradient", 0)
    still = timeline.still()
    assert still.gradient is not None

    ((u, v),) = project_moves(parameter_axes(still, *AXES), -still.gradient[np.newaxis])

    assert u == -timeline.values["layer0.grad_W"][0, 1]
    assert v == -timeline.values["layer1.grad_b"][0]


@examples(30)
@given(st.integers(0, 2**32 - 1))
def test_a_projection_is_the_nearest_place_in_the_plane(seed: int) -> None:
    rng = np.random.default_rng(seed)
    still = start(random_document(rng, "tanh", "half_squared_error")).still()
    axes = random_axes(still, seed)
    inside, outside = rng.normal(size=(5, 2)), rng.normal(size=(5, still.parameters.size))
    points = axes.origin + inside @ [axes.first, axes.second]

    np.testing.assert_allclose(project(axes, points), inside, atol=1e-9)
    left = outside - axes.origin - project(axes, outside) @ [axes.first, axes.second]
    np.testing.assert_allclose(left @ axes.first, 0, atol=1e-9)
    np.testing.assert_allclose(left @ axes.second, 0, atol=1e-9)


def test_the_bounds_hold_the_path_and_the_next_update_at_round_numbers() -> None:
    timeline = Timeline(Experiment.from_json(PRESETS["circles"]["document"]))
    path = path_of(timeline, 30)
    timeline.run_to_end_of_step()
    still = timeline.still()
    assert still.next_parameters is not None
    for axes in (
        parameter_axes(still, ("layer0.W", (0, 1)), ("layer2.W", (0, 0))),
        random_axes(still),
        path_axes(still, path),
    ):
        points = project(axes, np.vstack([path, still.next_parameters]))

        bounds = usual_bounds(axes, points)

        for axis, (low, high) in enumerate(bounds):
            assert low < points[:, axis].min()
            assert points[:, axis].max() < high
            assert low <= axes.at[axis] - 1
            assert high >= axes.at[axis] + 1
            assert (round(low, 2), round(high, 2)) == (low, high)
            if axes.kind != "parameters":
                assert low == -high


def test_points_that_are_not_finite_do_not_count_for_the_bounds() -> None:
    axes = random_axes(start(xor()).still())

    assert usual_bounds(axes, np.array([[np.inf, 0.0], [np.nan, 3.0], [2.0, 0.0]])) == ((-2.4, 2.4), (-1.0, 1.0))


def test_classes_and_probabilities_have_landscapes_too(rng: np.random.Generator) -> None:
    for loss, activation in FUSED.items():
        document = {
            "data": rows(rng.normal(size=(5, 3)), targets_for(loss, 5, 2, rng)),
            "network": {"layers": [dense(2, activation)]},
            "loss": loss,
        }
        still = start(document).still()
        assert np.isfinite(all_losses(still, random_axes(still), [-1.0, 1.0], [-1.0, 1.0])).all()
