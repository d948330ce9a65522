"""What the view of the signals is told, against the engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.documents import preset
from app.encode import encode_view
from app.messages import MESSAGES
from app.opening import session_of
from app.session import Session
from app.settings import Settings
from app.views.requests import SignalsRequest
from app.views.shown import Shown
from app.views.signals import MOST_NAMED, NEARLY, show_signals
from engine.diagnoses import diagnose
from engine.signals import COUNTS, signals

from ..speaking import tell


def session(name: str = "xor", **changes: object) -> Session:
    return session_of({**preset(name), **changes}, Settings(), "a-session-for-tests")


def sigmoids(layers: int) -> Session:
    hidden = [{"type": "dense", "units": 4, "activation": "sigmoid"}] * (layers - 1)
    return session(network={"layers": [*hidden, {"type": "dense", "units": 1, "activation": "sigmoid"}]})


def look_back(session: Session) -> None:
    while not session.look_back("past", 1.0):
        pass


def shown(session: Session, request: SignalsRequest | None = None) -> Shown:
    (part,) = show_signals(session, request or SignalsRequest(view="signals"))
    assert part is not None
    return part


def test_the_distributions_at_the_cursor_are_those_of_the_engine() -> None:
    circles = session("circles")
    tell(circles, "next", grain="step")
    for _ in range(3):
        tell(circles, "next", grain="phase")

    part = shown(circles)

    now = signals(circles.timeline)
    assert len(part.data["layers"]) == len(now) == 3
    for place, (told, one) in enumerate(zip(part.data["layers"], now, strict=True)):
        for number, name in enumerate(("activations", "deltas", "gradient")):
            found = getattr(one, name)
            assert told[name]["now"]
            assert told[name]["step"] == 1
            assert told[name]["rms"] == found.rms
            assert told[name]["count"] == found.counts.sum()
            share = part.arrays["shares"][number, place]
            np.testing.assert_array_equal(share, found.counts / found.counts.sum())


def test_what_is_not_computed_yet_is_of_the_step_before() -> None:
    xor = session()
    tell(xor, "next", grain="step")
    tell(xor, "next", grain="phase")

    (first, _) = shown(xor).data["layers"]

    assert (first["activations"]["step"], first["activations"]["now"]) == (1, True)
    assert (first["gradient"]["step"], first["gradient"]["now"]) == (0, False)
    assert first["gradient"]["rms"] == xor.survey.look(0).gradient_rms(0)
    assert first["ratio_step"] == 0


def test_before_the_first_step_nothing_is_known() -> None:
    part = shown(session())

    assert part.data["layers"][0]["activations"] is None
    assert part.data["steps"] == []
    assert part.data["diagnoses"] == []
    assert part.arrays["rms"].shape == (3, 2, 0)
    assert part.arrays["shares"].shape == (3, 2, COUNTS)
    assert not part.arrays["shares"].any()


def test_the_strips_are_the_samples_of_the_survey() -> None:
    circles = session("circles")
    circles.timeline.run(40)
    look_back(circles)

    part = shown(circles)

    samples = circles.survey.samples
    assert part.data["steps"] == [sample.step for sample in samples] == list(range(40))
    for column, sample in enumerate(samples):
        for place, layer in enumerate(sample.layers):
            assert layer.activations is not None
            assert layer.deltas is not None
            assert layer.gradient is not None
            found = [layer.activations.rms, layer.deltas.rms, layer.gradient.rms]
            assert part.arrays["rms"][:, place, column].tolist() == found
            assert part.arrays["ratios"][place, column] == layer.ratio


def test_the_strips_reach_as_far_as_the_moment_before_the_past_is_looked_through() -> None:
    xor = session()
    xor.timeline.run(50)
    xor.timeline.run_to_end_of_step()

    part = shown(xor)

    assert part.data["steps"] == [0, 50]
    assert part.data["looked"] < NEARLY
    assert part.data["diagnoses"] is None
    now = [one.gradient.rms for one in signals(xor.timeline) if one.gradient is not None]
    assert part.arrays["rms"][2, :, 1].tolist() == now


def test_somebody_who_walks_is_told_of_a_whole_past_at_once() -> None:
    xor = session()
    for step in range(3):
        tell(xor, "next", grain="step")

        data = shown(xor).data

        assert data["looked"] == 1.0
        assert data["steps"] == list(range(step + 1))


def test_a_vanishing_gradient_is_named_with_its_layer_and_its_step() -> None:
    deep = sigmoids(6)
    deep.timeline.run(60)
    look_back(deep)

    data = shown(deep).data

    found = diagnose(deep.survey, deep.timeline)
    assert [each["words"] for each in data["diagnoses"]] == [each.words for each in found]
    vanishing = next(each for each in data["diagnoses"] if each["kind"] == "vanishing_gradient")
    assert (vanishing["layer"], vanishing["since_step"], vanishing["severity"]) == (0, found[0].since_step, "serious")
    rms = shown(deep).arrays["rms"][1, :, -1]
    assert np.all(np.diff(rms) > 0), "δ grows from layer to layer towards the loss"


def test_diagnoses_are_those_of_the_run_as_it_is_now() -> None:
    deep, request = sigmoids(6), SignalsRequest(view="signals")
    deep.timeline.run(60)
    look_back(deep)
    before = shown(deep, request).data["diagnoses"]
    deep.timeline.run(20)
    look_back(deep)

    after = shown(deep, request).data["diagnoses"]

    assert after != before
    assert [each["words"] for each in after] == [each.words for each in diagnose(deep.survey, deep.timeline)]


def test_dead_neurons_are_named_and_counted() -> None:
    weights = [[-1.0, -1.0]] * 70 + [[1.0, 1.0]]
    layers: list[dict[str, Any]] = [
        {"type": "dense", "units": 71, "activation": "relu", "W": weights, "b": [-1.0] * 70 + [0.0]},
        {"type": "dense", "units": 1, "activation": "sigmoid"},
    ]
    xor = session(network={"layers": layers})

    first = shown(xor).data["layers"][0]

    assert first["dead"] == list(range(MOST_NAMED))
    assert first["dead_count"] == 70
    assert first["saturated_count"] == 0


def test_what_is_too_small_for_float32_does_not_become_nothing() -> None:
    xor = session(network={"layers": [{"type": "dense", "units": 1, "activation": "identity", "W": [[1e-60, 0]]}]})
    tell(xor, "next", grain="phase")

    rms = shown(xor).arrays["rms"].astype(np.float32)

    assert 0 < rms[0, 0, 0] < 1e-37


def test_a_run_that_diverges_is_told_with_its_place() -> None:
    houses = session("house_prices", optimizer={"type": "sgd", "learning_rate": 10.0})
    houses.timeline.run(2000)
    look_back(houses)
    request = SignalsRequest(view="signals")

    part = shown(houses, request)

    assert houses.timeline.divergence is not None
    assert part.data["diagnoses"][0]["kind"] == "diverging"
    assert part.data["diagnoses"][0]["parameter"] == houses.timeline.divergence.parameter


@pytest.mark.parametrize("steps", [0, 3])
def test_what_is_told_is_what_is_declared(steps: int) -> None:
    xor = session()
    xor.timeline.run(steps)
    look_back(xor)
    request = SignalsRequest(view="signals")

    message = encode_view(request, Shown(shown(xor, request).data), *xor.place())

    MESSAGES.validate_json(message)


def test_it_stays_small_however_long_the_run() -> None:
    xor = session()
    xor.timeline.run(1000)
    look_back(xor)

    part = shown(xor)

    assert len(part.data["steps"]) <= 128
    assert part.data["steps"][0] == 0
    assert part.data["steps"][-1] == 999


def test_while_it_trains_the_newest_step_is_told_whole() -> None:
    xor = session()
    tell(xor, "play", steps_per_second=None)
    xor.timeline.run(50)

    part = shown(xor)

    assert part.data["steps"][-1] == xor.timeline.cursor.step
    assert all(layer["gradient"]["now"] for layer in part.data["layers"])
    assert not np.isnan(part.arrays["rms"][:, :, -1]).any()
