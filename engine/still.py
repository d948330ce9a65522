"""A frozen copy of the cursor's moment, and the compiled way forward that questions are put to.

A question that takes longer than a drawn frame (a map of the plane, a landscape of the loss) is answered from a still, so
that it may be worked on in a thread while the run goes on.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from engine.arena import FloatArray
from engine.experiment import Experiment, Layer
from engine.layers.dense import Dense, DenseOnTape
from engine.layers.dropout import Dropout, DropoutOnTape, Masks
from engine.program import Forward

FORWARDS: Final = 8
ROOM: Final = 2**20
"""Activations of one pass forward: more rows than give so many are taken in several passes."""


@dataclass(frozen=True, eq=False)
class Still:
    """What holds at one moment of a run; its arrays are copies that nobody changes.

    Attributes:
        experiment: data, network and loss. Numbers that may change without compiling anew are in `hyperparameters`.
        step: of the cursor.
        event: of the cursor.
        parameters: the flat vector, laid out as `experiment.layout` says, (P,).
        inputs: of the batch of this step, (n, fan_in).
        targets: of the batch, (n, outputs).
        masks: of the step's dropout layers by their number, each (units, n).
        hyperparameters: as they are in force, by the names of their slots.
        gradient: of the loss and the penalty, before clipping and weight decay, (P,); None while it is not known.
        direction: what the update takes away for each unit of the learning rate, (P,): for plain gradient descent the
            gradient. None while the gradient is not known.
    """

    experiment: Experiment
    step: int
    event: int
    parameters: FloatArray
    inputs: FloatArray
    targets: FloatArray
    masks: Mapping[int, FloatArray]
    hyperparameters: Mapping[str, float]
    gradient: FloatArray | None
    direction: FloatArray | None

    @property
    def next_parameters(self) -> FloatArray | None:
        """Where the update of this step leads; None while the gradient is not known."""
        if self.direction is None:
            return None
        with np.errstate(all="ignore"):
            return np.asarray(self.parameters - self.hyperparameters["learning_rate"] * self.direction)


class Forwards:
    """The ways forward that have been compiled, the least recently used first; not for two threads at once.

    What is compiled depends on the layers and the loss alone, so an edited data point or penalty compiles nothing anew.
    """

    def __init__(self) -> None:
        self._store: OrderedDict[tuple[Any, ...], Forward] = OrderedDict()

    def of(self, still: Still, n: int, masks: Masks = "off") -> Forward:
        """The way forward for n rows, with the penalty in force; rows and parameters are for the caller to set."""
        experiment = still.experiment
        key = (
            tuple(shape_of(layer) for layer in experiment.layers),
            experiment.loss.name,
            experiment.penalty.active,
            n,
            masks,
        )
        if key not in self._store:
            self._store[key] = Forward(experiment, n, masks)
            if len(self._store) > FORWARDS:
                self._store.popitem(last=False)
        self._store.move_to_end(key)
        forward = self._store[key]
        for name, slot in forward.hyper.items():
            slot.view()[()] = still.hyperparameters[name]
        return forward

    def of_batch(self, still: Still) -> Forward:
        """The way forward on the batch of the step, with its dropout masks."""
        forward = self.of(still, len(still.inputs), "given")
        forward.load(still.inputs, still.targets)
        for layer in forward.layers:
            if isinstance(layer, DropoutOnTape):
                layer.mask.view()[...] = still.masks[layer.index]
        return forward

    def of_rows(self, still: Still, inputs: FloatArray, targets: FloatArray) -> Forward:
        """The way forward on other rows, without dropout."""
        forward = self.of(still, len(inputs))
        forward.load(inputs, targets)
        return forward

    def activations(
        self, still: Still, inputs: FloatArray, only: Collection[int] | None = None
    ) -> dict[int, FloatArray]:
        """What every neuron makes of every row, without dropout.

        Args:
            still: whose parameters are taken.
            inputs: as the network gets them, (n, fan_in).
            only: numbers of the layers that are wanted; all, if left out.

        Returns:
            (units, n) for each dense layer that is wanted, by its number.
        """
        layers = {i: layer for i, layer in enumerate(still.experiment.layers) if isinstance(layer, Dense)}
        rows = len(inputs)
        result = {i: np.empty((layer.units, rows)) for i, layer in layers.items() if only is None or i in only}
        if rows == 0:
            return result
        at_once = min(rows, max(1, ROOM // sum(layer.units for layer in layers.values())))
        forward = self.of(still, at_once)
        # The loss is left out: these rows have no targets.
        stop = next(event.start for event in forward.tape.events if event.planned.kind == "loss")
        calls = forward.calls[:stop]
        forward.P.view()[...] = still.parameters
        for start in [*range(0, rows - at_once, at_once), rows - at_once]:
            forward.load(inputs[start : start + at_once])
            with np.errstate(all="ignore"):
                for call in calls:
                    call()
            for layer in forward.layers:
                if isinstance(layer, DenseOnTape) and layer.index in result:
                    result[layer.index][:, start : start + at_once] = layer.a.view()
        return result


def shape_of(layer: Layer) -> tuple[Any, ...]:
    """What of a layer is compiled."""
    if isinstance(layer, Dropout):
        return layer.type, layer.fan_in, layer.rate
    return layer.type, layer.fan_in, layer.units, layer.activation
