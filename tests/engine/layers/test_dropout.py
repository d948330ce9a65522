import numpy as np
import pytest

from engine import Timeline
from engine.events import FloatArray
from tests.engine.networks import dense, dropout, rows, run_until, sgd, snapshot, start


def dropping(rate: float, *, units: int = 50, seed: int = 0, samples: int = 40) -> Timeline:
    """A layer of ones, dropout, and a sum of what is left."""
    return start(
        {
            "seed": seed,
            "data": rows(np.ones((samples, 1)), np.zeros((samples, 1))),
            "network": {
                "layers": [
                    dense(units, W=[[1.0]] * units, b=[0.0] * units),
                    dropout(rate),
                    dense(1, W=[[1.0] * units], b=[0.0]),
                ]
            },
            "loss": "half_squared_error",
            "optimizer": sgd(0.0),
        }
    )


def mask_of(timeline: Timeline) -> FloatArray:
    return run_until(timeline, "dropout").values["layer1.mask"]


def test_what_is_kept_is_divided_by_the_chance_to_be_kept() -> None:
    mask = mask_of(dropping(0.2))

    assert set(np.unique(mask)) == {0.0, 1.25}
    assert np.mean(mask == 0.0) == pytest.approx(0.2, abs=0.03)
    assert mask.mean() == pytest.approx(1.0, abs=0.04)


def test_the_activations_are_multiplied_by_the_mask() -> None:
    timeline = dropping(0.5)

    event = run_until(timeline, "dropout")

    np.testing.assert_array_equal(event.values["layer1.a"], event.values["layer1.mask"])
    run_until(timeline, "affine", layer=2)
    np.testing.assert_allclose(timeline.values["layer2.z"][:, 0], event.values["layer1.a"].sum(axis=1))


def test_the_gradient_passes_where_the_activation_has_passed() -> None:
    timeline = dropping(0.5)

    timeline.run_to_end_of_step()

    values = timeline.values
    np.testing.assert_allclose(values["layer0.grad_a"], values["layer1.mask"] * values["layer1.grad_a"])
    assert (values["layer0.grad_a"] == 0.0).any()


def test_every_step_has_a_mask_of_its_own_and_going_back_restores_it() -> None:
    timeline = dropping(0.5)
    first = mask_of(timeline)
    timeline.seek(step=1)
    second = mask_of(timeline)

    timeline.seek(step=0)
    again = mask_of(timeline)

    assert (first != second).any()
    np.testing.assert_array_equal(again, first)


def test_running_fast_draws_the_masks_that_walking_shows() -> None:
    walked, run = dropping(0.3), dropping(0.3)
    while walked.cursor.step < 5:
        walked.next()

    run.run(5)

    np.testing.assert_array_equal(walked.history("loss"), run.history("loss"))
    walked.run_to_end_of_step()
    run.run_to_end_of_step()
    assert snapshot(walked) == snapshot(run)


def test_another_seed_draws_another_mask() -> None:
    assert (mask_of(dropping(0.5, seed=1)) != mask_of(dropping(0.5, seed=2))).any()


def test_two_dropout_layers_draw_masks_of_their_own() -> None:
    layers = [dense(20, W=[[1.0]] * 20, b=[0.0] * 20), dropout(0.5), dropout(0.5), dense(1)]
    timeline = start({"data": rows([[1.0]] * 10, [[0.0]] * 10), "network": {"layers": layers}})

    timeline.run_to_end_of_step()

    assert (timeline.values["layer1.mask"] != timeline.values["layer2.mask"]).any()


def test_predictions_drop_nothing() -> None:
    timeline = dropping(0.5, units=10)

    np.testing.assert_array_equal(timeline.predict([[1.0], [2.0]]), [[10.0], [20.0]])


def test_a_rate_of_0_changes_nothing() -> None:
    timeline = dropping(0.0)

    event = run_until(timeline, "dropout")

    np.testing.assert_array_equal(event.values["layer1.a"], np.ones((40, 50)))


def test_dropout_on_the_inputs_silences_inputs() -> None:
    layers = [dropout(0.5), dense(1, W=[[1.0] * 8], b=[0.0])]
    timeline = start({"data": rows(np.ones((20, 8)), np.zeros((20, 1))), "network": {"layers": layers}})

    timeline.run_to_end_of_step()

    values = timeline.values
    np.testing.assert_array_equal(values["layer0.a"], values["layer0.mask"])
    np.testing.assert_allclose(values["layer1.grad_W"][0], (values["layer1.delta"] * values["layer0.a"]).mean(axis=0))


def test_the_rate_can_be_changed_on_the_way() -> None:
    timeline = dropping(0.5)
    timeline.run(2)

    timeline.edit("network.layers[1].rate", 0.0)

    np.testing.assert_array_equal(mask_of(timeline), np.ones((40, 50)))
