"""Where does the gradient go? How large the numbers of each layer are, now and over time, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from typing_extensions import TypedDict

from app.views.past import catch_up, looked_through
from app.views.requests import SignalsRequest
from app.views.shown import Parts, Seen, Shown
from app.wire import Value
from engine import Timeline
from engine.diagnoses import Diagnosis, Kind, Severity, diagnose
from engine.events import FloatArray
from engine.layers.dense import Dense
from engine.signals import COUNTS, EDGES, Distribution, LayerSignals, signals
from engine.survey import PER_ARRAY, SurveySample

QUANTITIES: Final = ("activations", "deltas", "gradient")
# One decade around 10⁻³: a rule of thumb is no sharper than that.
USUAL_RATIO: Final = (10**-3.5, 10**-2.5)
# So many dead or saturated neurons of a layer are named; all of them are counted.
MOST_NAMED: Final = 64
# While it trains, the past is never quite looked through; what was found stays on show for as long as it nearly is.
NEARLY: Final = 0.9
# What float32 cannot hold travels as the smallest that it holds: it is not 0.
SMALLEST: Final = float(np.finfo(np.float32).tiny)


class DistributionMessage(TypedDict):
    """How large the numbers of one array are; see `engine.signals`.

    `now` says whether they are computed at the cursor. Where they are not yet, those of the newest step before that has
    been looked at are told, and `step` says which.
    """

    step: int
    now: bool
    rms: Value
    smallest: Value
    largest: Value
    count: int
    zeros: int
    below: int
    above: int


class LayerMessage(TypedDict):
    """What goes through one dense layer; null for what is known of no step yet.

    `ratio` is |ΔW| / |W| of the update of step `ratio_step`. Of dead and saturated neurons the first 64 are named.
    """

    layer: int
    units: int
    activation: str
    activations: DistributionMessage | None
    deltas: DistributionMessage | None
    gradient: DistributionMessage | None
    ratio: Value | None
    ratio_step: int | None
    dead: list[int]
    dead_count: int
    saturated: list[int]
    saturated_count: int


class DiagnosisMessage(TypedDict):
    """What ails the run, since when and where; see `engine.diagnoses`."""

    kind: Kind
    severity: Severity
    words: str
    since_step: int
    layer: int | None
    units: list[int]
    parameter: str | None


class SignalsData(TypedDict):
    """Three quantities of each dense layer: activations, deltas and gradient, in this order.

    `steps` lie `stride` apart, or less; where the next one is farther away, what is between has not been looked at yet.
    `looked` is the part of the past that is looked through, 0 to 1; `diagnoses` is null until that is enough. `decades` are
    the ends of the scale of sizes, as powers of ten, `usual_ratio` those of the ratios of a layer that learns well.

    Arrays behind it: `shares` (3, layers, bins + 3), how many of the numbers are 0, lie below the scale, in each of its
    bins, above it, as parts of all; `rms` (3, layers, samples) at each of `steps`, NaN where not known; `ratios`
    (layers, samples) likewise.
    """

    layers: list[LayerMessage]
    steps: list[int]
    stride: int
    last_step: int
    looked: float
    diagnoses: list[DiagnosisMessage] | None
    decades: tuple[int, int]
    usual_ratio: tuple[float, float]


def show_signals(session: Seen, request: SignalsRequest) -> Parts:
    """See `SignalsData`."""
    timeline = session.timeline
    catch_up(session)
    now = signals(timeline)
    samples = session.survey.samples
    looked = looked_through(session)
    steps, rms, ratios = over_time(samples, now, timeline.cursor.step)
    shares = np.zeros((len(QUANTITIES), len(now), COUNTS))
    data: SignalsData = {
        "layers": [_tell_layer(one, place, timeline, samples, shares) for place, one in enumerate(now)],
        "steps": steps,
        "stride": session.survey.stride,
        "last_step": timeline.last_step,
        "looked": looked,
        "diagnoses": found_diagnoses(session, request.kept, looked),
        "decades": (round(np.log10(EDGES[0])), round(np.log10(EDGES[-1]))),
        "usual_ratio": USUAL_RATIO,
    }
    return iter([Shown(data, {"shares": shares, "rms": rms, "ratios": ratios})])


def over_time(
    samples: Sequence[SurveySample], now: Sequence[LayerSignals], step: int
) -> tuple[list[int], FloatArray, FloatArray]:
    """The strips: steps, rms (3, layers, steps) and ratios (layers, steps), from the survey and the moment itself."""
    layers = [one.layer for one in now]
    columns = {sample.step: _column(sample, layers) for sample in samples}
    if step not in columns and any(one.activations is not None for one in now):
        columns[step] = np.array([_known(one) for one in now])
    steps = sorted(columns)
    # (steps, layers, 4)
    table = np.array([columns[each] for each in steps]).reshape(len(steps), len(layers), len(QUANTITIES) + 1)
    table = np.where((table > 0) & (table < SMALLEST), SMALLEST, table)
    by_quantity = table.transpose(2, 1, 0)
    return steps, by_quantity[:-1], by_quantity[-1]


def _column(sample: SurveySample, layers: Sequence[int]) -> FloatArray:
    """The rms of the three quantities and the ratio of each layer, (layers, 4); NaN where the step had no such layer."""
    column = np.full((len(layers), len(QUANTITIES) + 1), np.nan)
    for place, layer in enumerate(layers):
        if layer in sample.form.units:
            begin = sample.form.start_of_layer(layer)
            column[place] = sample.row[begin : begin + len(QUANTITIES) * PER_ARRAY + 1 : PER_ARRAY]
    return column


def _known(one: LayerSignals) -> list[float]:
    """The same of the moment."""
    found = [one.activations, one.deltas, one.gradient]
    return [*(np.nan if each is None else each.rms for each in found), np.nan if one.ratio is None else one.ratio]


def _tell_layer(
    one: LayerSignals, place: int, timeline: Timeline, samples: Sequence[SurveySample], shares: FloatArray
) -> LayerMessage:
    """What goes through a layer; its histograms are written into `shares`."""
    layer = timeline.experiment.layers[one.layer]
    if not isinstance(layer, Dense):
        raise AssertionError("only dense layers have signals")
    step = timeline.cursor.step
    sample = next((each for each in reversed(samples) if each.step <= step and one.layer in each.form.units), None)
    before = None if sample is None else sample.layer(one.layer)
    told: list[DistributionMessage | None] = []
    for number, name in enumerate(QUANTITIES):
        found: Distribution | None = getattr(one, name)
        of_step, is_now = step, found is not None
        if found is None and before is not None and sample is not None:
            found, of_step = getattr(before, name), sample.step
        if found is not None:
            shares[number, place] = found.counts / found.counts.sum()
        told.append(None if found is None else _tell_distribution(found, of_step, is_now))
    ratio, ratio_step = one.ratio, step
    if ratio is None and before is not None and sample is not None:
        ratio, ratio_step = before.ratio, sample.step
    activations, deltas, gradient = told
    return {
        "layer": one.layer,
        "units": one.units,
        "activation": layer.activation,
        "activations": activations,
        "deltas": deltas,
        "gradient": gradient,
        "ratio": ratio,
        "ratio_step": None if ratio is None else ratio_step,
        "dead": list(one.dead[:MOST_NAMED]),
        "dead_count": len(one.dead),
        "saturated": list(one.saturated[:MOST_NAMED]),
        "saturated_count": len(one.saturated),
    }


def _tell_distribution(found: Distribution, step: int, is_now: bool) -> DistributionMessage:
    return {
        "step": step,
        "now": is_now,
        "rms": found.rms,
        "smallest": found.smallest,
        "largest": found.largest,
        "count": int(found.counts.sum()),
        "zeros": found.zeros,
        "below": found.below,
        "above": found.above,
    }


def found_diagnoses(session: Seen, kept: dict[str, Any], looked: float) -> list[DiagnosisMessage] | None:
    """What ails the run; None until enough of its past is known.

    Args:
        session: that is looked at.
        kept: what was found the last time: it holds for as long as nothing more is known of the past.
        looked: what part of the past is known.
    """
    run, last_step = session.timeline.run_id, session.timeline.last_step
    if looked == 1.0:
        state = (session.state_of_past, last_step)
        if kept.get("state") != state:
            kept.update(state=state, run=run, found=diagnose(session.survey, session.timeline))
    elif not (session.playing and looked >= NEARLY and kept.get("run") == run):
        return None
    found: list[Diagnosis] = kept["found"]
    return [
        {
            "kind": each.kind,
            "severity": each.severity,
            "words": each.words,
            "since_step": each.since_step,
            "layer": each.place.layer,
            "units": list(each.place.units[:MOST_NAMED]),
            "parameter": each.place.parameter,
        }
        for each in found
    ]
