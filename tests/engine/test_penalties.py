import numpy as np
import pytest

from engine import Timeline
from tests.engine.networks import Document, dense, one_neuron, random_document, rows, run_until, sgd, start


def penalized(penalty: Document, **more: object) -> Timeline:
    """Weights 3 and −2, bias 10, and data that ask for nothing: all that pulls is the penalty."""
    return start(
        {
            "data": rows([[0.0, 0.0]], [[10.0]]),
            "network": {"layers": [dense(1, W=[[3.0, -2.0]], b=[10.0])]},
            "loss": "half_squared_error",
            "optimizer": sgd(0.1),
            "penalty": penalty,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("penalty", "amount", "pull"),
    [
        ({"l2": 0.5}, 0.5 * 0.5 * 13.0, [1.5, -1.0]),
        ({"l1": 0.5}, 0.5 * 5.0, [0.5, -0.5]),
        ({"l1": 0.5, "l2": 0.5}, 0.5 * 5.0 + 0.5 * 0.5 * 13.0, [2.0, -1.5]),
    ],
)
def test_a_penalty_is_part_of_the_loss_and_of_the_gradient(penalty: Document, amount: float, pull: list[float]) -> None:
    timeline = penalized(penalty)

    timeline.run_to_end_of_step()

    assert timeline.values["data_loss"] == 0.0
    assert timeline.values["penalty"] == pytest.approx(amount)
    assert timeline.values["loss"] == pytest.approx(amount)
    np.testing.assert_allclose(timeline.values["layer0.penalty_grad_W"], [pull])
    np.testing.assert_allclose(timeline.values["layer0.grad_W"], [pull])


def test_biases_are_free() -> None:
    timeline = penalized({"l1": 1.0, "l2": 1.0})

    timeline.run_to_end_of_step()

    assert timeline.values["layer0.penalty_grad_b"].item() == 0.0
    assert timeline.values["layer0.next_b"].item() == 10.0


def test_a_penalty_has_an_event_in_the_loss_and_one_in_the_gradient() -> None:
    timeline = penalized({"l2": 0.5})

    kinds = [planned.kind for planned in timeline.plan]

    assert kinds.index("penalty") == kinds.index("loss") + 1
    assert kinds.index("penalty_gradient") == kinds.index("update") - 1
    assert [planned.phase for planned in timeline.plan if planned.kind.startswith("penalty")] == ["loss", "backward"]


def test_the_loss_is_known_only_with_its_penalty() -> None:
    timeline = penalized({"l2": 0.5})

    run_until(timeline, "loss")

    assert "data_loss" in timeline.values
    assert "loss" not in timeline.values


def test_the_gradient_before_the_penalty_is_that_of_the_data_alone() -> None:
    timeline = penalized({"l2": 0.5})

    run_until(timeline, "weight_gradient")

    np.testing.assert_array_equal(timeline.values["layer0.grad_W"], [[0.0, 0.0]])


def test_without_a_penalty_there_is_no_such_event() -> None:
    timeline = start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1))

    assert not any(planned.kind.startswith("penalty") for planned in timeline.plan)


def test_l1_lets_a_weight_of_0_rest() -> None:
    timeline = penalized({"l1": 0.5})
    timeline.edit("layer0.W", 0.0, (0, 0))

    timeline.run_to_end_of_step()

    np.testing.assert_array_equal(timeline.values["layer0.penalty_grad_W"], [[0.0, -0.5]])


def test_the_penalty_of_a_run_is_kept_for_each_step() -> None:
    timeline = penalized({"l2": 0.5})
    timeline.run(3)
    timeline.edit("penalty.l2", 0.0)
    timeline.run(2)

    history = timeline.history("penalty")

    shrinking = 0.25 * 13.0 * (1 - 0.1 * 0.5) ** (2 * np.arange(3))
    np.testing.assert_allclose(history, [*shrinking, 0.0, 0.0])


def test_a_penalty_that_begins_late_is_kept_at_its_own_steps() -> None:
    timeline = start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1))
    timeline.run(3)
    timeline.edit("penalty", {"l2": 1.0})
    timeline.run(2)
    before = timeline.history("penalty")

    timeline.seek(step=4)
    timeline.edit("learning_rate", 0.0)

    assert before.tolist()[:3] == [0.0, 0.0, 0.0]
    assert before[3] > 0.0
    np.testing.assert_array_equal(timeline.history("penalty"), before[:4])


def test_the_validation_loss_has_no_penalty_in_it() -> None:
    data = rows([[1.0]], [[0.0]], validation_inputs=[[1.0]], validation_targets=[[1.0]])
    timeline = start(
        {
            "data": data,
            "network": {"layers": [dense(1, W=[[3.0]], b=[0.0])]},
            "loss": "half_squared_error",
            "penalty": {"l2": 100.0},
        }
    )

    timeline.next()

    assert timeline.values["validation_loss"] == 2.0


def test_decoupled_weight_decay_is_no_part_of_the_gradient() -> None:
    optimizer = {"type": "adamw", "learning_rate": 0.1, "weight_decay": 0.5}
    decayed = start(random_document(np.random.default_rng(1), "tanh", "mean_squared_error", optimizer=optimizer))
    plain = start(
        random_document(
            np.random.default_rng(1), "tanh", "mean_squared_error", optimizer=optimizer | {"weight_decay": 0.0}
        )
    )

    for timeline in (decayed, plain):
        timeline.run_to_end_of_step()

    np.testing.assert_array_equal(decayed.values["layer0.m_W"], plain.values["layer0.m_W"])
    np.testing.assert_allclose(
        decayed.values["layer0.change_W"] - plain.values["layer0.change_W"], -0.05 * plain.values["layer0.W"]
    )
