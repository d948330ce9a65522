"""What the engine says, as the messages that the page understands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from app.formulas import fragment, mathml
from app.messages import (
    Checked,
    CursorMessage,
    DataInfo,
    DetailMessage,
    DivergenceMessage,
    ExplanationMessage,
    ExpressionMessage,
    LayerInfo,
    PlannedEventMessage,
    PreviewMessage,
    QuantityMessage,
    WhatIfMessage,
)
from engine import Experiment, Timeline
from engine.events import Cursor, FloatArray, PlannedEvent
from engine.layers.dense import Dense

# A scatter plot does not show more, and a snapshot must not grow with the data.
ROWS_TOLD: Final = 500


def tell_cursor(cursor: Cursor) -> CursorMessage:
    """A place in time."""
    return {"step": cursor.step, "event": cursor.event}


def tell_plan(plan: Iterable[PlannedEvent]) -> list[PlannedEventMessage]:
    """The events of a step."""
    return [
        {
            "kind": planned.kind,
            "phase": planned.phase,
            "layer": planned.layer,
            "parameter": planned.parameter,
            "title": planned.title,
            "mathml": mathml(planned.latex),
        }
        for planned in plan
    ]


def tell_layers(experiment: Experiment) -> list[LayerInfo]:
    """The network."""
    layers: list[LayerInfo] = []
    for layer in experiment.layers:
        info: LayerInfo = {
            "type": layer.type,
            "fan_in": layer.fan_in,
            "units": layer.units,
            "activation": None,
            "frozen": [],
        }
        if isinstance(layer, Dense):
            info["activation"] = layer.activation
            info["frozen"] = sorted(layer.frozen)
        else:
            info["rate"] = layer.rate
        layers.append(info)
    return layers


def tell_data(experiment: Experiment) -> DataInfo:
    """The data."""
    dataset = experiment.dataset
    return {
        "task": dataset.task,
        "samples": len(dataset.inputs),
        "validation_samples": len(dataset.validation_inputs),
        "input_names": list(dataset.input_names),
        "target_names": list(dataset.target_names),
        "class_names": list(dataset.class_names),
        "inputs": dataset.inputs[:ROWS_TOLD],
        "targets": dataset.targets[:ROWS_TOLD],
        "source": dataset.source,
    }
