import numpy as np
import pytest

from engine import Timeline
from engine.optimizers import OPTIMIZERS
from engine.survey import Survey
from engine.trace import Trace, arithmetic, trace
from tests.engine.networks import dense, one_neuron, rows, run_until, start, xor

TOLD = {
    "sgd": [],
    "momentum": ["velocity"],
    "nesterov": ["velocity"],
    "adagrad": ["square_sum"],
    "rmsprop": ["square_average", "velocity"],
    "adam": ["m", "v", "m_hat", "v_hat"],
    "adamw": ["m", "v", "m_hat", "v_hat"],
    "adadelta": ["square_average", "change_average"],
    "nadam": ["m", "v", "v_hat"],
}


def traced(timeline: Timeline, name: str, index: tuple[int, ...], most: int = 128) -> Trace:
    survey = Survey(timeline, most)
    assert survey.advance(60.0)
    return trace(survey, name, index)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("name", "index"), [("layer0.W", (1, 0)), ("layer0.b", (1,)), ("layer1.W", (0, 1))])
def test_a_trace_has_the_numbers_that_the_update_of_each_step_shows(
    optimizer: str, name: str, index: tuple[int, ...]
) -> None:
    document = xor(optimizer={"type": optimizer, "learning_rate": 0.05}, penalty={"l2": 0.01})
    timeline = start(document)
    timeline.run(300)

    told = traced(timeline, name, index, most=20)

    head, _, part = name.partition(".")
    assert list(told.optimizer) == TOLD[optimizer]
    for number, step in enumerate(told.steps.astype(int)):
        timeline.seek(step)
        assert told.w[number] == timeline.values[name][index]
        event = run_until(timeline, "update", layer=int(head[-1]))
        if part == "b":
            event = run_until(timeline, "update", layer=int(head[-1]))
        gradient = timeline.values[f"{head}.grad_{part}"][index]
        assert told.gradient[number] == gradient
        assert told.change[number] == event.values[f"{head}.change_{part}"][index]
        assert told.effective_rate[number] == abs(told.change[number]) / abs(gradient)
        assert told.learning_rate[number] == timeline.learning_rate
        for state, numbers in told.optimizer.items():
            assert numbers[number] == event.values[f"{head}.{state}_{part}"][index]


def test_the_first_step_of_adam_is_the_same_for_every_gradient() -> None:
    inputs = np.array([[1.0, 5.0], [1.0, -5.0], [-1.0, 5.0], [-1.0, -5.0]])
    timeline = start(
        {
            "data": rows(inputs, inputs @ [[2.0], [1.0]]),
            "network": {"layers": [dense(1, W=[[-2.0, -0.6]], b=[0.0], frozen=["b"])]},
            "loss": "half_squared_error",
            "optimizer": {"type": "adam", "learning_rate": 0.1},
        }
    )
    timeline.run(10)

    first, second, bias = (
        traced(timeline, name, index)
        for name, index in (("layer0.W", (0, 0)), ("layer0.W", (0, 1)), ("layer0.b", (0,)))
    )

    assert first.gradient[0] == pytest.approx(-4.0)
    assert second.gradient[0] == pytest.approx(-40.0)
    np.testing.assert_allclose([first.change[0], second.change[0]], 0.1)
    assert first.effective_rate[0] == pytest.approx(0.025)
    assert second.effective_rate[0] == pytest.approx(0.0025)
    assert not bias.change.any()


def test_a_gradient_of_0_has_no_effective_rate() -> None:
    timeline = start(one_neuron(x=0.0, target=1.0, w=1.0, b=0.0, learning_rate=0.1))
    timeline.run(3)

    told = traced(timeline, "layer0.W", (0, 0))

    assert np.isnan(told.effective_rate).all()


def test_what_an_optimizer_does_not_tell_is_missing_for_its_steps_only() -> None:
    timeline = start(xor())
    timeline.run(4)
    timeline.edit("optimizer", {"type": "adam", "learning_rate": 0.1})
    timeline.run(4)

    told = traced(timeline, "layer0.W", (0, 0))

    np.testing.assert_array_equal(np.isnan(told.optimizer["m_hat"]), [True] * 4 + [False] * 4)
    assert np.isfinite(told.w).all()


def test_steps_without_the_parameter_are_left_out() -> None:
    timeline = start(xor())
    timeline.run(4)
    timeline.edit("network.layers[0].units", 5)
    timeline.run(3)

    told = traced(timeline, "layer0.W", (4, 1))

    np.testing.assert_array_equal(told.steps, [4, 5, 6])


def test_a_network_too_large_for_its_samples_is_traced_by_visiting_the_steps() -> None:
    timeline = start(xor(optimizer={"type": "adam", "learning_rate": 0.1}))
    timeline.run(30)
    usual = traced(timeline, "layer1.W", (0, 1), most=10)

    survey = Survey(timeline, most=10, memory=30_000)
    assert survey.advance(60.0)
    assert survey.samples[0].parameters.size == 0
    told = trace(survey, "layer1.W", (0, 1))

    for ours, theirs in (
        (told.steps, usual.steps),
        (told.w, usual.w),
        (told.gradient, usual.gradient),
        (told.change, usual.change),
        (told.optimizer["v_hat"], usual.optimizer["v_hat"]),
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_a_trace_before_the_first_step_is_empty() -> None:
    assert trace(Survey(start(xor())), "layer0.W", (0, 0)).steps.size == 0


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("layer0.W", (2, 0)),
        ("layer0.W", (0,)),
        ("layer0.b", (-1,)),
        ("layer9.W", (0, 0)),
        ("layer0.z", (0, 0)),
        ("", ()),
    ],
)
def test_what_is_no_parameter_has_neither_trace_nor_arithmetic(name: str, index: tuple[int, ...]) -> None:
    timeline = start(xor())
    timeline.run(3)

    with pytest.raises(KeyError, match="the network has no parameter"):
        traced(timeline, name, index)
    with pytest.raises(KeyError, match="the network has no parameter"):
        arithmetic(timeline, name, index)


# Arithmetic


def test_the_arithmetic_of_gradient_descent() -> None:
    timeline = start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1))
    timeline.run_to_end_of_step()

    line = arithmetic(timeline, "layer0.W", (0, 0))

    assert [(number.symbol, number.value) for number in line] == [
        ("w^{(1)}_{11}", -0.5),
        (r"\frac{\partial L}{\partial w^{(1)}_{11}}", -4.0),
        (r"\eta", 0.1),
        (r"\Delta w^{(1)}_{11}", 0.4),
        (r"w^{\prime(1)}_{11}", pytest.approx(-0.1)),
    ]
    assert line[0].words == "weight of layer 1 from 1 to 1"


def test_the_arithmetic_of_adam_adds_up() -> None:
    timeline = start(xor(optimizer={"type": "adam", "learning_rate": 0.1}))
    timeline.run(6)
    timeline.run_to_end_of_step()

    line = arithmetic(timeline, "layer0.b", (1,))
    known = {number.symbol: number.value for number in line if number.value is not None}

    assert len(known) == len(line)
    g, beta1, beta2 = known[r"\frac{\partial L}{\partial b^{(1)}_{2}}"], known[r"\beta_1"], known[r"\beta_2"]
    m = beta1 * known["m^{(1)}_{2}"] + (1 - beta1) * g
    v = beta2 * known["v^{(1)}_{2}"] + (1 - beta2) * g**2
    assert known[r"m^{\prime(1)}_{2}"] == pytest.approx(m)
    assert known[r"v^{\prime(1)}_{2}"] == pytest.approx(v)
    assert known[r"\hat m^{(1)}_{2}"] == pytest.approx(m / (1 - beta1**7))
    assert known[r"\hat v^{(1)}_{2}"] == pytest.approx(v / (1 - beta2**7))
    step = known[r"\eta"] * known[r"\hat m^{(1)}_{2}"] / (np.sqrt(known[r"\hat v^{(1)}_{2}"]) + known[r"\varepsilon"])
    assert known[r"\Delta b^{(1)}_{2}"] == pytest.approx(-step)
    assert known[r"b^{\prime(1)}_{2}"] == pytest.approx(known["b^{(1)}_{2}"] - step)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_has_its_line_of_numbers(optimizer: str) -> None:
    timeline = start(xor(optimizer={"type": optimizer, "learning_rate": 0.1}))
    timeline.run(2)
    before = arithmetic(timeline, "layer0.W", (1, 1))
    timeline.run_to_end_of_step()
    after = arithmetic(timeline, "layer0.W", (1, 1))

    symbols = [number.symbol for number in after]
    assert symbols == [number.symbol for number in before]
    assert len(set(symbols)) == len(symbols)
    assert all(number.words and number.value is not None for number in after)
    assert [number.value for number in before][-2:] == [None, None]


def test_a_number_not_computed_yet_has_no_value_in_the_line() -> None:
    timeline = start(xor())
    run_until(timeline, "weight_gradient", layer=0)

    values = [number.value for number in arithmetic(timeline, "layer0.W", (0, 0))]

    assert [value is None for value in values] == [False, False, False, True, True]
