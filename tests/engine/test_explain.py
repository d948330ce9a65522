"""Each explanation is a sum on the screen that comes out right, and unfolds down to what is given."""

import math
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pytest

from engine import Explanation, Expression, Quantity, Timeline
from engine.activations import ACTIVATIONS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from tests.engine.networks import Document, dense, dropout, random_document, rows, start, xor

RULES: Mapping[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "product": math.prod,
    "mean": lambda values: sum(values) / len(values),
    "negative": lambda values: -values[0],
    "difference": lambda values: values[0] - values[1],
    "quotient": lambda values: values[0] / values[1],
    "power": lambda values: values[0] ** values[1],
}


def leaves(expression: Expression) -> Iterator[Quantity]:
    """The quantities in a formula."""
    if expression.quantity is not None:
        yield expression.quantity
    for argument in expression.args:
        yield from leaves(argument)


def is_explained(timeline: Timeline, name: str) -> bool:
    try:
        timeline.explain(name, (0,) * np.ndim(timeline.values[name]))
    except KeyError:
        return False
    return True


def assert_every_number_is_explained(document: Document, steps: int = 2) -> None:
    """At the end of a step, every explained number equals the formula that explains it, and so do those inside."""
    timeline = start(document)
    timeline.run(steps)
    timeline.run_to_end_of_step()
    seen: set[tuple[str, tuple[int, ...]]] = set()
    for name in timeline.names():
        if name.endswith((".W", ".b")) or not is_explained(timeline, name):
            continue
        for index in np.ndindex(np.shape(timeline.values[name])):
            assert_unfolds(timeline, name, index, seen, depth=0)
    assert len(seen) > 20


def assert_unfolds(
    timeline: Timeline, name: str, index: tuple[int, ...], seen: set[tuple[str, tuple[int, ...]]], depth: int
) -> None:
    assert depth < 60, "the explanation goes round in a circle"
    if (name, index) in seen:
        return
    seen.add((name, index))
    told = timeline.explain(name, index)
    assert told.quantity.value == timeline.values[name][index]
    for one in (told, *told.alternatives):
        assert one.expression.value is not None
        np.testing.assert_allclose(
            one.expression.value, timeline.values[name][index], rtol=1e-12, atol=1e-16, err_msg=f"{name}{list(index)}"
        )
        assert_computed_right(one.expression)
        for quantity in leaves(one.expression):
            assert quantity.value == timeline.values[quantity.name][quantity.index]
            if quantity.unfolds:
                assert_unfolds(timeline, quantity.name, quantity.index, seen, depth + 1)


def assert_computed_right(expression: Expression) -> None:
    """The value of a node follows from those of its arguments."""
    for argument in expression.args:
        assert_computed_right(argument)
    values = [argument.value for argument in expression.args if argument.value is not None]
    if expression.op in ("quantity", "number", "call") or expression.value is None:
        return
    np.testing.assert_allclose(expression.value, RULES[expression.op](values), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_numbers_of_every_activation_are_explained(activation: str, rng: np.random.Generator) -> None:
    assert_every_number_is_explained(random_document(rng, activation, "mean_squared_error", samples=2))


@pytest.mark.parametrize("unfolded", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_numbers_of_every_loss_are_explained(loss: str, unfolded: bool, rng: np.random.Generator) -> None:
    document = random_document(rng, "tanh", loss, samples=2)
    document["loss"] = {"type": loss, "unfolded": unfolded}

    assert_every_number_is_explained(document)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "categorical_cross_entropy"])
def test_numbers_of_a_cross_entropy_on_logits_are_explained(loss: str, rng: np.random.Generator) -> None:
    assert_every_number_is_explained(random_document(rng, "tanh", loss, output="identity", samples=2))


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("update", OPTIMIZERS)
def test_numbers_of_every_optimizer_are_explained(update: str, weight_decay: float, rng: np.random.Generator) -> None:
    optimizer = {"type": update, "learning_rate": 0.1, "weight_decay": weight_decay}

    assert_every_number_is_explained(random_document(rng, "tanh", "half_squared_error", optimizer=optimizer, samples=2))


@pytest.mark.parametrize("clipping", ["none", "value", "norm"])
def test_numbers_with_penalties_clipping_and_frozen_parameters_are_explained(
    clipping: str, rng: np.random.Generator
) -> None:
    document = random_document(
        rng,
        "tanh",
        "mean_squared_error",
        samples=2,
        penalty={"l1": 0.1, "l2": 0.2},
        clipping={"type": clipping, "maximum": 0.05},
    )
    document["network"]["layers"][0]["frozen"] = ["b"]
    document["network"]["layers"][1]["frozen"] = ["W"]

    assert_every_number_is_explained(document)


def test_numbers_with_dropout_validation_and_mini_batches_are_explained(rng: np.random.Generator) -> None:
    data = rows(rng.normal(size=(5, 2)), rng.normal(size=(5, 1)))
    data |= {"validation_inputs": [[0.0, 0.0]], "validation_targets": [[0.0]]}
    document = {
        "data": data,
        "network": {"layers": [dropout(0.2), dense(3, "tanh"), dropout(0.5), dense(1)]},
        "batch_size": 3,
    }

    assert_every_number_is_explained(document)


def test_a_batch_of_many_samples_is_explained_by_all_of_them(rng: np.random.Generator) -> None:
    document = {
        "data": rows(rng.normal(size=(100, 1)), rng.normal(size=(100, 1))),
        "network": {"layers": [dense(1)]},
    }
    timeline = start(document)
    timeline.run_to_end_of_step()

    told = timeline.explain("layer0.W", (0, 0))

    assert len(told.expression.args) < 100
    assert told.expression.value == timeline.values["layer0.grad_W"][0, 0]


def test_a_weight_is_explained_by_its_gradient() -> None:
    timeline = start(xor())
    timeline.run_to_end_of_step()

    told = timeline.explain("layer0.W", (1, 0))

    assert told.quantity.name == "layer0.grad_W"
    assert told.expression.op == "mean"
    assert [leaf.name for leaf in leaves(told.expression.args[2])] == ["layer0.delta", "x"]
    assert [leaf.index for leaf in leaves(told.expression.args[2])] == [(2, 1), (2, 0)]


def test_the_delta_of_a_hidden_neuron_is_the_error_that_arrives_times_the_slope() -> None:
    timeline = start(xor())
    timeline.run_to_end_of_step()

    told = timeline.explain("layer0.delta", (3, 1))

    assert told.expression.op == "product"
    assert [leaf.name for leaf in leaves(told.expression)] == ["layer0.grad_a", "layer0.slope"]


def test_symbols_count_from_1_and_indices_from_0() -> None:
    timeline = start(xor())

    told = timeline.explain("layer0.z", (0, 1))

    first = next(leaves(told.expression))
    assert (first.name, first.index) == ("layer0.W", (1, 0))
    assert first.latex == "w^{(1)}_{21}"
    assert first.words == "weight of layer 1 from 1 to 2"


def test_what_is_not_computed_yet_has_no_value_but_a_formula() -> None:
    timeline = start(xor())

    told = timeline.explain("layer1.W", (0, 0))

    assert told.quantity.value is None
    assert told.expression.value is None
    quantities = list(leaves(told.expression))
    assert [one.value for one in quantities if one.name == "layer1.delta"] == [None] * 4


def test_an_explanation_gets_its_numbers_as_they_are_computed() -> None:
    timeline = start(xor())

    def known() -> int:
        return sum(one.value is not None for one in leaves(timeline.explain("layer0.W", (0, 0)).expression))

    before = known()
    timeline.run_to_end_of_step()

    assert before == 0
    assert known() == 8


@pytest.mark.parametrize(
    ("loss", "output"), [("binary_cross_entropy", "sigmoid"), ("categorical_cross_entropy", "softmax")]
)
def test_the_short_way_through_a_cross_entropy_can_be_unfolded_into_the_long_one(
    loss: str, output: str, rng: np.random.Generator
) -> None:
    timeline = start(random_document(rng, "tanh", loss))
    timeline.run_to_end_of_step()

    told: Explanation = timeline.explain("layer1.delta", (1, 0))

    assert told.expression.op == "difference"
    (long,) = told.alternatives
    assert long.expression.value == pytest.approx(told.quantity.value, rel=1e-12)
    assert len(list(leaves(long.expression))) > 2


def outputs_are(z: list[float], target: list[float], loss: str, activation: str, *, unfolded: bool = False) -> Timeline:
    """A run at the end of its backward pass, whose output layer has exactly these z for its only sample."""
    layer = dense(len(z), activation, W=[[number] for number in z], b=[0.0] * len(z))
    document = {
        "data": rows([[1.0]], [target]),
        "network": {"layers": [layer]},
        "loss": {"type": loss, "unfolded": unfolded},
    }
    timeline = start(document)
    timeline.run_to_end_of_step()
    return timeline


@pytest.mark.parametrize("z", [[800.0, 799.0, -5.0], [-900.0, -800.0, -801.0], [710.0, 710.0, 710.0]])
def test_a_softmax_far_out_is_explained_by_what_it_is(z: list[float]) -> None:
    timeline = outputs_are(z, [0.0, 1.0, 0.0], "categorical_cross_entropy", "softmax")

    for neuron in range(3):
        told = timeline.explain("layer0.a", (0, neuron))

        assert told.expression.value == pytest.approx(timeline.values["layer0.a"][0, neuron], rel=1e-12, abs=1e-300)
        assert_computed_right(told.expression)
        assert "largest z is subtracted" in told.words


def test_a_softmax_near_0_is_explained_by_the_powers_of_e_themselves() -> None:
    timeline = outputs_are([700.0, -700.0], [0.0, 1.0], "categorical_cross_entropy", "softmax")

    told = timeline.explain("layer0.a", (0, 0))

    assert told.expression.value == 1.0
    assert "largest" not in told.words


@pytest.mark.parametrize(
    ("loss", "activation", "z", "target"),
    [
        ("binary_cross_entropy", "sigmoid", [1000.0, -1000.0], [1.0, 0.0]),
        ("categorical_cross_entropy", "softmax", [1000.0, 0.0], [1.0, 0.0]),
    ],
)
@pytest.mark.parametrize("unfolded", [False, True])
def test_certain_and_right_outputs_are_explained_without_0_over_0(
    loss: str, activation: str, z: list[float], target: list[float], unfolded: bool
) -> None:
    timeline = outputs_are(z, target, loss, activation, unfolded=unfolded)
    names = ["layer0.delta", "layer0.grad_a"] if unfolded else ["layer0.delta"]

    for name in names:
        for neuron in range(2):
            told = timeline.explain(name, (0, neuron))
            ways = [told, *told.alternatives]
            assert [way.expression.value for way in ways] == [timeline.values[name][0, neuron]] * len(ways)
            assert len(ways) == (1 if unfolded else 2)


@pytest.mark.parametrize(
    ("loss", "activation", "z", "target"),
    [
        ("binary_cross_entropy", "sigmoid", [1000.0, -1000.0], [0.0, 1.0]),
        ("categorical_cross_entropy", "softmax", [1000.0, 0.0], [0.0, 1.0]),
    ],
)
def test_there_is_no_long_way_to_an_output_that_is_certain_and_wrong(
    loss: str, activation: str, z: list[float], target: list[float]
) -> None:
    told = outputs_are(z, target, loss, activation).explain("layer0.delta", (0, 0))

    assert told.expression.value == 1.0
    assert told.alternatives == ()


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("layer0.z", (0, 5)),
        ("layer0.z", (0,)),
        ("layer0.z", (-1, 0)),
        ("layer7.z", (0, 0)),
        ("layer-1.z", (0, 0)),
        ("x", (0, 0)),
        ("nothing", ()),
        ("foo.W", (0, 0)),
        ("layer0.W", ()),
        ("layer0.", ()),
        ("", ()),
        ("loss", (0,)),
    ],
)
def test_what_does_not_exist_or_is_given_is_a_key_error(name: str, index: tuple[int, ...]) -> None:
    timeline = start(xor())
    timeline.run_to_end_of_step()

    with pytest.raises(KeyError):
        timeline.explain(name, index)


@pytest.mark.parametrize("field", ["grad_W", "z", "delta", "slope"])
def test_a_dropout_layer_has_no_weights_to_explain(field: str) -> None:
    timeline = start(xor(network={"layers": [dense(2, "tanh"), dropout(0.5), dense(1, "sigmoid")]}))
    timeline.run_to_end_of_step()

    with pytest.raises(KeyError):
        timeline.explain(f"layer1.{field}", (0, 0))
