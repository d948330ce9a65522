"""What somebody changes in the middle of a run: when it takes effect, what it takes back, and what it is refused for."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import Cursor, EditError, Timeline
from tests.engine.networks import (
    Document,
    dense,
    dropout,
    examples,
    one_neuron,
    place_of,
    rows,
    run_until,
    sgd,
    snapshot,
    start,
    step_through,
    xor,
)


def neuron(**more: Any) -> Timeline:
    """x = 2, w = −0.5, b = 0, target 1: gradients −4 and −2, learning rate 0.1."""
    return start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=0.1, **more))


# The learning rate


@pytest.mark.parametrize("event", range(7))
def test_a_learning_rate_changed_before_the_update_is_the_one_it_uses(event: int) -> None:
    timeline = neuron()
    assert place_of(timeline, "update") >= event
    timeline.seek(step=0, event=event)

    result = timeline.edit("learning_rate", 0.25)
    timeline.run(1)

    assert not result.moved
    assert timeline.values["layer0.W"].item() == -0.5 + 0.25 * 4.0


def test_a_learning_rate_changed_after_the_update_takes_the_update_back() -> None:
    timeline = neuron()
    timeline.run_to_end_of_step()
    first = timeline.values["layer0.next_W"].item()

    result = timeline.edit("learning_rate", 0.25)

    assert first == pytest.approx(-0.1)
    assert result.moved
    assert result.cursor == timeline.cursor == Cursor(0, place_of(timeline, "update"))
    assert "layer0.next_W" not in timeline.values
    assert timeline.values["layer0.grad_W"].item() == -4.0
    timeline.run(1)
    assert timeline.values["layer0.W"].item() == 0.5


def test_a_learning_rate_holds_for_the_steps_after_it_and_not_before() -> None:
    timeline = neuron()
    timeline.run(2)
    timeline.edit("learning_rate", 0.01)
    timeline.run(3)

    np.testing.assert_array_equal(timeline.history("learning_rate"), [0.1, 0.1, 0.01, 0.01, 0.01])
    timeline.seek(step=1)
    assert timeline.learning_rate == 0.1
    timeline.seek(step=2)
    assert timeline.learning_rate == 0.01


def test_a_learning_rate_dragged_through_many_values_is_one_entry_of_the_log() -> None:
    timeline = neuron()
    timeline.seek(step=3, event=2)

    for rate in (0.2, 0.3, 0.4):
        timeline.edit("learning_rate", rate)

    assert [(edit.step, edit.event, edit.value) for edit in timeline.edits] == [(3, 2, 0.4)]
    assert timeline.learning_rate == 0.4


def test_the_same_number_of_the_learning_rate_is_seen_after_going_back_over_its_change() -> None:
    timeline = neuron()
    timeline.seek(step=0, event=4)
    timeline.edit("learning_rate", 0.3)

    timeline.back()
    earlier = timeline.learning_rate
    timeline.next()

    assert earlier == 0.1
    assert timeline.learning_rate == 0.3


def test_with_a_schedule_a_changed_learning_rate_is_a_factor_on_what_follows() -> None:
    timeline = neuron(schedule={"type": "exponential", "gamma": 0.5, "per": "step"})
    timeline.run(1)

    timeline.edit("learning_rate", 0.2)
    timeline.run(3)

    np.testing.assert_allclose(timeline.history("learning_rate"), [0.1, 0.2, 0.1, 0.05])


def test_with_a_warm_up_alone_a_changed_learning_rate_is_counted_once() -> None:
    timeline = neuron(schedule={"type": "constant", "warmup": {"steps": 2, "start_factor": 0.5}})
    timeline.run(4)

    timeline.edit("learning_rate", 0.2)
    timeline.run(2)

    np.testing.assert_allclose(timeline.history("learning_rate"), [0.05, 0.075, 0.1, 0.1, 0.2, 0.2])


def test_with_a_schedule_the_rate_of_the_edited_step_is_the_one_given_also_on_replay() -> None:
    timeline = neuron(schedule={"type": "inverse_time", "decay": 0.7, "per": "step"})
    timeline.run(3)
    timeline.edit("learning_rate", 0.123)
    timeline.run(2)

    timeline.seek(step=0)
    timeline.run(5)

    assert timeline.history("learning_rate")[3] == 0.123


def test_another_constant_changed_in_the_same_step_leaves_the_learning_rate_alone() -> None:
    timeline = start(xor(optimizer={"type": "momentum", "learning_rate": 0.1}, schedule={"type": "cosine", "T_max": 1}))
    timeline.run(1)
    assert timeline.learning_rate == 0.0
    timeline.edit("learning_rate", 0.3)

    timeline.edit("momentum", 0.5)

    assert timeline.learning_rate == 0.3


# Weights, inputs and targets


@pytest.mark.parametrize("kind", ["affine", "activation", "loss", "weight_gradient", "update"])
def test_a_changed_weight_restarts_the_forward_pass(kind: str) -> None:
    timeline = start(xor())
    run_until(timeline, kind)

    result = timeline.edit("layer0.W", 0.75, (1, 0))

    assert result.moved
    assert timeline.cursor == Cursor(0, 1)
    assert timeline.values["layer0.W"][1, 0] == 0.75
    assert "layer0.z" not in timeline.values
    assert "x" in timeline.values


def test_the_step_goes_on_with_the_changed_weight() -> None:
    timeline = neuron()
    timeline.run_to_end_of_step()
    timeline.edit("layer0.W", 1.0, (0, 0))

    timeline.run_to_end_of_step()

    assert timeline.values["layer0.z"].item() == 2.0
    assert timeline.values["layer0.grad_W"].item() == 2.0
    assert timeline.values["layer0.next_W"].item() == 0.8


def test_a_weight_changed_before_the_forward_pass_moves_nothing() -> None:
    timeline = start(xor())
    timeline.next()

    result = timeline.edit("layer0.b", 0.5, [1])

    assert not result.moved
    assert timeline.cursor == Cursor(0, 1)
    assert timeline.values["layer0.b"][1] == 0.5


@pytest.mark.parametrize(("path", "name"), [("x", "x"), ("y", "y"), ("data.inputs", "x"), ("data.targets", "y")])
def test_a_changed_input_or_target_restarts_the_step(path: str, name: str) -> None:
    timeline = start(xor(data=rows([[0.1, 0.2], [0.3, 0.4]], [[0.5], [0.6]])))
    timeline.run_to_end_of_step()

    timeline.edit(path, 0.9, (1, 0))

    assert timeline.cursor == Cursor(0, 0)
    event = run_until(timeline, "batch")
    assert event.values[name][1, 0] == 0.9
    other = {"x": "y", "y": "x"}[name]
    assert event.values[other][1, 0] != 0.9


def test_a_row_of_the_batch_is_found_in_the_data() -> None:
    timeline = start(
        {
            "data": rows([[1.0], [2.0], [3.0]], [[1.5], [2.5], [3.5]]),
            "network": {"layers": [dense(1)]},
            "batch_size": 1,
            "seed": 3,
        }
    )
    timeline.seek(step=1)
    row = int(run_until(timeline, "batch").values["batch"][0])

    timeline.edit("x", 10.0, (0, 0))

    assert timeline.edits[-1].path == "data.inputs"
    assert timeline.edits[-1].index == (row, 0)
    assert timeline.experiment.dataset.inputs[row, 0] == 10.0
    timeline.seek(step=0)
    assert timeline.experiment.dataset.inputs[row, 0] == row + 1.0


def test_a_class_target_that_becomes_1_takes_the_place_of_the_class_before() -> None:
    timeline = start(
        {
            "data": rows([[0.0], [1.0], [2.0]], [0, 1, 2]),
            "network": {"layers": [dense(3, "softmax")]},
            "loss": "categorical_cross_entropy",
        }
    )

    timeline.edit("y", 1.0, (0, 2))

    np.testing.assert_array_equal(timeline.experiment.dataset.targets[0], [0.0, 0.0, 1.0])


def test_an_edit_of_generated_data_writes_the_rows_out_and_keeps_the_validation_rows() -> None:
    timeline = start(
        {
            "data": {"name": "circles", "samples": 20, "validation": 0.25, "seed": 1},
            "network": {"layers": [dense(2, "tanh"), dense(1, "sigmoid")]},
            "loss": "binary_cross_entropy",
        }
    )
    before = timeline.experiment.dataset

    timeline.edit("data.inputs", 0.5, (3, 1))

    after = timeline.experiment.dataset
    changed = before.inputs.copy()
    changed[3, 1] = 0.5
    np.testing.assert_array_equal(after.inputs, changed)
    np.testing.assert_array_equal(after.validation_inputs, before.validation_inputs)
    assert after.class_names == before.class_names


# Going back and changing


def test_an_edit_after_going_back_drops_the_future_and_keeps_it_as_a_ghost() -> None:
    timeline = start(xor())
    timeline.run(10)
    history, run_id = timeline.history("loss"), timeline.run_id
    timeline.seek(step=4, event=3)

    result = timeline.edit("learning_rate", 0.01)

    assert result.dropped == 6
    assert timeline.last_step == 4
    assert timeline.run_id == run_id + 1
    assert timeline.ghost is not None
    np.testing.assert_array_equal(timeline.ghost, history)
    timeline.run(6)
    assert (timeline.history("loss")[:5] == history[:5]).all()
    assert timeline.history("loss")[6] != history[6]


def test_an_edit_after_going_back_drops_the_edits_of_that_future() -> None:
    timeline = neuron()
    timeline.run(5)
    timeline.edit("learning_rate", 0.2)
    timeline.run(5)
    timeline.seek(step=2)

    timeline.edit("layer0.b", 1.0, (0,))

    assert [edit.path for edit in timeline.edits] == ["layer0.b"]
    timeline.run(6)
    assert timeline.learning_rate == 0.1


def test_an_edit_where_nothing_lies_ahead_drops_nothing() -> None:
    timeline = neuron()
    timeline.run(5)
    run_id = timeline.run_id

    result = timeline.edit("learning_rate", 0.2)

    assert result.dropped == 0
    assert timeline.ghost is None
    assert timeline.run_id == run_id


def test_a_learning_rate_set_a_moment_ago_survives_a_weight_that_restarts_the_step() -> None:
    timeline = start(xor())
    run_until(timeline, "loss")
    timeline.edit("learning_rate", 0.3)
    run_until(timeline, "weight_gradient")

    timeline.edit("layer0.W", 0.2, (0, 0))

    assert timeline.learning_rate == 0.3
    assert [(edit.event, edit.path) for edit in timeline.edits] == [(0, "learning_rate"), (0, "layer0.W")]


def test_a_learning_rate_set_a_moment_ago_survives_a_penalty_that_takes_events_back() -> None:
    timeline = start(xor(penalty={"l2": 0.1}))
    run_until(timeline, "penalty_gradient")
    timeline.edit("learning_rate", 0.3)

    result = timeline.edit("penalty.l2", 0.2)

    assert result.cursor.event == place_of(timeline, "penalty")
    assert timeline.learning_rate == 0.3
    assert float(timeline.values["l2"]) == 0.2


def test_a_learning_rate_that_lies_ahead_is_dropped_by_an_edit_before_it() -> None:
    timeline = start(xor())
    run_until(timeline, "loss")
    timeline.edit("learning_rate", 0.3)
    timeline.seek(step=0, event=2)

    timeline.edit("layer0.W", 0.2, (0, 0))

    assert [edit.path for edit in timeline.edits] == ["layer0.W"]
    assert timeline.learning_rate == 0.5


def test_undoing_is_a_replay_without_the_last_entry() -> None:
    timeline = start(xor())
    timeline.run(3)
    before = snapshot(timeline)
    timeline.edit("layer0.W", 9.0, (0, 0))

    document = timeline.to_json()
    document["edits"].pop()
    undone = Timeline.from_json(document)

    assert snapshot(undone) == before


# Changes of structure


def test_more_neurons_keep_the_weights_there_are() -> None:
    timeline = start(xor())
    timeline.run(5)
    before = timeline.parameters()

    result = timeline.edit("network.layers[0].units", 3)

    after = timeline.parameters()
    assert result.restructured
    np.testing.assert_array_equal(after["layer0.W"][:2], before["layer0.W"])
    np.testing.assert_array_equal(after["layer0.b"][:2], before["layer0.b"])
    np.testing.assert_array_equal(after["layer1.W"][:, :2], before["layer1.W"])
    assert after["layer0.W"].shape == (3, 2)
    assert after["layer1.W"].shape == (1, 3)


def test_explicit_weights_that_no_longer_fit_are_left_out() -> None:
    timeline = start(xor(network={"layers": [dense(2, "tanh", W=[[1, 2], [3, 4]], b=[5, 6]), dense(1, W=[[7, 8]])]}))

    timeline.edit("layer0.units", 1)

    np.testing.assert_array_equal(timeline.values["layer0.W"], [[1, 2]])
    np.testing.assert_array_equal(timeline.values["layer0.b"], [5])
    np.testing.assert_array_equal(timeline.values["layer1.W"], [[7]])


def test_explicit_weights_given_by_an_edit_are_the_weights() -> None:
    timeline = start(xor())
    timeline.run(3)

    timeline.edit("layer0.W", np.array([[1.0, 2.0], [3.0, 4.0]]))

    np.testing.assert_array_equal(timeline.values["layer0.W"], [[1, 2], [3, 4]])
    assert json.loads(json.dumps(timeline.to_json())) == timeline.to_json()


@pytest.mark.parametrize("part", ["W", "b"])
@pytest.mark.parametrize("path", ["layer0", "network.layers[0]"])
def test_weights_that_training_has_moved_can_be_set_to_what_the_document_has(path: str, part: str) -> None:
    given = {"W": [[1.0, 2.0], [3.0, 4.0]], "b": [5.0, 6.0]}
    timeline = start(xor(network={"layers": [dense(2, "tanh", **given), dense(1, "sigmoid")]}))
    timeline.run(5)
    moved = timeline.parameters()

    result = timeline.edit(f"{path}.{part}", given[part])

    assert result.restructured
    for name, weights in timeline.parameters().items():
        np.testing.assert_array_equal(weights, given[part] if name == f"layer0.{part}" else moved[name])
    again = Timeline.from_json(json.loads(json.dumps(timeline.to_json())))
    np.testing.assert_array_equal(again.values[f"layer0.{part}"], given[part])


def test_a_change_beside_explicit_weights_keeps_what_training_made_of_them() -> None:
    timeline = start(xor(network={"layers": [dense(2, "tanh", W=[[1, 2], [3, 4]]), dense(1, "sigmoid")]}))
    timeline.run(5)
    moved = timeline.values["layer0.W"]

    timeline.edit("network.layers[0]", dense(2, "relu", W=[[1, 2], [3, 4]]))

    np.testing.assert_array_equal(timeline.values["layer0.W"], moved)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("layer0.activation", "relu"),
        ("loss", "binary_cross_entropy"),
        ("optimizer", {"type": "adam", "learning_rate": 0.1}),
        ("optimizer.type", "momentum"),
        ("batch_size", 2),
        ("penalty", {"l1": 0.1}),
        ("penalty.l2", 0.1),
        ("clipping", {"type": "norm", "maximum": 0.5}),
        ("clipping.type", "value"),
        ("schedule", {"type": "step", "step_size": 5}),
        ("schedule", {"type": "constant", "warmup": {"steps": 5}}),
        ("shuffle", False),
        ("weight_decay", 0.1),
        ("network.layers[0].frozen", True),
        ("seed", 7),
    ],
)
def test_a_change_of_the_rules_keeps_the_weights(path: str, value: Any) -> None:
    timeline = start(xor())
    timeline.run(5)
    before = timeline.parameters()

    result = timeline.edit(path, value)

    assert result.restructured
    for name, weights in timeline.parameters().items():
        np.testing.assert_array_equal(weights, before[name])
    step_through(timeline)
    assert timeline.cursor == Cursor(6, 0)


def test_a_layer_can_be_put_in_between() -> None:
    timeline = start(xor())
    timeline.run(2)

    timeline.edit("network.layers", [dense(2, "tanh"), dropout(0.5), dense(3, "relu"), dense(1, "sigmoid")])

    assert timeline.values["layer2.W"].shape == (3, 2)
    assert timeline.run(3).step == 5


def test_other_data_make_the_ends_of_the_network_fit() -> None:
    timeline = start(xor())
    timeline.run(2)

    timeline.edit("data", {"name": "iris"})

    experiment = timeline.experiment
    assert [layer.units for layer in experiment.layers] == [2, 3]
    assert experiment.output.activation == "softmax"
    assert experiment.loss.name == "categorical_cross_entropy"
    assert timeline.run(3).step == 5


def two_layers(**more: Any) -> Document:
    """Circles under a network of two hidden layers, with a memory."""
    return {
        "seed": 2,
        "data": {"name": "circles", "samples": 20},
        "network": {"layers": [dense(4, "tanh"), dense(3, "tanh"), dense(1, "sigmoid")]},
        "loss": "binary_cross_entropy",
        "optimizer": {"type": "momentum", "learning_rate": 0.1},
        **more,
    }


def test_other_data_of_the_same_shape_go_on_with_the_weights_and_the_memory_of_the_optimizer() -> None:
    timeline = start(two_layers())
    timeline.run(20)
    weights, velocity = timeline.parameters(), timeline.values["layer1.velocity_W"]

    timeline.edit("data", {"name": "moons", "samples": 30})

    assert len(timeline.experiment.dataset.inputs) == 30
    for name, kept in weights.items():
        np.testing.assert_array_equal(timeline.parameters()[name], kept)
    assert velocity.any()
    np.testing.assert_array_equal(timeline.values["layer1.velocity_W"], velocity)
    assert timeline.cursor == Cursor(20, 0)


def test_data_of_more_classes_change_the_last_layer_alone() -> None:
    timeline = start(two_layers())
    timeline.run(20)
    weights = timeline.parameters()

    timeline.edit("data", {"name": "blobs", "classes": 3})

    after, experiment = timeline.parameters(), timeline.experiment
    assert (experiment.output.activation, experiment.loss.name) == ("softmax", "categorical_cross_entropy")
    for name in ("layer0.W", "layer0.b", "layer1.W", "layer1.b"):
        np.testing.assert_array_equal(after[name], weights[name])
    fresh = start(experiment.to_json()).parameters()
    np.testing.assert_array_equal(after["layer2.W"], fresh["layer2.W"])
    np.testing.assert_array_equal(after["layer2.b"], fresh["layer2.b"])
    assert after["layer2.W"][0].tolist() != weights["layer2.W"][0].tolist()
    assert timeline.run(5).step == 25


@pytest.mark.parametrize("explicit", [False, True])
def test_data_of_other_inputs_change_the_first_layer_alone(explicit: bool) -> None:
    layers = [dense(2, "tanh"), dense(1, "tanh", W=[[0.5, -0.5]])]
    if explicit:
        layers[0]["W"] = [[1, 2], [3, 4]]
    signed = {"task": "binary", "targets": [-1, 1, 1, -1]}
    data = {"inputs": [[0, 0], [0, 1], [1, 0], [1, 1]], **signed}
    timeline = start(xor(data=data, network={"layers": layers}))
    timeline.run(20)
    weights = timeline.parameters()

    timeline.edit("data", {"inputs": [[0, 0, 1], [0, 1, 0], [1, 0, 0], [1, 1, 1]], **signed})

    after, experiment = timeline.parameters(), timeline.experiment
    assert (experiment.output.activation, experiment.loss.name) == ("tanh", "mean_squared_error")
    np.testing.assert_array_equal(after["layer1.W"], weights["layer1.W"])
    np.testing.assert_array_equal(after["layer1.b"], weights["layer1.b"])
    np.testing.assert_array_equal(after["layer0.W"], start(experiment.to_json()).parameters()["layer0.W"])
    assert timeline.run(5).step == 25


def test_derived_inputs_of_the_same_data_keep_their_weights_by_name() -> None:
    timeline = start(two_layers(data={"name": "circles", "samples": 20, "features": ["x", "y", "x^2"]}))
    timeline.run(20)
    weights = timeline.values["layer0.W"]

    timeline.edit("data.features", ["x^2", "y^2", "x", "xy"])

    after = timeline.values["layer0.W"]
    fresh = start(timeline.experiment.to_json()).values["layer0.W"]
    np.testing.assert_array_equal(after[:, [0, 2]], weights[:, [2, 0]])
    np.testing.assert_array_equal(after[:, [1, 3]], fresh[:, [1, 3]])


def test_data_that_do_not_suit_the_network_are_refused_with_what_does_not_fit() -> None:
    timeline = start(xor(loss="binary_cross_entropy"))
    timeline.run(3)
    before = snapshot(timeline)

    with pytest.raises(EditError) as caught:
        timeline.edit("data", {"inputs": [[0, 0], [1, 1]], "targets": [-1, 1]})

    assert [problem.path for problem in caught.value.problems] == ["data.targets"]
    assert "0 to 1" in caught.value.problems[0].allowed
    assert snapshot(timeline) == before


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "nadam"])
@pytest.mark.parametrize(("frozen", "parts"), [(True, ("W", "b")), (["W"], ("W",)), (["b"], ("b",))])
def test_what_is_frozen_in_the_middle_of_a_run_stays_where_it_is_from_this_step_on(
    optimizer: str, frozen: object, parts: tuple[str, ...]
) -> None:
    more = {"weight_decay": 0.1}
    timeline = start(xor(optimizer={"type": optimizer, "learning_rate": 0.05, **more}))
    timeline.seek(step=10, event=6)
    before = timeline.parameters()
    memory = {name: timeline.values[name] for name in timeline.names() if name.endswith(("velocity_W", "m_W", "v_W"))}

    result = timeline.edit("network.layers[0].frozen", frozen)

    assert result.cursor == Cursor(10, 0)
    for name, kept in before.items():
        np.testing.assert_array_equal(timeline.parameters()[name], kept)
    for name, kept in memory.items():
        np.testing.assert_array_equal(timeline.values[name], kept)
    timeline.run(15)
    after = timeline.parameters()
    for name, kept in before.items():
        layer, part = name.split(".")
        assert (after[name].tobytes() == kept.tobytes()) == (layer == "layer0" and part in parts)


def test_what_is_no_longer_frozen_moves_again() -> None:
    timeline = start(xor())
    timeline.edit("layer0.frozen", True)
    timeline.run(5)
    still = timeline.values["layer0.W"]

    timeline.edit("layer0.frozen", False)
    timeline.run(1)

    assert (timeline.values["layer0.W"] != still).any()


def test_the_memory_of_the_optimizer_is_kept_as_long_as_it_fits() -> None:
    timeline = start(xor(optimizer={"type": "momentum", "learning_rate": 0.1}))
    timeline.run(3)
    velocity = timeline.values["layer0.velocity_W"]

    timeline.edit("penalty", {"l2": 0.1})
    kept = timeline.values["layer0.velocity_W"]
    timeline.edit("layer0.units", 3)

    assert velocity.any()
    np.testing.assert_array_equal(kept, velocity)
    assert not timeline.values["layer0.velocity_W"].any()


def test_another_number_of_batches_begins_a_new_epoch() -> None:
    timeline = start(xor(batch_size=1))
    timeline.run(2)

    timeline.edit("batch_size", 2)

    assert timeline.epoch == 1
    batches = []
    for _ in range(2):
        batches += run_until(timeline, "batch").values["batch"].tolist()
    assert sorted(batches) == [0, 1, 2, 3]


def test_a_plateau_goes_on_watching_when_something_else_changes() -> None:
    schedule = {"type": "plateau", "patience": 0, "factor": 0.5, "threshold": 0.9}
    changed, left = start(xor(schedule=schedule)), start(xor(schedule=schedule))
    for timeline in (changed, left):
        timeline.run(4)
    reduced = changed.learning_rate

    changed.edit("shuffle", False)
    for timeline in (changed, left):
        timeline.run(3)

    assert reduced < 0.5
    np.testing.assert_array_equal(changed.history("learning_rate"), left.history("learning_rate"))


def test_a_field_that_is_taken_away_has_its_default_again() -> None:
    timeline = start(xor(penalty={"l2": 0.1}))

    timeline.edit("penalty", None)
    timeline.edit("learning_rate", None)

    assert not timeline.experiment.penalty.active
    assert timeline.learning_rate == 1e-3


def test_the_log_does_not_change_when_the_value_that_was_given_does() -> None:
    timeline = start(xor())
    value = {"l2": 0.1}
    timeline.edit("penalty", value)

    value["l2"] = 100.0

    assert timeline.edits[-1].value == {"l2": 0.1}
    assert Timeline.from_json(timeline.to_json()).experiment.penalty.l2 == 0.1


# What is refused


def rough() -> Document:
    """Something that every kind of edit could go wrong on."""
    return {
        "data": rows([[0.0], [1.0], [2.0]], [0, 1, 2]),
        "network": {"layers": [dense(2, "tanh"), dropout(0.5), dense(3, "softmax")]},
        "loss": "categorical_cross_entropy",
        "optimizer": sgd(0.1),
        "schedule": {"type": "exponential", "gamma": 0.9, "per": "step"},
        "batch_size": 2,
    }


@pytest.mark.parametrize(
    ("path", "value", "index", "where"),
    [
        ("learning_rate", float("nan"), None, "optimizer.learning_rate"),
        ("learning_rate", float("inf"), None, "optimizer.learning_rate"),
        ("learning_rate", -0.1, None, "optimizer.learning_rate"),
        ("learning_rate", 1e7, None, "optimizer.learning_rate"),
        ("learning_rate", "fast", None, "optimizer.learning_rate"),
        ("learning_rate", True, None, "optimizer.learning_rate"),
        ("learning_rate", [0.1], None, "optimizer.learning_rate"),
        ("optimizer.learning_rate", 10**400, None, "optimizer.learning_rate"),
        ("layer0.W", float("nan"), (0, 0), "layer0.W"),
        ("layer0.W", "a", (0, 0), "layer0.W"),
        ("layer0.W", None, (0, 0), "layer0.W"),
        ("layer0.W", 10**400, (0, 0), "layer0.W"),
        ("layer0.W", 1.0, (2, 0), "layer0.W index"),
        ("layer0.W", 1.0, (-1, 0), "layer0.W index"),
        ("layer0.W", 1.0, (0,), "layer0.W index"),
        ("layer0.W", 1.0, (0.0, 0), "layer0.W index"),
        ("layer0.W", 1.0, ("0", 0), "layer0.W index"),
        ("layer0.W", 1.0, (True, 0), "layer0.W index"),
        ("layer0.b", 1.0, 0, "layer0.b index"),
        ("layer0.W", [[1.0]], None, "network.layers[0].W"),
        ("layer1.W", 1.0, (0, 0), "layer1.W"),
        ("layer9.W", 1.0, (0, 0), "layer9.W"),
        ("x", 1.0, None, "x"),
        ("x", 1.0, (2, 0), "x index"),
        ("y", float("inf"), (0, 0), "y"),
        ("y", 0.3, (0, 0), "data.targets[0]"),
        ("data.inputs", 1.0, (3, 0), "data.inputs index"),
        ("batch_size", 0, None, "batch_size"),
        ("batch_size", 1.5, None, "batch_size"),
        ("momentum", 0.5, None, "momentum"),
        ("layer0.units", 0, None, "network.layers[0].units"),
        ("layer0.units", 10**6, None, "network.layers[0].units"),
        ("layer2.units", 2, None, "network.layers[2].units"),
        ("layer1.rate", 1.0, None, "network.layers[1].rate"),
        ("layer0.activation", "step", None, "network.layers[0].activation"),
        ("loss", "mistakes", None, "loss.type"),
        ("network.layers[7].units", 1, None, "network.layers[7].units"),
        ("network.layers", [], None, "network.layers"),
        ("network", 5, None, "network"),
        ("a.b.c", 1, None, "a"),
        ("no such place", 1, None, "path"),
        ("", 1, None, "path"),
        (7, 1, None, "path"),
        ("seed.deeper", 1, None, "seed"),
        ("batch_size.deeper", 1, None, "path"),
        ("version", 2, None, "version"),
        ("loss", "huber", (0,), "loss index"),
    ],
)
def test_a_bad_edit_names_the_place_what_was_given_and_what_is_allowed(
    path: Any, value: Any, index: Any, where: str
) -> None:
    timeline = start(rough())
    timeline.run(3)
    timeline.seek(step=2, event=7)
    before, document, history = snapshot(timeline), timeline.to_json(), timeline.history("loss")

    with pytest.raises(EditError) as caught:
        timeline.edit(path, value, index)

    assert where in [problem.path for problem in caught.value.problems]
    assert all(problem.value and problem.allowed for problem in caught.value.problems)
    assert timeline.cursor == Cursor(2, 7)
    assert snapshot(timeline) == before
    assert timeline.to_json() == document
    np.testing.assert_array_equal(timeline.history("loss"), history)
    assert timeline.run_id == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PATHS = st.sampled_from(
    [
        "learning_rate",
        "weight_decay",
        "layer0.W",
        "layer1.b",
        "layer0.units",
        "layer2.activation",
        "layer1.rate",
        "x",
        "y",
        "data",
        "data.inputs",
        "data.targets",
        "data.validation",
        "data.task",
        "network",
        "network.layers",
        "network.layers[0]",
        "network.layers[1].type",
        "network.layers[0].initializer",
        "loss",
        "loss.unfolded",
        "optimizer",
        "optimizer.type",
        "schedule",
        "schedule.warmup.steps",
        "penalty.l1",
        "clipping",
        "clipping.maximum",
        "batch_size",
        "shuffle",
        "seed",
        "early_stopping",
        "title",
    ]
) | st.text(max_size=10)
INDICES = st.none() | st.lists(st.integers(-1, 4) | st.floats() | st.text(max_size=2), max_size=3)


@examples(150)
@given(path=PATHS, value=JSON, index=INDICES)
def test_whatever_an_edit_says_it_is_made_or_refused_whole(path: str, value: Any, index: Any) -> None:
    timeline = start(rough())
    timeline.seek(step=2, event=7)
    before, document = snapshot(timeline), timeline.to_json()

    try:
        timeline.edit(path, value, index)
    except EditError as error:
        assert error.problems
        assert snapshot(timeline) == before
        assert timeline.to_json() == document
    else:
        assert len(timeline.edits) == 1
        assert Timeline.from_json(json.loads(json.dumps(timeline.to_json()))).cursor == timeline.cursor
        timeline.next()
