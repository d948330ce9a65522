import re

import numpy as np
import pytest

from engine import Cursor, Timeline
from engine.optimizers import OPTIMIZERS
from tests.engine.networks import dense, one_neuron, place_of, rows, sgd, snapshot, start, xor


def runaway(learning_rate: float = 3.0, **more: object) -> Timeline:
    """One neuron whose error is multiplied by 1 − 5·η in every step."""
    return start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=learning_rate, **more))


def walk_until_finished(timeline: Timeline) -> None:
    while timeline.next() is not None:
        pass


def test_a_run_stops_before_the_update_that_is_not_finite() -> None:
    timeline = runaway()

    timeline.run(10_000)

    assert timeline.divergence is not None
    assert timeline.finished
    assert timeline.cursor == Cursor(timeline.divergence.step, place_of(timeline, "update"))
    assert all(np.isfinite(weights).all() for weights in timeline.parameters().values())
    assert "layer0.next_W" not in timeline.values
    assert timeline.next() is None


def test_walking_and_running_stop_at_the_same_place_and_say_the_same() -> None:
    walked, run = runaway(), runaway()
    walked.seek(step=run_and_back(run) - 3)

    walk_until_finished(walked)
    run.run(10_000)

    assert walked.cursor == run.cursor
    assert walked.divergence == run.divergence
    assert snapshot(walked) == snapshot(run)
    np.testing.assert_array_equal(walked.history("loss"), run.history("loss"))


def run_and_back(timeline: Timeline) -> int:
    """The step at which a run diverges; the run is at its beginning again."""
    timeline.run(10_000)
    step = timeline.cursor.step
    timeline.seek(step=0)
    return step


def test_it_names_the_parameter_the_step_and_the_cause() -> None:
    timeline = runaway()

    timeline.run(10_000)

    told = timeline.divergence
    assert told is not None
    assert told.parameter == "layer0.W[0, 0]"
    assert f"at step {told.step + 1}: learning rate 3 is too large here" in told.cause


def test_it_tells_since_when_the_loss_has_risen() -> None:
    timeline = runaway()
    timeline.edit("learning_rate", 0.1)
    timeline.run(4)
    timeline.edit("learning_rate", 3.0)

    timeline.run(10_000)

    assert timeline.divergence is not None
    told = re.search(r"The loss has risen since step (\d+), from (\S+) to (\S+)\.", timeline.divergence.cause)
    assert told is not None
    assert told[1] == "5"  # words count from 1
    assert float(told[2]) == pytest.approx(timeline.history("loss")[4], rel=0.01)
    assert float(told[3]) == timeline.history("loss")[-1] == np.inf


def test_there_is_one_number_for_each_step_that_was_completed() -> None:
    timeline = runaway()

    timeline.run(10_000)

    for name in ("loss", "learning_rate", "penalty"):
        assert len(timeline.history(name)) == timeline.cursor.step


def test_the_parameter_named_is_the_worst_one() -> None:
    timeline = start(
        {
            "data": rows([[1.0, 1e200]], [[0.0]]),
            "network": {"layers": [dense(1, W=[[1.0, 1.0]], b=[0.0])]},
            "optimizer": sgd(1.0),
        }
    )

    walk_until_finished(timeline)

    assert timeline.divergence is not None
    assert timeline.divergence.parameter == "layer0.W[0, 1]"
    assert timeline.divergence.step == 0


def test_a_gradient_that_is_not_finite_is_not_blamed_on_the_learning_rate() -> None:
    timeline = start(one_neuron(x=1e200, target=0, w=1, b=0, learning_rate=0))

    walk_until_finished(timeline)

    assert timeline.divergence is not None
    assert "the gradient of layer0.W[0, 0] is not finite at step 1" in timeline.divergence.cause
    assert "learning rate" not in timeline.divergence.cause


def test_one_can_go_back_and_choose_a_smaller_learning_rate() -> None:
    timeline = runaway()
    timeline.run(10_000)

    timeline.seek(step=2)
    timeline.edit("learning_rate", 0.2)
    timeline.run(50)

    assert timeline.divergence is None
    assert timeline.cursor == Cursor(52, 0)
    assert timeline.history("loss")[-1] == pytest.approx(0.0, abs=1e-20)


def test_a_smaller_learning_rate_at_the_place_itself_lets_the_run_go_on() -> None:
    timeline = start(one_neuron(x=2, target=1, w=1e303, b=0, learning_rate=1e6))
    timeline.run(1)
    assert timeline.cursor == Cursor(0, place_of(timeline, "update"))

    timeline.edit("learning_rate", 0.2)

    assert timeline.divergence is None
    assert not timeline.finished
    assert timeline.run(3) == Cursor(3, 0)


def test_going_back_from_the_place_and_forward_again_diverges_again() -> None:
    timeline = runaway()
    timeline.run(10_000)
    place, told = timeline.cursor, timeline.divergence

    timeline.back()
    assert timeline.divergence is None
    walk_until_finished(timeline)

    assert timeline.cursor == place
    assert timeline.divergence == told


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_optimizer_warns_on_its_way_to_infinity(name: str) -> None:
    timeline = start(
        {
            "data": rows([[1e154], [-1e154]], [[1.0, 0.0], [0.0, 1.0]]),
            "network": {"layers": [dense(2, W=[[1.0], [2.0]])]},
            "loss": "half_squared_error",
            "optimizer": {"type": name, "learning_rate": 1e6},
            "penalty": {"l2": 1e300},
            "clipping": {"type": "norm", "maximum": 1e300},
        }
    )

    for _ in range(400):
        if timeline.next() is None:
            break
        for sample in range(2):
            if timeline.cursor.event > 0:
                timeline.detail(timeline.cursor.event - 1, sample)
        timeline.what_if()
        timeline.preview(1e6)

    assert all(np.isfinite(weights).all() for weights in timeline.parameters().values())


def test_a_learning_rate_that_leaves_the_range_of_numbers_does_not_warn() -> None:
    timeline = start(xor(schedule={"type": "exponential", "gamma": 1e200, "per": "step"}))

    timeline.run(20)

    assert timeline.divergence is not None
    assert timeline.divergence.step == 2


def test_weights_at_the_edge_of_the_range_do_not_warn() -> None:
    timeline = start(one_neuron(x=1, target=0, w=-1.7e308, b=0, learning_rate=1e6, loss="mean_absolute_error"))
    timeline.edit("weight_decay", 1.0)

    walk_until_finished(timeline)

    assert timeline.divergence is not None


def test_a_loss_beyond_all_numbers_with_finite_weights_is_no_divergence() -> None:
    timeline = start(one_neuron(x=1e150, target=0, w=1e5, b=0, learning_rate=0))

    timeline.run(300)

    assert timeline.divergence is None
    assert timeline.cursor == Cursor(300, 0)
    assert np.isinf(timeline.history("loss")).all()


def test_a_run_diverges_in_the_middle_of_an_epoch_with_validation_and_small_batches(rng: np.random.Generator) -> None:
    data = rows(
        rng.normal(size=(10, 1)), rng.normal(size=(10, 1)), validation_inputs=[[1.0]], validation_targets=[[1.0]]
    )
    document = {
        "data": data,
        "network": {"layers": [dense(1)]},
        "optimizer": sgd(20.0),
        "batch_size": 3,
    }
    run, walked = start(document), start(document)

    run.run(10_000)
    walk_until_finished(walked)

    assert run.divergence is not None
    assert run.cursor == walked.cursor
    assert run.divergence == walked.divergence
