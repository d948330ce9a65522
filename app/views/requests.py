"""What a page may ask of each view: typed models told apart by `view`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr

from app.wire import Count, Index, Model, Place, QuantityName
from engine.race import MOST_LANES

Column = Annotated[int, Field(ge=0, le=10_000)]
Pair = Annotated[list[Column], Field(min_length=2, max_length=2)]


class Parameter(Model):
    """One weight or bias: `layer0.W` and its index."""

    name: QuantityName
    index: Index


class NeuronPlace(Model):
    """One neuron of a dense layer."""

    layer: Column
    unit: Column


class PlaneRequest(Model):
    """The network's output over the plane of two inputs, or along one; `neurons` asks for a map of every neuron too.

    `pair` are columns of the raw inputs; where there are no such columns, the first ones are taken. Further inputs stay at
    those of training row `row`, or at their mean. `neuron` is the one whose map is told as finely as that of the output.
    With `hidden`, the points as the last hidden layer sees them are told as well, along the units `hidden_pair` or along
    principal components. With `uncertain`, the point is told whose class the network would ask for next.
    """

    view: Literal["plane"]
    pair: Pair = Field(default=[0, 1])
    resolution: Annotated[int, Field(ge=10, le=100)] = 50
    neurons: bool = False
    neuron: NeuronPlace | None = None
    hidden: bool = False
    hidden_pair: Pair | None = None
    row: Count | None = None
    uncertain: bool = False


class LossRequest(Model):
    """The loss by epochs, its parts, and how good the network is by other measures."""

    view: Literal["loss"]


class ParameterAxes(Model):
    """Two parameters."""

    kind: Literal["parameters"]
    first: Parameter
    second: Parameter


class RandomAxes(Model):
    """Two random directions through the present parameters."""

    kind: Literal["random"]
    seed: Count = 0


class PrincipalAxes(Model):
    """The two directions in which the path that was walked is widest."""

    kind: Literal["principal"]


Axes = Annotated[ParameterAxes | RandomAxes | PrincipalAxes, Field(discriminator="kind")]


class LandscapeRequest(Model):
    """The loss over two directions, of this step's batch or of all training rows."""

    view: Literal["landscape"]
    axes: Axes
    over: Literal["batch", "training"] = "training"
    _kept: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def kept(self) -> dict[str, Any]:
        """What the view has found and may use again; it goes when the request does."""
        return self._kept


class WhatIfRequest(Model):
    """The loss of the batch after this update, for any learning rate."""

    view: Literal["what_if"]


class SignalsRequest(Model):
    """How large activations, δ and gradients are in each layer, now and over time; and what is wrong with them."""

    view: Literal["signals"]
    _kept: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def kept(self) -> dict[str, Any]:
        """What the view has found and may use again; it goes when the request does."""
        return self._kept


class OptimizerRequest(Model):
    """What the optimizer makes of one parameter's gradient, now and over time."""

    view: Literal["optimizer"]
    parameter: Parameter


class RaceRequest(Model):
    """The lanes of a race, at the step of the cursor; `engine.race` says what a lane may be.

    The race begins where the run began, or with `fork` at that place of it, and its lanes are always at the step of the
    cursor. With `planes`, what each lane thinks of the plane of two inputs is told too; with `axes`, where each has been
    on one landscape. Of each lane it is told when its loss first fell below `threshold`.
    """

    view: Literal["race"]
    lanes: Annotated[list[dict[str, Any]], Field(max_length=MOST_LANES)]
    fork: Place | None = None
    planes: bool = False
    axes: Axes | None = None
    threshold: Annotated[float, Field(gt=0)] = 0.1
    _kept: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def kept(self) -> dict[str, Any]:
        """What the view has found and may use again; it goes when the request does."""
        return self._kept


ViewRequest = Annotated[
    PlaneRequest | LossRequest | LandscapeRequest | WhatIfRequest | SignalsRequest | OptimizerRequest | RaceRequest,
    Field(discriminator="view"),
]
