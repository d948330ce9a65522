"""Backpropagation, one event at a time: a NumPy engine that can be walked forward and back.

    from engine import Experiment, Timeline

    timeline = Timeline(Experiment.from_json(document))
    event = timeline.next()

See docs/engine.md for a tour.
"""

from engine.catalogue import catalogue
from engine.divergence import Divergence
from engine.edits import Edit
from engine.errors import CursorError, EditError, EngineError, ExperimentError, Problem, ShapeError
from engine.events import Cursor, Event, PlannedEvent
from engine.experiment import Experiment
from engine.explain import Explanation, Expression, Quantity
from engine.gradient_check import GradientCheck
from engine.presets import PRESETS
from engine.timeline import EditResult, Timeline
from engine.whatif import Preview, WhatIf

__all__ = [
    "PRESETS",
    "Cursor",
    "CursorError",
    "Divergence",
    "Edit",
    "EditError",
    "EditResult",
    "EngineError",
    "Event",
    "Experiment",
    "ExperimentError",
    "Explanation",
    "Expression",
    "GradientCheck",
    "PlannedEvent",
    "Preview",
    "Problem",
    "Quantity",
    "ShapeError",
    "Timeline",
    "WhatIf",
    "catalogue",
]
