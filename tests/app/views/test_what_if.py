"""What the view of other learning rates is told, against the engine."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from app.documents import preset
from app.encode import encode_view
from app.opening import session_of
from app.session import Session
from app.settings import Settings
from app.views import what_if
from app.views.registry import view_of
from app.views.requests import WhatIfRequest
from app.views.what_if import show_what_if

from ..speaking import tell

REQUEST = WhatIfRequest(view="what_if")


def session(name: str, **changes: object) -> Session:
    return session_of({**preset(name), **changes}, Settings(), "a-session-for-tests")


def shown(session: Session) -> dict[str, Any]:
    """The data as the page gets them."""
    (part,) = [part for part in show_what_if(session, REQUEST) if part is not None]
    message = encode_view(REQUEST, part, *session.place())
    data: dict[str, Any] = json.loads(message)["data"]
    return data


def to_the_gradients(session: Session) -> None:
    """Run the step until every gradient is known."""
    while not session.timeline.gradients_known:
        session.timeline.next()


def test_before_every_gradient_is_known_there_is_no_curve() -> None:
    xor = session("xor")
    xor.timeline.next()

    data = shown(xor)

    assert data == {"curve": None, "learning_rate": 1.0, "predicted": None, "best_loss": None, "outcome": None}


@pytest.mark.parametrize("name", ["neuron", "xor", "circles", "softmax", "house_prices"])
def test_the_curve_is_that_of_the_engine(name: str) -> None:
    made = session(name)
    made.timeline.run(3)
    to_the_gradients(made)

    curve = shown(made)["curve"]

    found = made.timeline.what_if()
    assert found is not None
    assert curve["losses"] == pytest.approx(found.losses.tolist(), nan_ok=True)
    told = {name: curve[name] for name in ("loss", "best", "exceeds", "stability_limit", "stability_reason")}
    assert told == {name: getattr(found, name) for name in told}


def test_a_breath_between_two_learning_rates_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    circles = session(
        "circles",
        network={
            "layers": [{"type": "dense", "units": 4}, {"type": "dropout", "rate": 0.5}, {"type": "dense", "units": 1}]
        },
    )
    circles.timeline.run(2)
    to_the_gradients(circles)
    at_once = shown(circles)
    monkeypatch.setattr(what_if, "WORK_AT_ONCE", 1)

    parts = []
    for part in show_what_if(circles, REQUEST):
        parts.append(part)
        # Somebody else uses the same compiled network for other rows.
        still = circles.timeline.still()
        circles.forwards.of_batch(still).load(np.zeros_like(still.inputs), still.targets)

    assert len(parts) > 101
    assert parts[-1] is not None
    assert json.loads(encode_view(REQUEST, parts[-1], *circles.place()))["data"] == at_once


def test_the_predicted_loss_and_the_best_are_those_of_a_preview() -> None:
    xor = session("xor")
    to_the_gradients(xor)

    data = shown(xor)

    present = xor.timeline.preview()
    best = xor.timeline.preview(data["curve"]["best"])
    assert present is not None
    assert best is not None
    assert data["predicted"] == pytest.approx(present.loss, rel=1e-12)
    assert data["best_loss"] == pytest.approx(best.loss, rel=1e-12)
    assert data["learning_rate"] == 1.0
    assert data["best_loss"] <= min(data["curve"]["losses"])


def test_what_became_true_is_the_loss_that_the_updated_parameters_have() -> None:
    mazur = session("mazur")
    to_the_gradients(mazur)
    assert shown(mazur)["outcome"] is None
    mazur.timeline.run_to_end_of_step()

    outcome = shown(mazur)["outcome"]

    mazur.timeline.run(2)
    # Mazur's data are one batch, so the next step begins with the loss of these very parameters.
    assert mazur.timeline.history("loss")[1] == pytest.approx(outcome["got"], rel=1e-14)
    assert outcome["got"] == pytest.approx(outcome["predicted"], rel=1e-12)
    assert outcome["step"] == 0
    assert outcome["learning_rate"] == 0.5


def test_the_stability_limit_is_told_where_the_loss_is_quadratic_and_else_why_not() -> None:
    neuron, xor = session("neuron"), session("xor")
    for made in (neuron, xor):
        to_the_gradients(made)

    assert shown(neuron)["curve"]["stability_limit"] == pytest.approx(0.4)
    assert shown(neuron)["curve"]["stability_reason"] == ""
    assert shown(xor)["curve"]["stability_limit"] is None
    assert "not linear" in shown(xor)["curve"]["stability_reason"]


def test_losses_that_are_no_numbers_are_told_by_their_names() -> None:
    neuron = session("neuron")
    neuron.timeline.edit("layer0.W", 1e200, [0, 0])
    to_the_gradients(neuron)

    curve = shown(neuron)["curve"]

    assert curve["loss"] == "Infinity"
    assert set(curve["changes"]) <= {"Infinity", "-Infinity", "NaN"}


def test_it_is_told_again_when_the_gradients_are_known_and_when_the_update_is_done() -> None:
    xor = session("xor")
    states = [view_of(REQUEST).state(xor)]
    for _ in xor.timeline.plan:
        tell(xor, "next", grain="event")
        states.append(view_of(REQUEST).state(xor))

    changes = [place for place in range(1, len(states)) if states[place] != states[place - 1]]

    plan = [event.kind for event in session("xor").timeline.plan]
    assert changes == [plan.index("update"), plan.index("commit"), len(plan)]
