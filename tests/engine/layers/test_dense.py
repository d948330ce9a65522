import numpy as np
import pytest

from engine import Timeline
from engine.initializers import Initializer
from engine.layers.dense import Dense
from tests.engine.networks import Document, dense, random_document, rows, sgd, start

INPUTS = [[1.0, 2.0], [3.0, 4.0]]


def one_layer(layer: Document, targets: object) -> Timeline:
    """A layer over two samples, at the end of its backward pass; with half squared error δ is a − y."""
    timeline = start(
        {
            "data": rows(INPUTS, targets),
            "network": {"layers": [layer]},
            "loss": "half_squared_error",
            "optimizer": sgd(0.1),
        }
    )
    timeline.run_to_end_of_step()
    return timeline


def test_z_is_inputs_times_weights_plus_bias_with_a_row_for_each_sample() -> None:
    layer = dense(3, W=[[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]], b=[0.0, 10.0, 0.5])

    values = one_layer(layer, [[0.0] * 3] * 2).values

    np.testing.assert_array_equal(values["layer0.z"], [[1.0, 12.0, 0.5], [3.0, 14.0, 2.5]])
    np.testing.assert_array_equal(values["x"], INPUTS)


def test_gradient_of_W_is_the_mean_over_the_batch_of_delta_times_input() -> None:
    timeline = one_layer(dense(1, W=[[0.0, 0.0]], b=[1.0]), [[0.0], [0.0]])  # so δ is 1 for both samples

    values = timeline.values

    np.testing.assert_array_equal(values["layer0.delta"], [[1.0], [1.0]])
    np.testing.assert_array_equal(values["layer0.grad_W"], [[2.0, 3.0]])
    np.testing.assert_array_equal(values["layer0.grad_b"], [1.0])


def test_the_gradients_of_single_samples_are_not_divided_by_the_batch() -> None:
    values = one_layer(dense(1, W=[[0.0, 0.0]], b=[1.0]), [[0.0], [0.0]]).values

    np.testing.assert_array_equal(values["layer0.sample_grad_W"], [[[1.0, 2.0]], [[3.0, 4.0]]])
    np.testing.assert_array_equal(values["layer0.sample_grad_b"], [[1.0], [1.0]])


def test_the_mean_of_the_samples_gradients_is_the_gradient(rng: np.random.Generator) -> None:
    timeline = start(random_document(rng, "tanh", "mean_squared_error"))
    timeline.run_to_end_of_step()

    values = timeline.values

    for name in ("W", "b"):
        mean = values[f"layer0.sample_grad_{name}"].mean(axis=0)
        np.testing.assert_allclose(values[f"layer0.grad_{name}"], mean, rtol=1e-13)


def test_every_sample_twice_gives_the_same_gradient(rng: np.random.Generator) -> None:
    document = random_document(rng, "tanh", "mean_squared_error")
    once = start(document)
    data = document["data"]
    twice = start(document | {"data": {"inputs": data["inputs"] * 2, "targets": data["targets"] * 2}})

    for timeline in (once, twice):
        timeline.run_to_end_of_step()

    np.testing.assert_allclose(twice.values["layer0.grad_W"], once.values["layer0.grad_W"], rtol=1e-13)


def test_the_layer_before_gets_its_error_over_every_weight() -> None:
    timeline = start(
        {
            "data": rows([[1.0]], [[0.0, 0.0]]),
            "network": {
                "layers": [
                    dense(1, W=[[2.0]], b=[0.0]),
                    dense(2, W=[[3.0], [-5.0]], b=[0.0, 0.0]),
                ]
            },
            "loss": "half_squared_error",
        }
    )

    timeline.run_to_end_of_step()

    np.testing.assert_array_equal(timeline.values["layer1.delta"], [[6.0, -10.0]])
    np.testing.assert_array_equal(timeline.values["layer0.grad_a"], [[3.0 * 6.0 + 5.0 * 10.0]])


def test_one_neuron_and_one_sample_is_the_smallest_network() -> None:
    timeline = start({"data": rows([[2.0]], [[1.0]]), "network": {"layers": [dense(1)]}})

    timeline.run(1)

    assert timeline.values["layer0.W"].shape == (1, 1)
    assert timeline.history("loss").shape == (1,)


@pytest.mark.parametrize("given", [{"W": [[1.0, 2.0]]}, {"b": [0.5]}])
def test_explicit_numbers_do_not_change_what_the_others_draw(given: Document) -> None:
    drawn = start({"data": rows(INPUTS, [[0.0], [1.0]]), "network": {"layers": [dense(1), dense(1)]}})
    explicit = start({"data": rows(INPUTS, [[0.0], [1.0]]), "network": {"layers": [dense(1, **given), dense(1)]}})

    np.testing.assert_array_equal(explicit.values["layer1.W"], drawn.values["layer1.W"])
    for name, numbers in given.items():
        np.testing.assert_array_equal(explicit.values[f"layer0.{name}"], numbers)


def test_a_layer_draws_its_weights_by_its_initializer_and_its_biases_by_another() -> None:
    layer = Dense(2, 3, "tanh", Initializer("constant", {"value": 0.5}), Initializer("constant", {"value": -1.0}))

    W, b = layer.initial(np.random.default_rng(0))

    np.testing.assert_array_equal(W, np.full((3, 2), 0.5))
    np.testing.assert_array_equal(b, [-1.0, -1.0, -1.0])


@pytest.mark.parametrize(("frozen", "moved"), [(["W"], {"b"}), (["b"], {"W"}), (True, set()), (False, {"W", "b"})])
def test_what_is_frozen_stays_and_the_rest_learns(frozen: object, moved: set[str]) -> None:
    timeline = one_layer(dense(1, W=[[1.0, 1.0]], b=[1.0], frozen=frozen), [[0.0], [0.0]])
    timeline.next()

    values = timeline.values

    changed = {name for name in ("W", "b") if (values[f"layer0.{name}"] != 1.0).any()}
    assert changed == moved


def test_frozen_parameters_still_tell_their_gradient() -> None:
    values = one_layer(dense(1, W=[[1.0, 1.0]], b=[1.0], frozen=True), [[0.0], [0.0]]).values

    assert values["layer0.grad_W"].all()
    np.testing.assert_array_equal(values["layer0.change_W"], [[0.0, 0.0]])
    np.testing.assert_array_equal(values["layer0.next_W"], [[1.0, 1.0]])


def test_the_events_of_a_layer_name_it() -> None:
    timeline = one_layer(dense(1), [[0.0], [0.0]])

    events = {event.kind: event for event in timeline.events()}

    assert events["affine"].layer == events["weight_gradient"].layer == 0
    assert events["affine"].title == "Layer 1: weighted sums"
    assert events["affine"].line == "np.dot(P0, x, out=z0)"
    assert "multiplies each input by its weight" in events["affine"].words
