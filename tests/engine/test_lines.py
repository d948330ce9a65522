"""The NumPy that is shown is the NumPy that ran: executed on an event's arrays, it gives the event's values."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from engine import Event, Timeline
from engine.activations import ACTIVATIONS, normal_cdf
from engine.events import FloatArray
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.parameters import Part
from tests.engine.networks import (
    FUSED,
    Document,
    dense,
    dropout,
    random_document,
    rows,
    sgd,
    start,
    step_through,
    xor,
)

STEPS = 4


def executed(event: Event) -> dict[str, Any]:
    """The names that the shown line leaves behind."""
    names = {"np": np, "normal_cdf": normal_cdf, **event.arrays}
    with np.errstate(all="ignore"):
        exec(event.line, names)
    return names


def found(name: str, event: Event, names: Mapping[str, Any], timeline: Timeline) -> FloatArray:
    """The array behind a published value, taken from what the line has computed, in the usual shape."""
    layout = timeline.experiment.layout
    head, _, field = name.rpartition(".")
    layer = int(head.removeprefix("layer")) if head else -1

    def part_of(flat: FloatArray, part: str) -> FloatArray:
        which: Part = "W" if part == "W" else "b"
        return layout.of_layer(layer).part(flat, which)

    what, _, part = field.rpartition("_")
    match event.kind, field:
        case "batch", "x":
            np.testing.assert_array_equal(names["x"][:-1].T, names["xT"][:, :-1])
            return np.asarray(names["xT"][:, :-1])
        case "batch", "batch":
            return np.asarray(names["rows"])
        case _, "sample_loss":
            outputs = names["terms"].shape[0]
            return np.asarray(names["terms"].sum(axis=0) * timeline.experiment.loss.scale(outputs))
        case "loss", "loss":
            return np.asarray(names["data_loss"])
        case "validation", "validation_loss":
            return np.asarray(names["data_loss"])
        case (("activation" | "dropout" | "propagate" | "dropout_gradient"), ("a" | "grad_a")):
            return np.asarray(names[f"{field}{layer}"][: timeline.experiment.layers[layer].units].T)
        case _, ("z" | "a" | "mask" | "slope" | "delta" | "grad_a"):
            return np.asarray(names[f"{field}{layer}"].T)
        case "weight_gradient", "grad_W":
            return np.asarray(names[f"G{layer}"][:, :-1])
        case "weight_gradient", "grad_b":
            return np.asarray(names[f"G{layer}"][:, -1])
        case "penalty_gradient", ("penalty_grad_W" | "penalty_grad_b"):
            return part_of(names["penalty_gradient"], part)
        case (("penalty_gradient" | "clip"), ("grad_W" | "grad_b")):
            last = {"penalty_gradient": "G_penalized", "clip": "G_clipped"}[event.kind]
            return part_of(names.get(last, names.get("G")), part)
        case "update", ("change_W" | "change_b"):
            return -part_of(names["U"], part)
        case "update", ("next_W" | "next_b"):
            P = timeline.values[f"{head}.{part}"]
            return np.asarray(P - part_of(names["U"], part))
        case "update", ("m_hat_W" | "m_hat_b" | "v_hat_W" | "v_hat_b"):
            beta = float(timeline.values["beta1" if what == "m_hat" else "beta2"])
            return np.asarray(part_of(names[f"next_{what[0]}"], part) / (1 - beta ** (event.step + 1)))
        case "update", _:
            return part_of(names[f"next_{what}"], part)
        case "commit", ("W" | "b"):
            return part_of(names["P"], field)
        case _:
            return np.asarray(names["y"].T if field == "y" else names[field])


def assert_lines_tell_the_truth(document: Document) -> None:
    timeline = start(document)
    kinds = set()
    for _ in range(STEPS * 30):
        if timeline.cursor.step == STEPS:
            break
        event = timeline.next()
        assert event is not None
        names = executed(event)
        kinds.add(event.kind)
        for name, value in event.values.items():
            np.testing.assert_allclose(
                found(name, event, names, timeline), value, rtol=1e-12, atol=0, err_msg=f"{event.kind}: {name}"
            )
    assert {"batch", "affine", "activation", "loss", "weight_gradient", "update", "commit"} <= kinds


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_lines_of_every_activation(activation: str, rng: np.random.Generator) -> None:
    assert_lines_tell_the_truth(random_document(rng, activation, "mean_squared_error"))


@pytest.mark.parametrize("unfolded", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_lines_of_every_loss(loss: str, unfolded: bool, rng: np.random.Generator) -> None:
    document = random_document(rng, "tanh", loss)
    document["loss"] = {"type": loss, "unfolded": unfolded}

    assert_lines_tell_the_truth(document)


@pytest.mark.parametrize("loss", FUSED)
def test_the_lines_of_the_long_way_through_certain_outputs(loss: str) -> None:
    layer = dense(2, FUSED[loss], W=[[1000.0, -1000.0], [-1000.0, 1000.0]], b=[0.0, 0.0])

    assert_lines_tell_the_truth(
        {
            "data": rows(np.eye(2), np.eye(2)),
            "network": {"layers": [layer]},
            "loss": {"type": loss, "unfolded": True},
            "optimizer": sgd(0.1),
        }
    )


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "categorical_cross_entropy"])
def test_the_lines_of_a_cross_entropy_on_logits(loss: str, rng: np.random.Generator) -> None:
    assert_lines_tell_the_truth(random_document(rng, "tanh", loss, output="identity"))


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("update", OPTIMIZERS)
def test_the_lines_of_every_optimizer(update: str, weight_decay: float, rng: np.random.Generator) -> None:
    optimizer = {"type": update, "learning_rate": 0.1, "weight_decay": weight_decay}

    assert_lines_tell_the_truth(random_document(rng, "tanh", "mean_squared_error", optimizer=optimizer))


@pytest.mark.parametrize("clipping", ["value", "norm"])
@pytest.mark.parametrize("update", ["sgd", "adam"])
def test_the_lines_of_penalty_and_clipping_with_frozen_biases(
    update: str, clipping: str, rng: np.random.Generator
) -> None:
    document = random_document(
        rng,
        "tanh",
        "mean_squared_error",
        optimizer={"type": update, "learning_rate": 0.1, "weight_decay": 0.1},
        penalty={"l1": 0.1, "l2": 0.2},
        clipping={"type": clipping, "maximum": 0.3},
    )
    document["network"]["layers"][0]["frozen"] = ["b"]

    assert_lines_tell_the_truth(document)


def test_the_lines_of_dropout_mini_batches_and_validation(rng: np.random.Generator) -> None:
    data = rows(rng.normal(size=(5, 2)), rng.normal(size=(5, 1)))
    data["validation_inputs"] = rng.normal(size=(3, 2)).tolist()
    data["validation_targets"] = rng.normal(size=(3, 1)).tolist()
    document = {
        "data": data,
        "network": {"layers": [dropout(0.2), dense(4, "tanh"), dropout(0.5), dense(1)]},
        "optimizer": sgd(0.1),
        "penalty": {"l2": 0.1},
        "batch_size": 2,
    }

    assert_lines_tell_the_truth(document)


def test_the_lines_are_told_the_same_again_later() -> None:
    timeline = start(xor(optimizer={"type": "adam", "learning_rate": 0.1}))
    timeline.seek(step=2, event=0)
    told = step_through(timeline)[:-1]
    timeline.seek(step=2, event=len(told))

    again = timeline.events()

    assert [event.line for event in again] == [event.line for event in told]
    for event in again:
        names = executed(event)
        for name, value in event.values.items():
            np.testing.assert_allclose(found(name, event, names, timeline), value, rtol=1e-12)


def test_a_line_after_an_edit_uses_the_new_number_also_when_it_is_walked_again() -> None:
    timeline = start(xor())
    index = [planned.kind for planned in timeline.plan].index("update")
    timeline.seek(step=0, event=index)
    timeline.edit("learning_rate", 0.25)
    timeline.seek(step=0, event=0)
    timeline.seek(step=0, event=index)

    event = timeline.next()

    assert event is not None
    assert event.arrays["learning_rate"] == 0.25
    np.testing.assert_allclose(executed(event)["U"][0], -event.values["layer0.change_W"][0, 0])
