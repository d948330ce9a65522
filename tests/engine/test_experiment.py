import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Experiment, ExperimentError, Timeline
from engine.activations import ACTIVATIONS
from engine.initializers import RULES
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.schedules import READERS
from tests.engine.networks import Document, dense, dropout, examples, rows, xor


def problems_of(document: Any) -> dict[str, str]:
    """What is wrong with a document: path → what is allowed."""
    with pytest.raises(ExperimentError) as caught:
        Experiment.from_json(document)
    assert all(problem.path and problem.value and problem.allowed for problem in caught.value.problems)
    return {problem.path: problem.allowed for problem in caught.value.problems}


MAZUR = """
{"version": 1, "seed": 0,
 "data": {"inputs": [[0.05, 0.1]], "targets": [[0.01, 0.99]]},
 "network": {"layers": [
   {"type": "dense", "units": 2, "activation": "sigmoid", "W": [[0.15, 0.20], [0.25, 0.30]], "b": [0.35, 0.35],
    "frozen": ["b"]},
   {"type": "dense", "units": 2, "activation": "sigmoid", "W": [[0.40, 0.45], [0.50, 0.55]], "b": [0.60, 0.60],
    "frozen": ["b"]}]},
 "loss": "half_squared_error", "optimizer": {"type": "sgd", "learning_rate": 0.5}, "batch_size": 1, "shuffle": false}
"""


def test_a_document_may_be_text_or_an_object() -> None:
    from_text, from_object = Experiment.from_json(MAZUR), Experiment.from_json(json.loads(MAZUR))

    assert from_text.document == from_object.document == json.loads(MAZUR)
    assert from_text.learning_rate == 0.5
    assert from_text.loss.name == "half_squared_error"
    assert from_text.frozen == [(0, "b"), (1, "b")]
    assert not from_text.shuffle


def test_the_smallest_document_has_usual_values_for_the_rest() -> None:
    experiment = Experiment.from_json({"data": rows([[1.0], [2.0]], [[0.5], [0.6]]), "network": {"layers": [{}]}})

    assert experiment.seed == 0
    assert experiment.loss.name == "mean_squared_error"
    assert experiment.optimizer.name == "sgd"
    assert experiment.learning_rate == 1e-3
    assert experiment.batch_size == 2
    assert experiment.shuffle
    assert experiment.output.units == 1
    assert experiment.output.activation == "identity"
    assert experiment.early_stopping is None


def test_the_last_layer_has_as_many_neurons_as_the_targets_ask_for() -> None:
    experiment = Experiment.from_json({"data": {"name": "iris"}, "network": {"layers": [dense(4, "tanh"), {}]}})

    assert [layer.units for layer in experiment.layers] == [4, 3]


def test_explicit_weights_say_how_many_neurons_a_layer_has() -> None:
    layers = [{"W": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]}, {}]

    experiment = Experiment.from_json(xor(network={"layers": layers}))

    assert [layer.units for layer in experiment.layers] == [3, 1]


def test_weights_may_be_numpy_arrays_and_are_written_as_lists() -> None:
    layers = [{"W": np.ones((2, 2)), "activation": "tanh"}, {"units": np.int64(1)}]

    experiment = Experiment.from_json(xor(network={"layers": layers}))

    assert experiment.to_json()["network"]["layers"][0]["W"] == [[1.0, 1.0], [1.0, 1.0]]


def test_an_experiment_does_not_change_when_the_document_does() -> None:
    document = xor()
    experiment = Experiment.from_json(document)

    document["network"]["layers"][0]["units"] = 50
    told = experiment.to_json()
    told["seed"] = 99

    assert experiment.to_json() == xor()


def test_a_document_that_is_written_and_read_again_is_the_same_experiment() -> None:
    document = xor(penalty={"l1": 0.1}, schedule={"type": "cosine", "T_max": 7}, clipping={"type": "norm"})

    again = Experiment.from_json(json.dumps(Experiment.from_json(document).to_json()))

    assert again.document == document


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_can_be_named(name: str) -> None:
    experiment = Experiment.from_json(xor(network={"layers": [dense(2, name), dense(1)]}))

    timeline = Timeline(experiment)

    assert timeline.plan[2].kind == "activation"
    assert timeline.run(2).step == 2


@pytest.mark.parametrize("name", RULES)
def test_every_initializer_can_be_named(name: str) -> None:
    layer = dense(3, "tanh", initializer=name, bias_initializer={"type": "constant", "value": 0.1})

    values = Timeline(Experiment.from_json(xor(network={"layers": [layer, dense(1)]}))).values

    assert values["layer0.W"].shape == (3, 2)
    np.testing.assert_array_equal(values["layer0.b"], [0.1, 0.1, 0.1])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_can_be_named(name: str) -> None:
    experiment = Experiment.from_json(xor(optimizer=name))

    assert experiment.optimizer.name == name
    assert experiment.learning_rate == OPTIMIZERS[name].learning_rate


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_can_be_named(name: str) -> None:
    targets = {"hinge": [[-1.0], [1.0]], "categorical_cross_entropy": [[0.0, 1.0], [1.0, 0.0]]}.get(
        name, [[0.0], [1.0]]
    )
    document = {"data": rows([[1.0], [2.0]], targets), "network": {"layers": [{}]}, "loss": name}

    assert Timeline(Experiment.from_json(document)).run(2).step == 2


def test_every_problem_is_told_at_once_with_its_path() -> None:
    document = {
        "version": 3,
        "seed": -1,
        "data": {"inputs": [[1.0, "a"], [2.0]], "targets": [[0.0], [math.nan]]},
        "network": {
            "layers": [
                {"type": "dense", "units": 0, "activation": "sigmoidal"},
                {"type": "dropout", "rate": 1.5},
                {"type": "pool"},
                {"units": 2, "W": [[1.0]], "frozen": ["c"], "initializer": {"type": "normal", "std": -1}},
            ]
        },
        "loss": "accuracy",
        "optimizer": {"type": "adam", "learning_rate": -1, "beta1": 1.0, "momentum": 0.9},
        "schedule": {"type": "step"},
        "penalty": {"l2": "much"},
        "clipping": {"type": "norm", "maximum": 0},
        "early_stopping": {"patience": 1.5},
        "batch_size": 0,
        "shuffle": "yes",
        "learning_rate": 0.1,
    }

    found = problems_of(document)

    assert set(found) >= {
        "version",
        "seed",
        "data.inputs[0][1]",
        "data.inputs[1]",
        "data.targets[1][0]",
        "network.layers[0].units",
        "network.layers[0].activation",
        "network.layers[1].rate",
        "network.layers[2].type",
        "network.layers[3].W",
        "network.layers[3].frozen",
        "network.layers[3].initializer.std",
        "loss.type",
        "optimizer.learning_rate",
        "optimizer.beta1",
        "optimizer.momentum",
        "schedule.step_size",
        "penalty.l2",
        "clipping.maximum",
        "early_stopping.patience",
        "batch_size",
        "shuffle",
        "learning_rate",
    }
    assert "sigmoid" in found["network.layers[0].activation"]
    assert found["optimizer.learning_rate"] == "a number at least 0 and at most 1e+06"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"data": None}, "data.name"),
        ({"data": 5}, "data"),
        ({"data": {"name": "xorr"}}, "data.name"),
        ({"network": None}, "network.layers"),
        ({"network": {"layers": []}}, "network.layers"),
        ({"network": {"layers": {}}}, "network.layers"),
        ({"network": {"layers": [5]}}, "network.layers[0]"),
        ({"network": {"layers": [dense(1)] * 65}}, "network.layers"),
        ({"network": {"layers": [dense(1024), dense(1024), dense(1)]}}, "network.layers"),
        ({"network": {"layers": [dense(1), dropout(0.5)]}}, "network.layers"),
        ({"network": {"layers": [dense(2)]}}, "network.layers[0].units"),
        ({"network": {"layers": [dense(1, W=[[1.0]])]}}, "network.layers[0].W"),
        ({"network": {"layers": [dense(1, b=[1.0, 2.0])]}}, "network.layers[0].b"),
        ({"network": {"layers": [dense(1, b=[math.inf])]}}, "network.layers[0].b"),
        ({"network": {"layers": [dense(1, bias=True)]}}, "network.layers[0].bias"),
        ({"network": {"layers": [dense(1)], "loss": "huber"}}, "network.loss"),
        ({"loss": {"type": "huber", "delta": 2}}, "loss.delta"),
        ({"loss": ["huber"]}, "loss"),
        ({"optimizer": {"type": "sgd", "learning_rate": 1e7}}, "optimizer.learning_rate"),
        ({"optimizer": {"type": "momentum", "momentum": 1.0}}, "optimizer.momentum"),
        ({"schedule": {"type": "exponential", "gamma": 0.9, "warmup": {"steps": 0}}}, "schedule.warmup.steps"),
        ({"penalty": {"l1": -1}}, "penalty.l1"),
        ({"penalty": {"l3": 1}}, "penalty.l3"),
        ({"clipping": "hard"}, "clipping.type"),
        ({"early_stopping": {"patience": 3}}, "early_stopping"),
        ({"early_stopping": True}, "early_stopping"),
        ({"seed": 2**63}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"title": 5}, "title"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_told_by_its_path(change: Document, path: str) -> None:
    assert path in problems_of(xor() | change)


@pytest.mark.parametrize(
    ("loss", "activation", "targets", "path"),
    [
        ("binary_cross_entropy", "tanh", [[0.0], [1.0]], "network.layers[-1].activation"),
        ("categorical_cross_entropy", "sigmoid", [[0.0, 1.0], [1.0, 0.0]], "network.layers[-1].activation"),
        ("binary_cross_entropy", "sigmoid", [[0.0], [2.0]], "data.targets"),
        ("categorical_cross_entropy", "softmax", [[0.7, 0.7], [1.0, 0.0]], "data.targets"),
        ("categorical_cross_entropy", "softmax", [[1e308, 1e308], [1.0, 0.0]], "data.targets"),
        ("categorical_cross_entropy", "softmax", [[1.0], [1.0]], "data.targets"),
        ("hinge", "identity", [[0.0], [1.0]], "data.targets"),
    ],
)
def test_a_loss_is_particular_about_the_last_layer_and_the_targets(
    loss: str, activation: str, targets: list[list[float]], path: str
) -> None:
    layers = [dense(len(targets[0]), activation)]

    found = problems_of({"data": rows([[0.0], [1.0]], targets), "network": {"layers": layers}, "loss": loss})

    assert path in found


@pytest.mark.parametrize(("layer", "classes"), [({}, 2), ({"units": 2}, 2), ({"units": 5}, 5), ({"W": [[0.0]] * 3}, 3)])
def test_class_targets_may_be_integers_of_as_many_classes_as_the_network_has(layer: Document, classes: int) -> None:
    data = {
        "inputs": [[0.0], [1.0], [2.0]],
        "targets": [0, 1, 1],
        "validation_inputs": [[3.0]],
        "validation_targets": [1],
    }
    document = {
        "data": data,
        "network": {"layers": [layer | {"activation": "softmax"}]},
        "loss": "categorical_cross_entropy",
    }

    dataset = Experiment.from_json(document).dataset

    np.testing.assert_array_equal(dataset.targets, np.eye(classes)[[0, 1, 1]])
    np.testing.assert_array_equal(dataset.validation_targets, np.eye(classes)[[1]])
    assert dataset.task == "classification"


@pytest.mark.parametrize("labels", [[0, 1, 3], [-1, 0, 1], [0.5, 1.0, 2.0]])
def test_class_targets_that_are_no_class_of_the_network_are_a_problem(labels: list[float]) -> None:
    document = {
        "data": {"inputs": [[0.0], [1.0], [2.0]], "targets": labels},
        "network": {"layers": [dense(3, "softmax")]},
        "loss": "categorical_cross_entropy",
    }

    assert any(path.startswith(("data.targets", "network.layers[0].units")) for path in problems_of(document))


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[1, 2]", "null", "3", '"text"', "[" * 100_000])
def test_text_that_is_no_object_is_one_problem_of_the_document(text: str) -> None:
    assert set(problems_of(text)) >= {"document"}


def test_a_text_that_is_too_long_is_refused_unread() -> None:
    assert "at most" in problems_of(" " * 8_000_001)["document"]


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [10, 70, 400, 900, 985, 50_000])
def test_however_deeply_something_is_nested_it_is_a_problem_and_no_crash(depth: int) -> None:
    assert problems_of(xor() | {"network": {"layers": nested(depth)}})
    assert problems_of(xor() | {"title": nested(depth)})


def test_an_initializer_whose_numbers_could_be_infinite_is_refused() -> None:
    layers = [dense(1, initializer={"type": "uniform", "low": -1e308, "high": 1e308})]

    assert "network.layers[0].initializer.high" in problems_of(xor(network={"layers": layers}))


WORDS = st.sampled_from(
    [
        *ACTIVATIONS,
        *LOSSES,
        *OPTIMIZERS,
        *READERS,
        *RULES,
        "dense",
        "dropout",
        "none",
        "norm",
        "value",
        "xor",
        "iris",
        "circles",
        "epoch",
        "step",
        "W",
        "b",
        "regression",
        "binary",
        "classification",
    ]
)
NUMBERS = st.one_of(
    st.integers(1, 5),
    st.floats(0.0, 1.0),
    st.integers(-3, 5) | st.floats(),
    st.sampled_from([0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, 2**63, 10**400, math.nan, math.inf]),
)
ATOMS = st.none() | st.booleans() | NUMBERS | WORDS | st.text(max_size=4)
TABLES = st.lists(st.lists(NUMBERS, min_size=1, max_size=3), min_size=1, max_size=3)


def object_of(names: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object with some of the fields, given in one string, and perhaps one that does not belong there."""
    return st.dictionaries(st.sampled_from(names.split()) | st.text(max_size=3), values, max_size=6)


VALUES = st.recursive(ATOMS | TABLES, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
LAYERS = st.lists(
    object_of(
        "type units activation W b frozen initializer bias_initializer rate",
        VALUES | object_of("type low high std mean gain value", ATOMS),
    )
    | VALUES,
    max_size=4,
)
DATA = object_of(
    "name inputs targets validation_inputs validation_targets validation task class_names input_names samples noise "
    "seed standardize features targets_as",
    VALUES | TABLES,
)
PARTS = object_of(
    "type learning_rate momentum beta1 epsilon weight_decay step_size gamma T_max per warmup patience "
    "max_learning_rate total_steps l1 l2 maximum unfolded restore_best",
    VALUES | object_of("steps start_factor", ATOMS),
)
ROWS = st.integers(1, 4).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            "inputs": st.lists(
                st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2),
                min_size=n,
                max_size=n,
            ),
            "targets": st.lists(st.integers(-1, 3), min_size=n, max_size=n)
            | st.lists(st.lists(st.floats(-1e6, 1e308), min_size=2, max_size=2), min_size=n, max_size=n),
        },
        optional={
            "task": st.sampled_from(["regression", "binary", "classification"]),
            "validation": st.floats(0.0, 0.9),
            "standardize": st.booleans(),
            "features": st.lists(st.sampled_from(["x", "y", "x²", "y²", "xy", "sin x", "sin y", "z"]), max_size=3),
            "targets_as": st.sampled_from(["binary", "signed", "one_hot"]),
        },
    )
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "version": st.just(1) | ATOMS,
        "seed": ATOMS,
        "data": st.just({"name": "xor"}) | DATA | VALUES,
        "network": st.fixed_dictionaries({"layers": LAYERS | VALUES}) | VALUES,
        "loss": PARTS | WORDS,
        "optimizer": PARTS | WORDS,
        "schedule": PARTS | WORDS,
        "penalty": PARTS | VALUES,
        "clipping": PARTS | WORDS,
        "early_stopping": PARTS | VALUES,
        "batch_size": ATOMS,
        "shuffle": ATOMS,
        "nonsense": VALUES,
    },
)


def assert_read_or_refused(document: Any) -> None:
    """A document is an experiment that can take a step, or it has problems; there is no third."""
    try:
        experiment = Experiment.from_json(document)
    except ExperimentError as error:
        assert error.problems
        assert str(error)
        return
    timeline = Timeline(experiment)
    timeline.run(2)
    while timeline.cursor.step < 4 and timeline.next() is not None:
        pass
    assert Experiment.from_json(experiment.to_json()).document == experiment.document


@examples(300)
@given(DOCUMENTS)
def test_a_random_document_never_raises_anything_else(document: Any) -> None:
    assert_read_or_refused(document)


@examples(100)
@given(st.sampled_from(sorted(xor())), VALUES | PARTS | DATA)
def test_a_good_document_with_one_random_field_never_raises_anything_else(field: str, value: Any) -> None:
    assert_read_or_refused(xor() | {field: value})


@examples(150)
@given(st.fixed_dictionaries({}, optional={"schedule": PARTS, "optimizer": PARTS, "clipping": PARTS, "penalty": PARTS}))
def test_good_data_with_random_rules_never_raise_anything_else(change: Document) -> None:
    assert_read_or_refused(xor() | change)


@examples(200)
@given(
    ROWS, st.sampled_from(sorted(LOSSES)), st.sampled_from([{}, {"units": 2}, {"units": 3, "activation": "softmax"}])
)
def test_random_rows_never_raise_anything_else(data: Document, loss: str, layer: Document) -> None:
    assert_read_or_refused({"data": data, "network": {"layers": [layer]}, "loss": loss})


@examples(100)
@given(st.text(max_size=30) | st.recursive(ATOMS, lambda inner: st.lists(inner), max_leaves=4).map(json.dumps))
def test_random_text_never_raises_anything_else(text: str) -> None:
    assert_read_or_refused(text)
