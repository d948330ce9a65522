import re

import numpy as np
import pytest

from engine import Cursor, Timeline
from engine.diagnoses import Diagnosis, Place, diagnose, loss_of_constant_answer, told
from engine.losses import LOSSES
from engine.survey import Survey
from tests.engine.networks import (
    XOR_INPUTS,
    XOR_TARGETS,
    Document,
    dense,
    one_neuron,
    random_document,
    rows,
    sgd,
    snapshot,
    start,
    xor,
)


def after(document: Document, steps: int) -> tuple[Timeline, list[Diagnosis]]:
    """A run after so many steps, and what ails it."""
    timeline = start(document)
    timeline.run(steps)
    survey = Survey(timeline)
    survey.advance(60.0)
    return timeline, diagnose(survey, timeline)


def ailments(document: Document, steps: int) -> dict[str, Diagnosis]:
    """What ails a run after so many steps, by kind."""
    return {one.kind: one for one in after(document, steps)[1]}


# Vanishing and exploding gradients


def deep(activation: str, hidden: int = 6) -> Document:
    """Six hidden layers of six neurons on XOR."""
    layers = [dense(6, activation) for _ in range(hidden)]
    return {
        "seed": 1,
        "data": rows(XOR_INPUTS, XOR_TARGETS),
        "network": {"layers": [*layers, dense(1, "sigmoid")]},
        "loss": "binary_cross_entropy",
        "optimizer": sgd(0.1),
    }


def test_the_gradient_vanishes_in_six_layers_of_sigmoids() -> None:
    timeline, found = after(deep("sigmoid"), 20)
    timeline.seek(19)
    timeline.run_to_end_of_step()

    one = next(one for one in found if one.kind == "vanishing_gradient")

    sizes = [np.sqrt(np.mean(timeline.values[f"layer{i}.grad_W"] ** 2)) for i in (0, 6)]
    assert one.words == (
        f"The gradient vanishes: layer 1 learns 5,000 times more slowly than layer 7 "
        f"(rms {told(sizes[0])} against {told(sizes[1])})."
    )
    assert sizes[1] / sizes[0] == pytest.approx(5000, rel=0.1)
    assert (one.since_step, one.place, one.severity) == (0, Place(0), "serious")


def test_it_does_not_vanish_in_six_layers_of_tanh_nor_in_two_of_sigmoids() -> None:
    assert "vanishing_gradient" not in ailments(deep("tanh"), 20)
    assert "vanishing_gradient" not in ailments(deep("sigmoid", hidden=2), 20)


def test_it_vanishes_still_where_the_mean_over_the_batch_has_come_to_nothing() -> None:
    one = ailments(deep("sigmoid"), 3000)["vanishing_gradient"]

    assert re.search(r"the error that reaches layer 1 is 9,000 times smaller than that of layer 7", one.words)
    assert one.since_step == 0


def test_a_gradient_that_is_small_because_the_loss_has_arrived_does_not_vanish() -> None:
    timeline, found = after(deep("tanh"), 6000)

    assert timeline.history("loss")[-1] < 1e-3 * timeline.history("loss")[0]
    assert found == []


def unscaled(size: float) -> Document:
    """Inputs of a given size in front of weights that undo it."""
    x = np.array([[1.0], [2.0], [3.0]])
    return {
        "data": rows(x * size, 0.1 * x),
        "network": {
            "layers": [
                dense(2, "tanh", W=[[0.1 / size], [0.2 / size]], b=[0.0, 0.0]),
                dense(1, W=[[1.0, 0.5]], b=[0.0]),
            ]
        },
        "loss": "half_squared_error",
        "optimizer": sgd(1e-12),
    }


def test_the_gradient_explodes_behind_inputs_that_are_far_too_large() -> None:
    one = ailments(unscaled(1e4), 5)["exploding_gradient"]

    assert one.words.startswith(
        "The gradient explodes on its way back: that of layer 1 is 50,000 times as large as that"
    )
    assert (one.since_step, one.place) == (0, Place(0))


def test_it_does_not_explode_behind_inputs_of_a_moderate_size() -> None:
    assert ailments(unscaled(100.0), 5) == {}


def test_a_gradient_that_grows_with_the_loss_explodes() -> None:
    # The error is multiplied by 1 − 5·20 = −99 in each step; three steps are too few to say that the loss diverges.
    one = ailments(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=20.0), 3)["exploding_gradient"]

    assert "its length has grown 10,000 times" in one.words
    assert one.since_step == 2


def test_a_gradient_that_has_grown_a_little_less_does_not() -> None:
    assert ailments(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=20.0), 2) == {}


# Neurons


def lesson_10b(learning_rate: float, activation: str = "relu") -> Document:
    x = np.array([[0.5], [1.0], [1.5]])
    return {
        "data": rows(x, 0.6 * x),
        "network": {
            "layers": [
                dense(2, activation, W=[[1.0], [0.5]], b=[0.5, 0.2]),
                dense(1, W=[[1.0, 0.5]], b=[0.0]),
            ]
        },
        "loss": "half_squared_error",
        "optimizer": sgd(learning_rate),
    }


def test_one_step_too_large_kills_both_relus() -> None:
    one = ailments(lesson_10b(0.8), 200)["dead_neurons"]

    assert one.words == (
        "2 of the 2 ReLUs of layer 1 are dead: neurons 1 and 2 give 0 for every row, so no gradient passes."
    )
    assert (one.since_step, one.place, one.severity) == (1, Place(0, (0, 1)), "serious")


def test_a_moderate_step_or_a_leak_kills_none() -> None:
    assert ailments(lesson_10b(0.1), 200) == {}
    assert "dead_neurons" not in ailments(lesson_10b(0.8, "leaky_relu"), 200)


def test_one_dead_relu_of_two_is_a_warning() -> None:
    timeline = start(lesson_10b(0.01))
    timeline.run(300)
    timeline.edit("layer0.b", -9.0, (1,))
    timeline.run(300)

    one = next(one for one in diagnose(Survey(timeline), timeline) if one.kind == "dead_neurons")

    assert one.words.startswith("1 of the 2 ReLUs of layer 1 is dead: neuron 2 gives 0 for every row")
    assert (one.since_step, one.place, one.severity) == (300, Place(0, (1,)), "warning")


def squashed(w: float) -> Document:
    return {
        "data": rows([[0.8], [1.0], [1.2]], [[0.1], [0.5], [0.3]]),
        "network": {"layers": [dense(2, "tanh", W=[[w], [0.5]], b=[0.0, 0.0]), dense(1, W=[[1.0, 0.5]], b=[0.0])]},
        "loss": "half_squared_error",
        "optimizer": sgd(0.01),
    }


def test_a_tanh_with_a_large_weight_is_saturated() -> None:
    one = ailments(squashed(5.0), 100)["saturated_neurons"]

    assert one.words.startswith(
        "1 of the 2 neurons of layer 1 is saturated: for nearly every row the slope of neuron 1"
    )
    assert (one.since_step, one.place, one.severity) == (0, Place(0, (0,)), "warning")


def test_a_tanh_with_a_smaller_weight_is_not() -> None:
    # 0.8 · 3 = 2.4: the slope there is 0.03.
    assert "saturated_neurons" not in ailments(squashed(3.0), 100)


def test_a_last_layer_that_is_sure_is_not_saturated() -> None:
    document = xor(optimizer=sgd(0.0), network={"layers": [dense(1, "sigmoid", W=[[0.0, 0.0]], b=[9.0])]})

    assert "saturated_neurons" not in ailments(document, 10)


def lesson_4(W: list[list[float]], out: list[float]) -> Document:
    units = len(W)
    return {
        "data": {"name": "xor"},
        "network": {"layers": [dense(units, "tanh", W=W, b=[0.5] * units), dense(1, "sigmoid", W=[out], b=[0.5])]},
        "loss": "binary_cross_entropy",
        "optimizer": sgd(0.5),
    }


def test_neurons_that_begin_the_same_are_copies_for_ever() -> None:
    one = ailments(lesson_4([[0.5, 0.5]] * 3 + [[0.1, 0.9]], [0.5] * 4), 300)["symmetric_neurons"]

    assert one.words == (
        "3 neurons of layer 1 are copies of one another (neurons 1, 2 and 3): they get the same gradient and stay the same."
    )
    assert (one.since_step, one.place, one.severity) == (0, Place(0, (0, 1, 2)), "warning")


def test_neurons_with_the_same_weights_in_and_others_out_are_no_copies() -> None:
    assert "symmetric_neurons" not in ailments(lesson_4([[0.5, 0.5]] * 3, [0.5, 0.4, 0.6]), 1)
    assert "symmetric_neurons" not in ailments(lesson_4([[0.5, 0.5], [0.5, 0.501]], [0.5, 0.5]), 300)


def test_neurons_are_copies_since_somebody_made_them_so() -> None:
    timeline = start(lesson_4([[0.5, 0.5], [0.2, 0.1]], [0.5, 0.5]))
    timeline.run(500)
    for name, source in (("layer0.W", (0, 0)), ("layer0.W", (0, 1)), ("layer0.b", (0,)), ("layer1.W", (0, 0))):
        target = (1, *source[1:]) if name.startswith("layer0") else (0, 1)
        timeline.edit(name, float(timeline.values[name][source]), target)
    timeline.run(500)

    one = next(one for one in diagnose(Survey(timeline), timeline) if one.kind == "symmetric_neurons")

    assert (one.since_step, one.severity) == (500, "serious")


# The loss


def test_copies_stand_still_far_above_what_they_could_reach() -> None:
    document = {**lesson_4([[0.0, 0.0]] * 2, [0.0, 0.0]), "optimizer": sgd(1.0)}
    document["network"]["layers"][0]["b"] = [0.0, 0.0]
    document["network"]["layers"][1]["b"] = [0.3]
    timeline, found = after(document, 1000)

    one = next(one for one in found if one.kind == "plateau")

    losses = timeline.history("loss")
    near = np.abs(losses - losses[-1]) <= 1e-3 * losses[-1]
    assert near[one.since_step :].all()
    assert not near[one.since_step - 1]
    assert one.words.startswith(
        f"The loss stands still: 0.693 for {1000 - one.since_step} steps, where the best constant answer has 0.693; "
    )


def test_a_loss_that_stands_still_for_a_shorter_time_is_on_no_plateau() -> None:
    document = {**lesson_4([[0.0, 0.0]] * 2, [0.0, 0.0]), "optimizer": sgd(1.0)}

    assert "plateau" in ailments(document, 200)
    assert "plateau" not in ailments(document, 40)


def test_a_loss_near_0_is_on_no_plateau() -> None:
    assert ailments(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1), 1000) == {}


def test_a_loss_at_the_floor_of_noisy_data_is_on_no_plateau() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (32, 1))
    document = {
        "data": rows(x, 2 * x - 1 + rng.normal(0, 0.5, (32, 1))),
        "network": {"layers": [dense(1, W=[[0.0]], b=[0.0])]},
        "loss": "half_squared_error",
        "optimizer": sgd(0.3),
    }
    timeline, found = after(document, 2000)

    assert timeline.history("loss")[-1] == timeline.history("loss")[-500]
    assert found == []


def test_a_learning_rate_of_0_is_no_plateau() -> None:
    assert ailments(xor(optimizer=sgd(0.0)), 500) == {}


@pytest.mark.parametrize("name", LOSSES)
def test_no_constant_answer_is_better_than_the_best_one(name: str) -> None:
    rng = np.random.default_rng(3)
    document = random_document(rng, "tanh", name, samples=9)
    timeline = start(document)
    best = loss_of_constant_answer(timeline.experiment)

    layers = document["network"]["layers"]
    layers[1]["W"] = np.zeros((2, 3)).tolist()
    losses = []
    for _ in range(200):
        layers[1]["b"] = rng.normal(size=2).tolist()
        trial = start(document)
        trial.run_to_end_of_step()
        losses.append(float(trial.values["loss"]))

    # Huber's best lies between mean and median; the better of the two is close to it.
    assert best <= min(losses) * (1.05 if name == "huber" else 1 + 1e-12)
    assert best >= 0.7 * min(losses)


def lesson_11(seed: int = 4) -> Document:
    """Twelve noisy points of a sine, and 24 tanhs to bend through all of them."""
    rng = np.random.default_rng(seed)
    x, held_out = rng.uniform(-1, 1, (12, 1)), np.linspace(-1, 1, 200)[:, None]
    y = np.sin(3 * x) + rng.normal(0, 0.3, (12, 1))
    W = rng.normal(0, 4, (24, 1))
    return {
        "seed": seed,
        "data": rows(x, y, validation_inputs=held_out.tolist(), validation_targets=(np.sin(3 * held_out)).tolist()),
        "network": {"layers": [dense(24, "tanh", W=W.tolist()), dense(1)]},
        "loss": "half_squared_error",
        "optimizer": {"type": "adam", "learning_rate": 0.02},
    }


def test_a_network_overfits_since_the_epoch_of_its_best_validation_loss() -> None:
    timeline, found = after(lesson_11(), 2000)

    one = next(one for one in found if one.kind == "overfitting")

    steps, validation = (np.array(column) for column in zip(*timeline.validations(), strict=True))
    best = int(np.argmin(validation))
    assert one.since_step == steps[best]
    assert one.words.startswith(f"The network overfits since epoch {best + 1}: the validation loss has risen from ")
    assert f"to {told(validation[-1])}, while the training loss has fallen" in one.words
    assert one.severity == "warning"


def test_a_few_epochs_after_the_best_it_does_not_overfit_yet() -> None:
    timeline = start(lesson_11())
    timeline.run(2000)
    best = int(np.argmin([loss for _, loss in timeline.validations()]))

    assert "overfitting" not in ailments(lesson_11(), best + 5)


def test_without_validation_rows_nothing_overfits() -> None:
    document = lesson_11()
    for name in ("validation_inputs", "validation_targets"):
        del document["data"][name]

    assert "overfitting" not in ailments(document, 2000)


def lesson_5(learning_rate: float) -> Document:
    return one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=learning_rate)


def test_a_loss_that_grows_and_grows_diverges() -> None:
    timeline, found = after(lesson_5(0.5), 8)
    timeline.seek(7)
    timeline.run_to_end_of_step()
    change = float(np.abs(timeline.values["layer0.change_W"]).max())

    assert [one.kind for one in found] == ["diverging"]
    assert found[0].words == (
        f"The loss grows, from 2 at step 1 to 584, because |Δw₁₁⁽¹⁾| = {told(change)}: "
        "learning rate 0.5 is too large here."
    )
    assert (found[0].since_step, found[0].place) == (0, Place(parameter="layer0.W[0, 0]"))


def test_the_stability_limit_parts_what_diverges_from_what_does_not() -> None:
    assert set(ailments(lesson_5(0.41), 30)) == {"diverging"}
    assert ailments(lesson_5(0.39), 30) == {}


def test_a_run_that_was_steady_diverges_since_somebody_raised_the_learning_rate() -> None:
    timeline = start(lesson_5(0.1))
    timeline.run(3)
    timeline.edit("learning_rate", 0.6)
    timeline.run(12)

    one = next(one for one in diagnose(Survey(timeline), timeline) if one.kind == "diverging")

    assert one.since_step == 3


def test_an_overshoot_at_the_beginning_is_no_divergence() -> None:
    document = one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1)
    document["optimizer"] = {"type": "momentum", "learning_rate": 0.1}

    for steps in range(1, 40):
        assert "diverging" not in ailments(document, steps)


def test_a_run_that_has_diverged_says_what_the_engine_recorded() -> None:
    timeline, found = after(lesson_5(3.0), 10_000)

    assert timeline.divergence is not None
    assert found[0].kind == "diverging"
    assert found[0].words == timeline.divergence.cause
    assert found[0].since_step == 0
    assert found[0].place.parameter == timeline.divergence.parameter


def test_a_run_that_diverges_in_its_first_step_is_told_too() -> None:
    _, found = after(one_neuron(x=2, target=1, w=1e303, b=0, learning_rate=1e6), 10)

    assert [one.kind for one in found] == ["diverging"]
    assert found[0].since_step == 0


# All of it


def test_a_healthy_run_has_nothing() -> None:
    assert ailments(xor(), 5000) == {}


def test_a_run_that_has_not_begun_has_nothing() -> None:
    timeline = start(xor())

    assert diagnose(Survey(timeline), timeline) == []


def test_the_most_serious_comes_first() -> None:
    _, found = after(lesson_10b(0.8), 200)

    assert [one.kind for one in found] == ["dead_neurons", "plateau"]


def test_a_diagnosis_is_the_same_however_much_was_sampled_and_wherever_the_cursor_is() -> None:
    timeline, found = after(deep("relu"), 3000)
    assert found

    timeline.seek(40, 3)
    before = snapshot(timeline)
    again = diagnose(Survey(timeline), timeline)

    assert timeline.cursor == Cursor(40, 3)
    assert snapshot(timeline) == before
    assert [(one.kind, one.words, one.place) for one in again] == [(one.kind, one.words, one.place) for one in found]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0.0, "0"),
        (0.0791, "0.0791"),
        (38.0, "38"),
        (2251.4, "2251"),
        (3e-9, "3·10⁻⁹"),
        (-4.26e-5, "-4.3·10⁻⁵"),
        (1.5e12, "1.5·10¹²"),
        (float("inf"), "∞"),
        (float("nan"), "nan"),
    ],
)
def test_numbers_in_a_sentence_are_short(number: float, words: str) -> None:
    assert told(number) == words
