"""The race of a session: made from the request alone, always at the step of the cursor, and never in anybody's way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.documents import preset
from app.opening import session_of
from app.racing import FORGOTTEN_SECONDS, MOST_RACES
from app.refusals import RefusedError
from app.session import Session
from app.settings import Settings
from app.views.requests import RaceRequest
from engine import CursorError, ExperimentError, Timeline
from engine.race import BackpropLane, Race

from .conftest import Clock
from .speaking import tell

AS_IT_IS = {"name": "as it is"}
FASTER = {"name": "η 3", "change": {"path": "learning_rate", "value": 3.0}}
ADAM = {"name": "Adam", "change": {"path": "optimizer", "value": {"type": "adam", "learning_rate": 0.1}}}
GENETIC = {"name": "GA", "search": {"type": "genetic"}}


def request(*lanes: dict[str, Any], **more: object) -> RaceRequest:
    return RaceRequest.model_validate({"view": "race", "lanes": list(lanes), **more})


def lane(number: int, other: dict[str, Any]) -> dict[str, Any]:
    """Which lane of which race to promote."""
    return {"race": {"view": "race", "lanes": [AS_IT_IS, other]}, "lane": number}


def session(name: str = "xor") -> Session:
    return session_of(preset(name), Settings(), "a-session-for-tests")


def arrive(session: Session) -> None:
    """Let the lanes come to where the cursor is."""
    while not session.look_back("race", 1.0):
        pass


def vectors(race: Race) -> list[bytes]:
    return [lane.vector.tobytes() for lane in race.lanes]


def test_the_lanes_come_to_the_step_of_the_cursor_as_runs_of_their_own_would() -> None:
    xor = session()
    race = xor.race(request(AS_IT_IS, FASTER, ADAM))

    tell(xor, "seek", cursor={"step": 0, "event": 0})
    xor.timeline.run(steps=37)
    arrive(xor)

    assert [lane.done for lane in race.lanes] == [37, 37, 37]
    for lane in race.lanes:
        assert isinstance(lane, BackpropLane)
        alone = Timeline(lane.experiment)
        alone.run(steps=37)
        assert {name: array.tolist() for name, array in alone.parameters().items()} == {
            name: array.tolist() for name, array in lane.parameters().items()
        }
    np.testing.assert_array_equal(race.lanes[0].parameters()["layer0.W"], xor.timeline.parameters()["layer0.W"])


def test_going_back_takes_all_lanes_back() -> None:
    xor = session()
    race = xor.race(request(AS_IT_IS, FASTER, GENETIC))
    xor.timeline.run(steps=20)
    arrive(xor)
    then = vectors(race)
    xor.timeline.run(steps=30)
    arrive(xor)
    later = vectors(race)

    tell(xor, "seek", cursor={"step": 20, "event": 3})
    arrive(xor)

    assert vectors(race) == then
    assert vectors(race) != later


def test_the_same_request_keeps_the_race_and_another_begins_one() -> None:
    xor = session()
    race = xor.race(request(AS_IT_IS, FASTER))

    assert xor.race(request(AS_IT_IS, FASTER, planes=True)) is race
    assert xor.race(request(AS_IT_IS, ADAM)) is not race


def test_two_viewers_may_look_at_different_races() -> None:
    xor = session()
    first = xor.race(request(AS_IT_IS, FASTER))
    second = xor.race(request(AS_IT_IS, ADAM))
    xor.timeline.run(steps=12)
    arrive(xor)

    assert xor.race(request(AS_IT_IS, FASTER)) is first
    assert xor.race(request(AS_IT_IS, ADAM)) is second
    assert [lane.done for race in (first, second) for lane in race.lanes] == [12] * 4


def test_a_session_runs_only_so_many_races_until_one_is_closed() -> None:
    xor = session()
    requests = [request(AS_IT_IS, {**FASTER, "name": str(number)}) for number in range(MOST_RACES + 1)]
    for one in requests[:-1]:
        xor.race(one)

    with pytest.raises(CursorError, match=str(MOST_RACES)):
        xor.race(requests[-1])
    xor.keep({"race"}, requests[1:])

    assert xor.race(requests[-1]).lanes[1].plan.name == str(MOST_RACES)


def test_what_takes_long_is_done_before_a_race_is_asked_for() -> None:
    xor = session()
    xor.timeline.run(steps=10)
    wanted = request(AS_IT_IS, FASTER, fork={"step": 4, "event": 0})

    prepare = xor.race_preparation(wanted)
    assert prepare is not None
    prepare()

    assert xor.race_preparation(wanted) is None
    assert xor.timeline.cursor.step == 10
    tell(xor, "seek", cursor={"step": 2, "event": 0})
    tell(xor, "edit", id=1, path="learning_rate", value=0.25)
    assert xor.race_preparation(wanted) is not None


def test_what_was_edited_before_the_first_step_is_raced_too() -> None:
    xor = session()
    xor.race(request(AS_IT_IS, FASTER))

    tell(xor, "edit", id=1, path="learning_rate", value=0.25)

    assert xor.race(request(AS_IT_IS, FASTER)).lanes[0].experiment.learning_rate == 0.25


def test_lanes_on_their_way_are_told_of_now_and_then_and_when_they_arrive(clock: Clock) -> None:
    xor = session()
    xor.clock = clock
    xor.race(request(AS_IT_IS, FASTER))
    xor.timeline.run(steps=3000)
    told, states = 0, [xor.state_of_race]

    done = False
    while not done:
        done = xor.look_back("race", 0.001)
        clock.now += 0.001
        told += xor.state_of_race != states[-1]
        states.append(xor.state_of_race)

    assert states[-1] != states[-2]
    assert told <= 2 + (clock.now - 100.0) / 0.1


def test_a_session_that_was_opened_anew_races_as_before() -> None:
    xor = session()
    race = xor.race(request(AS_IT_IS, FASTER, GENETIC))
    xor.timeline.run(steps=25)
    arrive(xor)
    document = dict(xor.document())

    again = session_of(document, Settings(), "another-session")
    healed = again.race(request(AS_IT_IS, FASTER, GENETIC))
    arrive(again)

    assert vectors(healed) == vectors(race)


def test_a_race_from_here_begins_with_the_weights_of_that_moment() -> None:
    xor = session()
    xor.timeline.run(steps=10)
    weights = xor.timeline.parameters()["layer0.W"].copy()
    xor.timeline.run(steps=5)

    race = xor.race(request(AS_IT_IS, FASTER, fork={"step": 10, "event": 0}))

    assert xor.timeline.cursor.step == 15
    np.testing.assert_array_equal(race.lanes[1].parameters()["layer0.W"], weights)
    arrive(xor)
    assert [lane.done for lane in race.lanes] == [5, 5]


def test_a_bad_lane_is_refused_with_its_path_and_the_session_is_untouched() -> None:
    xor = session()
    xor.timeline.run(steps=3)
    before = xor.document(), xor.state_of_moment

    with pytest.raises(ExperimentError) as refused:
        xor.race(request(AS_IT_IS, {"name": "bad", "change": {"path": "learning_rate", "value": -1}}))

    (problem,) = refused.value.problems
    assert problem.path == "lanes[1].optimizer.learning_rate"
    assert problem.value == "-1"
    assert problem.allowed
    assert (xor.document(), xor.state_of_moment) == before


def test_while_it_trains_the_session_waits_for_lanes_that_are_behind(clock: Clock) -> None:
    xor = session()
    xor.clock = clock
    race = xor.race(request(AS_IT_IS, FASTER))
    xor.timeline.run(steps=200)
    tell(xor, "play", steps_per_second=None)

    xor.train(0.0)

    assert xor.timeline.cursor.step == 200
    for _ in range(200):
        xor.train(0.001)
    # The session may be one slice ahead of its lanes.
    assert xor.timeline.cursor.step > 200
    assert min(lane.done for lane in race.lanes) >= 200


def test_a_race_that_nobody_looks_at_any_more_holds_nothing_up(clock: Clock) -> None:
    xor = session()
    xor.clock = clock
    race = xor.race(request(AS_IT_IS, FASTER))
    xor.timeline.run(steps=200)
    tell(xor, "play", steps_per_second=None)
    clock.now += FORGOTTEN_SECONDS + 0.1

    xor.train(0.0)

    assert xor.timeline.cursor.step > 200
    assert [lane.done for lane in race.lanes] == [0, 0]


def test_a_lane_can_become_the_session() -> None:
    xor = session()
    race = xor.race(request(AS_IT_IS, ADAM))
    xor.race(request(AS_IT_IS, FASTER))
    xor.timeline.run(steps=30)
    arrive(xor)
    weights = race.lanes[1].parameters()

    (snapshot,) = [message for message in tell(xor, "promote", id=7, **lane(1, ADAM)) if message.get("id") == 7]

    assert snapshot["cursor"] == {"step": 30, "event": 0}
    assert snapshot["experiment"]["optimizer"]["type"] == "adam"
    np.testing.assert_array_equal(xor.timeline.parameters()["layer0.W"], weights["layer0.W"])
    # What was raced is not looked at under another name.
    with pytest.raises(RefusedError):
        tell(xor, "promote", id=8, **lane(1, ADAM))


def test_a_search_that_becomes_the_session_begins_with_the_best_weights_found() -> None:
    xor = session()
    race = xor.race(request(AS_IT_IS, GENETIC))
    xor.timeline.run(steps=40)
    arrive(xor)
    best, loss = race.lanes[1].parameters(), race.lanes[1].scores().loss

    tell(xor, "promote", id=7, **lane(1, GENETIC))

    assert xor.timeline.cursor.step == 0
    np.testing.assert_array_equal(xor.timeline.parameters()["layer1.W"], best["layer1.W"])
    xor.timeline.run(steps=1)
    assert xor.timeline.history("loss")[0] == pytest.approx(loss)


def test_a_lane_that_there_is_not_cannot_become_the_session() -> None:
    xor = session()
    xor.race(request(AS_IT_IS, ADAM))

    with pytest.raises(RefusedError) as refused:
        tell(xor, "promote", id=7, **lane(2, ADAM))

    (problem,) = refused.value.problems
    assert (problem.path, problem.value, problem.allowed) == ("lane", "2", "0 to 1")
