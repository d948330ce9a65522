"""What the engine says, as the messages that the page understands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from app.formulas import fragment, mathml
from app.messages import (
    Checked,
    DataInfo,
    DetailMessage,
    DivergenceMessage,
    EditMessage,
    ExplanationMessage,
    ExpressionMessage,
    LayerInfo,
    PlannedEventMessage,
    PreviewMessage,
    QuantityMessage,
)
from app.wire import CursorMessage, FiniteList
from engine import (
    Cursor,
    Divergence,
    Edit,
    Experiment,
    Explanation,
    Expression,
    GradientCheck,
    PlannedEvent,
    Preview,
    Quantity,
)
from engine.events import FloatArray
from engine.layers.dense import Dense

# A scatter plot does not show more, and a snapshot must not grow with the data.
ROWS_TOLD: Final = 500


def tell_cursor(cursor: Cursor) -> CursorMessage:
    """A place in time."""
    return {"step": cursor.step, "event": cursor.event}


def tell_plan(plan: Iterable[PlannedEvent]) -> list[PlannedEventMessage]:
    """The events of a step."""
    return FiniteList(
        {
            "kind": planned.kind,
            "phase": planned.phase,
            "layer": planned.layer,
            "parameter": planned.parameter,
            "title": planned.title,
            "mathml": mathml(planned.latex),
        }
        for planned in plan
    )


def tell_edits(edits: Iterable[Edit]) -> list[EditMessage]:
    """The log."""
    told: list[EditMessage] = FiniteList()
    for edit in edits:
        message: EditMessage = {"step": edit.step, "event": edit.event, "path": edit.path, "value": edit.value}
        if edit.index is not None:
            message["index"] = list(edit.index)
        told.append(message)
    return told


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


def tell_detail(sample: int, detail: Mapping[str, FloatArray] | None) -> DetailMessage | None:
    """The products inside one event, for one row of the batch."""
    if detail is None:
        return None
    message: DetailMessage = {"sample": sample}
    if "terms" in detail:
        message["terms"] = detail["terms"]
    if "partials" in detail:
        message["partials"] = detail["partials"]
    if "slope" in detail:
        message["slope"] = detail["slope"]
    return message


def tell_preview(preview: Preview | None) -> PreviewMessage | None:
    """What the update would do."""
    if preview is None:
        return None
    return {"learning_rate": preview.learning_rate, "loss": preview.loss, "values": dict(preview.values)}


def tell_check(check: GradientCheck, step: int) -> Checked:
    """Whether the gradients are right."""
    return {
        "step": step,
        "parameters": check.parameters,
        "largest_error": check.largest_error,
        "worst": {"name": check.worst_name, "index": list(check.worst_index)} if check.worst_name else None,
        "excluded": check.excluded,
        "passed": check.passed,
    }


def tell_divergence(divergence: Divergence | None) -> DivergenceMessage | None:
    """Where the run stopped."""
    if divergence is None:
        return None
    return {"step": divergence.step, "parameter": divergence.parameter, "cause": divergence.cause}


def tell_explanation(explanation: Explanation) -> ExplanationMessage:
    """How a number follows from others."""
    return {
        "quantity": _tell_quantity(explanation.quantity),
        "rule": mathml(explanation.rule),
        "expression": _tell_expression(explanation.expression),
        "words": explanation.words,
        "alternatives": [tell_explanation(other) for other in explanation.alternatives],
    }


def _tell_quantity(quantity: Quantity) -> QuantityMessage:
    return {
        "ref": {"name": quantity.name, "index": list(quantity.index)},
        "mathml": fragment(quantity.latex),
        "words": quantity.words,
        "value": quantity.value,
        "unfolds": quantity.unfolds,
    }


def _tell_expression(expression: Expression) -> ExpressionMessage:
    if expression.quantity is not None:
        return {"op": "quantity", "quantity": _tell_quantity(expression.quantity)}
    args = [_tell_expression(arg) for arg in expression.args]
    match expression.op:
        case "call":
            return {
                "op": "call",
                "name": expression.name,
                "mathml": fragment(expression.latex),
                "args": args,
                "value": expression.value,
            }
        case "number" | "quantity":
            return {"op": "number", "value": expression.value}
        case operation:
            return {"op": operation, "args": args, "value": expression.value}
