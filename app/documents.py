"""Runs from what somebody gives us: a document, a bare experiment, the name of a preset."""

from __future__ import annotations

import time
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

from app.refusals import RefusedError
from app.settings import Settings
from engine import EngineError, Experiment, ExperimentError, Problem, Timeline
from engine.presets import PRESETS

DEFAULT_PRESET: Final = "xor"
NO_EXPERIMENT: Final = "This is not an experiment that can be run here."
_DOCUMENT_FIELDS: Final = frozenset({"experiment", "edits", "cursor", "view"})
# Steps that are tried to see how long a run takes; with fewer to go through there is nothing to see.
_PROBED_STEPS: Final = 50


def preset(name: str) -> dict[str, Any]:
    """The document of a preset.

    Raises:
        RefusedError: there is none of that name.
    """
    if name not in PRESETS:
        raise RefusedError("There is no such preset.", [Problem("preset", name, "one of " + ", ".join(PRESETS))])
    return deepcopy(PRESETS[name]["document"])


def experiment_of(document: Mapping[str, Any], settings: Settings) -> Experiment:
    """The experiment of a document, within the limits.

    Args:
        document: of a run, or a bare experiment.
        settings: the limits.

    Raises:
        RefusedError: it describes none, or one that is too large; everything that is wrong is listed.
    """
    problems: list[Problem] = []
    if "experiment" in document:
        allowed = "no such field; known here: " + ", ".join(sorted(_DOCUMENT_FIELDS))
        problems = [Problem(str(name), "given", allowed) for name in document if name not in _DOCUMENT_FIELDS]
    try:
        experiment = Experiment.from_json(document.get("experiment", document))
    except ExperimentError as error:
        raise RefusedError(NO_EXPERIMENT, [*problems, *error.problems]) from error
    except RecursionError as error:
        raise RefusedError("This document is nested too deeply.") from error
    problems += over_limits(experiment, settings)
    if problems:
        raise RefusedError(NO_EXPERIMENT, problems)
    return experiment


def over_limits(experiment: Experiment, settings: Settings) -> list[Problem]:
    """What about an experiment is too large for this server."""
    problems = []
    parameters = experiment.layout.count
    samples = len(experiment.dataset.inputs) + len(experiment.dataset.validation_inputs)
    if parameters > settings.max_parameters:
        allowed = f"at most {settings.max_parameters} weights and biases"
        problems.append(Problem("network.layers", f"{parameters} weights and biases", allowed))
    if samples > settings.max_samples:
        problems.append(Problem("data", f"{samples} rows", f"at most {settings.max_samples} rows"))
    rows = max(experiment.batch_size, len(experiment.dataset.validation_inputs))
    neurons = sum(layer.units for layer in experiment.layers)
    if rows * neurons > settings.max_activations:
        allowed = f"at most {settings.max_activations} together"
        problems.append(Problem("batch_size", f"{rows} rows at once through {neurons} neurons", allowed))
    return problems


def begin(experiment: Experiment, settings: Settings) -> Timeline:
    """A run from its beginning."""
    return Timeline(experiment, memory_budget=settings.max_checkpoint_bytes, most_steps=settings.max_steps)


def replay(document: Mapping[str, Any], settings: Settings) -> Timeline:
    """A run up to its moment.

    Raises:
        ExperimentError: the document is wrong, or has more edits than can be made again in time.
    """
    end = time.perf_counter() + settings.max_replay_seconds
    return Timeline.from_json(
        document,
        memory_budget=settings.max_checkpoint_bytes,
        most_steps=settings.max_steps,
        enough=lambda: time.perf_counter() > end,
    )


def timeline_of(document: Mapping[str, Any], settings: Settings) -> tuple[Timeline, Mapping[str, Any] | None]:
    """The run of a document at its moment, and what a viewer saw when it was saved.

    Raises:
        RefusedError: the document is wrong, too large, or its moment too far into the run.
    """
    experiment = experiment_of(document, settings)
    if "experiment" not in document:
        return begin(experiment, settings), None
    edits, view = document.get("edits"), document.get("view")
    if isinstance(edits, list) and len(edits) > settings.max_edits:
        raise RefusedError(NO_EXPERIMENT, [Problem("edits", f"{len(edits)} edits", f"at most {settings.max_edits}")])
    if view is not None and not isinstance(view, Mapping):
        raise RefusedError(NO_EXPERIMENT, [Problem("view", str(view)[:60], "an object with named fields")])
    _refuse_long_replay(document, experiment, settings)
    try:
        return replay(document, settings), view
    except ExperimentError as error:
        raise RefusedError(NO_EXPERIMENT, error.problems) from error


def _refuse_long_replay(document: Mapping[str, Any], experiment: Experiment, settings: Settings) -> None:
    """Refuse a moment that would take too long to come back to."""
    places = [document.get("cursor"), *(document.get("edits") or [])]
    steps = [place.get("step") for place in places if isinstance(place, Mapping)]
    furthest = max((step for step in steps if isinstance(step, int)), default=0)
    if furthest <= _PROBED_STEPS:
        return
    began = time.perf_counter()
    try:
        probed = Timeline(experiment).run(steps=_PROBED_STEPS).step
    except EngineError:
        return  # what is wrong will be told when the run itself is made
    seconds = furthest * (time.perf_counter() - began) / max(probed, 1)
    if seconds > settings.max_replay_seconds:
        allowed = f"a step that is reached within {settings.max_replay_seconds:g} s"
        raise RefusedError(
            "This moment lies too far into the run to come back to it here.",
            [Problem("cursor.step", f"{furthest}, reached after about {seconds:.0f} s", allowed)],
        )
