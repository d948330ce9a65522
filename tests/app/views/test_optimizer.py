"""What the view of the optimizer is told, against the engine."""

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
from app.views.optimizer import SQUARES, WORDS, show_optimizer
from app.views.requests import OptimizerRequest, Parameter
from engine.explain import SIGNS
from engine.optimizers import OPTIMIZERS
from engine.trace import arithmetic, trace

from ..speaking import tell

ADAM = {"type": "adam", "learning_rate": 0.1}


def session(name: str = "xor", **changes: object) -> Session:
    return session_of({**preset(name), **changes}, Settings(), "a-session-for-tests")


def look_back(session: Session) -> None:
    while not session.look_back("past", 1.0):
        pass


def asked(name: str = "layer0.W", *index: int) -> OptimizerRequest:
    place = list(index) if index else [0, 0]
    return OptimizerRequest(view="optimizer", parameter=Parameter(name=name, index=place))


def shown(session: Session, request: OptimizerRequest | None = None) -> dict[str, Any]:
    request = request or asked()
    (part,) = show_optimizer(session, request)
    assert part is not None
    MESSAGES.validate_json(encode_view(request, part, *session.place()))
    return dict(part.data)


def row(data: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in data["rows"] if each["name"] == name)
    return found


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
def test_the_curves_are_the_trace_of_the_engine(optimizer: str) -> None:
    circles = session("circles", optimizer={"type": optimizer, "learning_rate": 0.05})
    circles.timeline.run(30)
    look_back(circles)

    data = shown(circles, asked("layer1.W", 1, 2))

    found = trace(circles.survey, "layer1.W", (1, 2))
    assert data["steps"] == found.steps.tolist()
    expected = {"gradient": found.gradient, **found.optimizer, "change": found.change}
    expected |= {"effective_rate": found.effective_rate, "w": found.w}
    assert [each["name"] for each in data["rows"]] == list(expected)
    for name, values in expected.items():
        np.testing.assert_array_equal(row(data, name)["values"], values)


def test_every_state_of_every_optimizer_has_a_sign_and_words() -> None:
    for name in sorted(OPTIMIZERS):
        told = set(session(optimizer={"type": name, "learning_rate": 0.1}).timeline.program.optimizer.told)
        assert told <= set(WORDS) & set(SIGNS), name
        assert {each for each in told if "square" in each or each.startswith("v_") or each == "v"} <= SQUARES


def test_the_numbers_at_the_cursor_are_the_arithmetic_of_the_engine() -> None:
    xor = session(optimizer=ADAM)
    for _ in range(3):
        tell(xor, "next", grain="phase")
    before = shown(xor)
    tell(xor, "next", grain="phase")
    tell(xor, "back", grain="event")

    after = shown(xor)

    assert [each["value"] for each in after["numbers"]] == [
        each.value for each in arithmetic(xor.timeline, "layer0.W", (0, 0))
    ]
    assert before["numbers"][-1]["value"] is None, "the new weight is an empty slot until the update has run"
    assert after["numbers"][-1]["value"] is not None


def test_the_update_of_the_cursor_is_told_as_soon_as_it_is_computed() -> None:
    xor = session(optimizer=ADAM)
    for _ in range(3):
        tell(xor, "next", grain="phase")
    assert shown(xor)["update"] is None
    xor.timeline.run_to_end_of_step()

    update = shown(xor)["update"]

    timeline = xor.timeline
    assert (update["step"], update["now"]) == (0, True)
    assert update["change"] == timeline.read("layer0.change_W")[0, 0]
    assert update["divisor"] == np.sqrt(timeline.read("layer0.v_hat_W")[0, 0])
    assert update["divisor_name"] == "v_hat"


def test_between_updates_that_of_the_last_step_is_told() -> None:
    xor = session(optimizer=ADAM)
    tell(xor, "next", grain="step")

    data = shown(xor)

    assert (data["update"]["step"], data["update"]["now"]) == (0, False)
    assert data["update"]["change"] == row(data, "change")["values"][0]


def test_back_in_time_the_update_is_that_of_before_the_cursor() -> None:
    xor = session(optimizer=ADAM)
    xor.timeline.run(20)
    look_back(xor)
    xor.timeline.seek(10)

    data = shown(xor)

    assert data["update"]["step"] == 10, "step 10 has been run once, and has a sample"
    assert data["steps"] == list(range(20))


def test_gradient_descent_keeps_nothing() -> None:
    xor = session()
    tell(xor, "next", grain="step")

    data = shown(xor)

    assert not data["keeps"]
    assert [each["name"] for each in data["rows"]] == ["gradient", "change", "effective_rate", "w"]
    assert row(data, "effective_rate")["values"][0] == pytest.approx(1.0, rel=1e-12)
    assert data["update"]["divisor"] is None


def test_a_parameter_that_is_gone_is_told_in_words() -> None:
    data = shown(session(), asked("layer0.W", 5, 0))

    assert data["reason"] == "The network has no parameter layer0.W[5, 0]: choose another one."
    assert data["rows"] == []


def test_a_frozen_parameter_is_told_to_be_so() -> None:
    layers = [
        {"type": "dense", "units": 2, "activation": "tanh", "frozen": ["W"]},
        {"type": "dense", "units": 1, "activation": "sigmoid"},
    ]
    xor = session(network={"layers": layers})
    tell(xor, "next", grain="step")

    assert shown(xor)["frozen"]
    assert not shown(xor, asked("layer0.b", 1))["frozen"]


def test_of_a_very_large_network_only_the_moment_is_told() -> None:
    layers = [{"type": "dense", "units": 140, "activation": "relu"}] * 2
    large = session(
        "circles", network={"layers": [*layers, {"type": "dense", "units": 1, "activation": "sigmoid"}]}, optimizer=ADAM
    )
    large.timeline.run(2)
    look_back(large)
    large.timeline.run_to_end_of_step()

    data = shown(large)

    assert "network this large" in data["note"]
    assert data["steps"] == [2]
    assert row(data, "change")["values"].tolist() == [large.timeline.read("layer0.change_W")[0, 0]]


def test_numbers_that_leave_the_range_are_told_by_name() -> None:
    houses = session("house_prices", optimizer={"type": "sgd", "learning_rate": 10.0})
    houses.timeline.run(2000)
    look_back(houses)

    data = shown(houses)

    assert houses.timeline.divergence is not None
    assert np.abs(row(data, "w")["values"]).max() > 1e100


def test_while_it_trains_the_newest_update_is_told() -> None:
    xor = session(optimizer=ADAM)
    tell(xor, "play", steps_per_second=None)
    xor.timeline.run(50)

    data = shown(xor)

    assert data["steps"][-1] == data["update"]["step"] == xor.timeline.cursor.step
    assert data["update"]["now"]
