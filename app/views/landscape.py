"""Where are we, and which way is down? The loss over two parameters or directions, and the path through it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal

import numpy as np
from typing_extensions import TypedDict

from app.views.directions import (
    PATIENCE_SECONDS,
    PATIENCE_WHILE_TRAINING,
    Reach,
    along_parameters,
    parameters_of,
    principal_reach,
    refusal_words,
    sizes_in,
)
from app.views.requests import LandscapeRequest, ParameterAxes, RandomAxes
from app.views.shown import Parts, Seen, Shown
from app.wire import RefMessage, Value
from engine import EditError
from engine.events import FloatArray
from engine.landscape import (
    SIZES,
    Axes,
    Landscape,
    Over,
    path_axes,
    project,
    project_moves,
    random_axes,
    seen_from,
    steady_bounds,
)
from engine.relief import Relief
from engine.still import Forwards, Still
from engine.survey import SurveySample

# The newest step is added to the path at once where the step before it is known, and so next to nothing has to be run.
NEAR: Final = 1
# Principal directions are those of about so many samples, up to the newest step that is a power of two.
PRINCIPAL_SAMPLES: Final = 32

TOO_FEW_STEPS = "The path has no principal directions yet: they need three steps."


class AxisData(TypedDict):
    """One axis: its ends, its nodes, and the parameter that it is, if it is one."""

    low: float
    high: float
    nodes: list[float]
    parameter: RefMessage | None


class LowestData(TypedDict):
    """The lowest loss on the grid, and where it is."""

    u: float
    v: float
    loss: float


class LandscapeData(TypedDict):
    """The loss over two axes, with every other parameter as it is at the moment of the cursor.

    Arrays: `losses` (m, m), whose entry [j, i] is at the i-th node of u and the j-th of v; it may be infinite or no number
    far out. `path` (s, 4) are steps of the run, those after the cursor too: step, u, v, and the loss of its batch as the
    run found it; `heights` (s,) the losses of this landscape above those places, once they are known. `dropped` (t, 4) is
    what the last edit has dropped, or the run that was before; it may be empty.

    The axes stand still while the run moves: directions are those of an anchor, the beginning of the run (`random`) or the
    newest step that is a power of two (`principal`), and coordinates are measured from there; but the plane goes through
    the parameters of the cursor, which lie `at`, and `loss` is their true loss. `down` is −g as an arrow in the plane, and
    `next` where the update leads; null before the gradients are known. `size` is m; `is_final` says that no finer grid
    follows, `is_coarser` that there is one which would take too long. `stride` is how many steps lie between two places of
    the path. With a `reason` there is nothing to be drawn.
    """

    reason: str | None
    kind: Literal["parameters", "random", "principal"]
    over: Over
    u: AxisData | None
    v: AxisData | None
    at: list[Value]
    loss: Value
    size: int
    is_final: bool
    is_coarser: bool
    down: list[Value] | None
    next: list[Value] | None
    lowest: LowestData | None
    stride: int
    is_path_kept: bool


def show_landscape(session: Seen, request: LandscapeRequest) -> Parts:
    """See `LandscapeData`."""
    timeline = session.timeline
    still = timeline.still()
    survey = session.survey
    samples = survey.path
    if samples and not session.playing and 0 < timeline.last_step - 1 - samples[-1].step <= NEAR:
        survey.newest()
        samples = survey.path
    session.walked.walk(timeline, samples)
    path = those_of(still, samples)
    # Where the run began is wanted at once, for the axes, also while the past is still being looked through.
    first = path[0] if path and path[0].step == 0 else None
    if first is None and timeline.last_step > 0:
        first = next(iter(those_of(still, (survey.look(0),))), None)
    told: LandscapeData = {
        "reason": None,
        "kind": request.axes.kind,
        "over": request.over,
        "u": None,
        "v": None,
        "at": [],
        "loss": 0.0,
        "size": 0,
        "is_final": True,
        "is_coarser": False,
        "down": None,
        "next": None,
        "lowest": None,
        "stride": survey.stride,
        "is_path_kept": bool(path) or not samples,
    }
    try:
        axes, least = _axes(request, still, path, first)
    except EditError as error:
        return iter([Shown({**told, "reason": refusal_words(error)})])
    if axes is None:
        return iter([Shown({**told, "reason": TOO_FEW_STEPS})])
    rows = len(still.inputs) if request.over == "batch" else len(still.experiment.dataset.inputs)
    sizes = sizes_in(PATIENCE_SECONDS, still, rows)
    told["is_coarser"] = sizes[-1] < SIZES[-1]
    if session.playing:
        sizes = sizes_in(PATIENCE_WHILE_TRAINING, still, rows)[-1:]
    dropped = those_of(still, session.walked.dropped)
    return _parts(still, axes, least, path, first, dropped, request, told, sizes, session.forwards)


def those_of(still: Still, samples: tuple[SurveySample, ...]) -> tuple[SurveySample, ...]:
    """Those samples whose parameters are of the same network as those of a moment, and are kept at all."""
    layout = still.experiment.layout
    return tuple(sample for sample in samples if sample.form.parts and sample.form.layout == layout)


def _axes(
    request: LandscapeRequest, still: Still, path: tuple[SurveySample, ...], first: SurveySample | None
) -> tuple[Axes | None, Reach]:
    """The axes, and how far they reach at least from where the path begins; no axes before there are any."""
    anchor = still if first is None else replace(still, parameters=first.parameters)
    match request.axes:
        case ParameterAxes():
            return along_parameters(request.axes, still, anchor.parameters)
        case RandomAxes(seed=seed):
            return seen_from(random_axes(anchor, seed), still), (1.0, 1.0)
        case _:
            return _principal_axes(still, path)


def _principal_axes(still: Still, path: tuple[SurveySample, ...]) -> tuple[Axes | None, Reach]:
    last = path[-1].step if path else 0
    if last < 2:
        return None, (1.0, 1.0)
    newest = 1 << (last.bit_length() - 1)
    apart = max(1, newest // PRINCIPAL_SAMPLES)
    found = [sample for sample in path if sample.step <= newest and sample.step % apart == 0]
    vectors = np.array([sample.parameters for sample in found])
    anchored = path_axes(replace(still, parameters=vectors[-1]), vectors)
    places = project(anchored, vectors)
    with np.errstate(all="ignore"):
        moves = places - places[0]
    return seen_from(anchored, still), principal_reach(moves)


def _parts(
    still: Still,
    axes: Axes,
    least: Reach,
    path: tuple[SurveySample, ...],
    first: SurveySample | None,
    dropped_path: tuple[SurveySample, ...],
    request: LandscapeRequest,
    told: LandscapeData,
    sizes: tuple[int, ...],
    forwards: Forwards,
) -> Parts:
    walked = _places(axes, path)
    dropped = _places(axes, dropped_path)
    start = np.array(axes.at) if first is None else project(axes, first.parameters[np.newaxis])[0]
    seen = np.concatenate([walked[:, 1:3], dropped[:, 1:3]])
    bounds = steady_bounds(axes, start, seen, least)
    if not all(low < at < high for (low, high), at in zip(bounds, axes.at, strict=True)):
        # The newest moment is no part of the path yet, and mostly near its end.
        bounds = steady_bounds(axes, start, np.vstack([seen, axes.at]), least)
    relief: Relief | None = request.kept.get("relief")
    if relief is None or not relief.is_of(still, axes, *bounds, told["over"]):
        relief = request.kept["relief"] = Relief(still, axes, *bounds, told["over"])
    arrays = {"path": walked, "dropped": dropped}
    parameters = parameters_of(request.axes) or (None, None)
    for grid in relief.explore(sizes, forwards):
        if grid is None:
            yield None
            continue
        told = _tell(told, grid, still, bounds, parameters)
        shown = Shown(told, {**arrays, "losses": grid.losses})
        if not grid.final or not len(walked):
            yield shown
            continue
        is_told = False
        for heights in relief.along(walked[:, 1:3], forwards):
            if heights is not None:
                yield Shown(told, {**shown.arrays, "heights": heights})
            else:
                yield None if is_told else shown
                is_told = True


def _places(axes: Axes, path: tuple[SurveySample, ...]) -> FloatArray:
    """Step, u, v and loss of each sample, (s, 4)."""
    if not path:
        return np.zeros((0, 4))
    places = project(axes, np.array([sample.parameters for sample in path]))
    steps, losses = ([getattr(sample, name) for sample in path] for name in ("step", "loss"))
    return np.column_stack([steps, places, losses])


def _tell(
    told: LandscapeData,
    grid: Landscape,
    still: Still,
    bounds: tuple[tuple[float, float], tuple[float, float]],
    parameters: Sequence[RefMessage | None],
) -> LandscapeData:
    axes = grid.axes
    u, v = (
        AxisData(low=low, high=high, nodes=at.tolist(), parameter=parameter)
        for (low, high), at, parameter in zip(bounds, (grid.u, grid.v), parameters, strict=True)
    )
    down = None if still.gradient is None else project_moves(axes, -still.gradient[np.newaxis])[0].tolist()
    ahead = still.next_parameters
    return {
        **told,
        "u": u,
        "v": v,
        "at": list(axes.at),
        "loss": grid.loss,
        "size": len(grid.u),
        "is_final": grid.final,
        "down": down,
        "next": None if ahead is None else project(axes, ahead[np.newaxis])[0].tolist(),
        "lowest": _lowest(grid),
    }


def _lowest(grid: Landscape) -> LowestData | None:
    finite = np.where(np.isfinite(grid.losses), grid.losses, np.inf)
    j, i = np.unravel_index(finite.argmin(), finite.shape)
    if not np.isfinite(finite[j, i]):
        return None
    return {"u": float(grid.u[i]), "v": float(grid.v[j]), "loss": float(finite[j, i])}
