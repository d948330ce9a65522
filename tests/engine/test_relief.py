from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Timeline
from engine.arena import FloatArray
from engine.bounds import Bounds
from engine.landscape import (
    SIZES,
    Axes,
    Landscape,
    losses,
    parameter_axes,
    path_axes,
    project,
    random_axes,
    seen_from,
    steady_bounds,
)
from engine.relief import Relief
from engine.still import Forwards, Still
from tests.engine.networks import dense, dropout, examples, random_document, rows, run_until, sgd, start, xor

BOUNDS: tuple[Bounds, Bounds] = (-1.0, 1.0), (-2.0, 2.0)
PLACES: Any = ("layer0.W", (0, 1)), ("layer1.b", (0,))


def explore(relief: Relief, sizes: tuple[int, ...] = SIZES, forwards: Forwards | None = None) -> list[Landscape]:
    return [grid for grid in relief.explore(sizes, forwards or Forwards()) if grid is not None]


def relief_of(still: Still, axes: Axes | None = None, **more: Any) -> Relief:
    return Relief(still, axes or random_axes(still), *BOUNDS, **{"over": "training", **more})


# ------------------------------------------------------------------ the losses


def test_grids_come_coarse_first_and_hold_the_losses_of_their_nodes() -> None:
    still = start(xor()).still()
    axes = random_axes(still)

    grids = explore(relief_of(still, axes))

    assert [grid.losses.shape for grid in grids] == [(11, 11), (21, 21), (41, 41)]
    assert [grid.final for grid in grids] == [False, False, True]
    for grid in grids:
        np.testing.assert_array_equal(grid.losses, losses(still, axes, grid.u, grid.v, over="training"))
    for coarse, fine in pairwise(grids):
        np.testing.assert_array_equal(fine.losses[::2, ::2], coarse.losses)


def test_the_work_is_done_in_small_portions() -> None:
    steps = list(relief_of(start(xor()).still()).explore((41,), Forwards()))

    assert steps.count(None) == -(-41 * 41 // 32)
    assert steps[-1] is not None


def test_a_large_network_is_asked_for_one_place_at_a_time(rng: np.random.Generator) -> None:
    data = rows(rng.normal(size=(200, 40)), rng.normal(size=(200, 1)))
    still = start({"data": data, "network": {"layers": [dense(60, "tanh"), dense(1)]}, "optimizer": sgd(0.1)}).still()

    steps = list(relief_of(still).explore((11,), Forwards()))

    assert steps.count(None) == 11 * 11


def test_it_goes_on_where_it_was_left() -> None:
    relief = relief_of(start(xor()).still())
    expected = explore(relief_of(start(xor()).still()))
    left = relief.explore(SIZES, Forwards())
    for _ in range(20):
        next(left)

    steps = list(relief.explore(SIZES, Forwards()))

    again = [grid for grid in steps if grid is not None]
    assert again[0].losses.shape == (21, 21)  # known before, so told at once
    assert steps[0] is again[0]
    assert 20 + steps.count(None) <= -(-41 * 41 // 32) + 2
    np.testing.assert_array_equal(again[-1].losses, expected[-1].losses)


def test_what_is_known_is_told_at_once_and_nothing_coarser() -> None:
    relief = relief_of(start(xor()).still())
    explore(relief)

    (step,) = relief.explore(SIZES, Forwards())

    assert step is not None
    assert step.final
    assert step.losses.shape == (41, 41)


def test_others_may_use_the_compiled_networks_during_a_pause() -> None:
    still, forwards = start(xor()).still(), Forwards()
    expected = explore(relief_of(still))[-1]
    data = still.experiment.dataset
    found = None

    for step in relief_of(still).explore(SIZES, forwards):
        forwards.of_rows(still, 0.0 * data.inputs, data.targets).run(0.0 * still.parameters)
        found = step or found

    assert found is not None
    np.testing.assert_array_equal(found.losses, expected.losses)


def test_the_losses_along_a_path_are_those_at_its_places() -> None:
    still = start(xor()).still()
    axes = random_axes(still)
    points = np.array([[0.0, 0.0], [0.5, -0.25], [-1.0, 2.0]])

    *_, found = relief_of(still, axes).along(points, Forwards())

    assert found is not None
    at = [losses(still, axes, point[:1], point[1:], over="training") for point in points]
    np.testing.assert_array_equal(found, np.ravel([one for one in at if one is not None]))


def test_the_losses_along_the_same_path_are_found_once() -> None:
    relief, points = relief_of(start(xor()).still()), np.zeros((3, 2))
    list(relief.along(points, Forwards()))

    assert len(list(relief.along(points.copy(), Forwards()))) == 1
    assert len(list(relief.along(points + 1, Forwards()))) == 2


# ------------------------------------------------------------------ when it is still true


def test_the_events_of_a_step_and_the_learning_rate_change_nothing() -> None:
    timeline = start(xor(batch_size=2))
    timeline.run(3)
    still = timeline.still()
    axes = parameter_axes(still, *PLACES)
    relief = Relief(still, axes, *BOUNDS, "batch")

    run_until(timeline, "weight_gradient", 0)
    assert relief.is_of(timeline.still(), parameter_axes(timeline.still(), *PLACES), *BOUNDS, "batch")
    timeline.edit("learning_rate", 0.7)
    assert relief.is_of(timeline.still(), parameter_axes(timeline.still(), *PLACES), *BOUNDS, "batch")


@pytest.mark.parametrize("change", ["step", "weight", "target", "penalty", "bounds", "rows", "axes"])
def test_what_the_losses_depend_on_changes_them(change: str) -> None:
    timeline = start(xor(penalty={"l2": 0.1}, batch_size=2))
    still = timeline.still()
    relief = Relief(still, parameter_axes(still, *PLACES), *BOUNDS, "batch")
    bounds, over, places = BOUNDS, "batch", PLACES
    match change:
        case "step":
            timeline.run(1)
        case "weight":
            timeline.edit("layer0.W", 3.0, [1, 1])
        case "target":
            timeline.edit("data.targets", 1.0 - float(still.experiment.dataset.targets[0, 0]), [0, 0])
        case "penalty":
            timeline.edit("penalty.l2", 0.2)
        case "bounds":
            bounds = (-1.0, 1.0), (-2.0, 3.0)
        case "rows":
            over = "training"
        case "axes":
            places = PLACES[0], ("layer1.W", (0, 0))
    now = timeline.still()

    assert not relief.is_of(now, parameter_axes(now, *places), *bounds, over)  # type: ignore[arg-type]


def test_another_batch_and_other_dropped_neurons_change_the_loss_of_the_batch_alone(rng: np.random.Generator) -> None:
    layers = [dense(4, "tanh"), dropout(0.5), dense(1)]
    data = rows(rng.normal(size=(6, 2)), rng.normal(size=(6, 1)))
    timeline = start({"data": data, "network": {"layers": layers}, "optimizer": sgd(0.0), "batch_size": 3})
    still = timeline.still()
    axes = random_axes(still)
    reliefs = {over: relief_of(still, axes, over=over) for over in ("batch", "training")}

    timeline.run(1)
    later = timeline.still()

    np.testing.assert_array_equal(still.parameters, later.parameters)
    assert not reliefs["batch"].is_of(later, axes, *BOUNDS, "batch")
    assert reliefs["training"].is_of(later, axes, *BOUNDS, "training")


# ------------------------------------------------------------------ axes that stand still


def along(timeline: Timeline, steps: int) -> FloatArray:
    path = []
    for step in range(steps):
        timeline.seek(step)
        path.append(timeline.still().parameters)
    return np.array(path)


@examples(25)
@given(st.integers(0, 2**32 - 1))
def test_the_plane_goes_through_the_moment_and_the_coordinates_stay(seed: int) -> None:
    timeline = start(random_document(np.random.default_rng(seed), "tanh", "half_squared_error", seed=seed))
    timeline.run(4)
    path = along(timeline, 4)
    timeline.seek(0)
    anchored = random_axes(timeline.still(), seed)
    timeline.seek(3)
    still = timeline.still()

    axes = seen_from(anchored, still)

    u, v = axes.at
    np.testing.assert_allclose(axes.origin + u * axes.first + v * axes.second, still.parameters, atol=1e-12)
    np.testing.assert_allclose(project(axes, path), project(anchored, path), atol=1e-9)
    found = losses(still, axes, np.array([u]), np.array([v]))
    assert found == pytest.approx(Forwards().of_batch(still).run(still.parameters), rel=1e-9, abs=1e-12)


def test_principal_directions_of_an_anchor_serve_later_moments() -> None:
    timeline = start(xor())
    timeline.run(20)
    path = along(timeline, 9)
    anchored = path_axes(timeline.still(), path)
    timeline.seek(15)

    axes = seen_from(anchored, timeline.still())

    np.testing.assert_allclose(project(axes, path), project(anchored, path), atol=1e-9)


def test_bounds_stay_while_the_path_keeps_within_them_and_grow_in_leaps() -> None:
    axes = random_axes(start(xor()).still())
    line = np.linspace(0, 3, 301)
    ends = [
        steady_bounds(axes, np.zeros(2), np.column_stack([line[:many], np.zeros(many)]), (1.0, 1.0))
        for many in range(1, len(line) + 1)
    ]

    across = [u for u, _ in ends]
    assert len(set(across)) == 5  # 1, 1.5, 2.25, 3.4 and 5
    assert all(now[1] >= before[1] for before, now in pairwise(across))
    assert all(far < high for far, (_, high) in zip(line, across, strict=True))
    assert {low for low, _ in across} <= {-1.0, -1.2, -1.5}
    assert {v for _, v in ends} == {(-1.0, 1.0)}


def test_places_that_are_not_finite_do_not_move_the_bounds() -> None:
    axes = random_axes(start(xor()).still())
    points = np.array([[np.nan, 0.0], [np.inf, 1.0], [0.5, 0.5]])

    assert steady_bounds(axes, np.zeros(2), points, (1.0, 1.0)) == ((-1.0, 1.0), (-1.0, 1.0))
