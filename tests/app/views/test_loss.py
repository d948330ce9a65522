"""What the view of the loss is told, against the engine."""

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
from app.views.loss import show_loss
from app.views.requests import LossRequest
from engine.scores import scores

from ..speaking import tell

REQUEST = LossRequest(view="loss")


def session(name: str, **changes: object) -> Session:
    return session_of({**preset(name), **changes}, Settings(), "a-session-for-tests")


def shown(session: Session) -> dict[str, Any]:
    """The data as the page gets them."""
    (part,) = [part for part in show_loss(session, REQUEST) if part is not None]
    message = encode_view(REQUEST, part, *session.place())
    data: dict[str, Any] = json.loads(message)["data"]
    return data


def test_an_epoch_is_the_mean_of_its_steps_and_only_whole_ones_count() -> None:
    circles = session("circles")
    length = circles.timeline.steps_per_epoch
    circles.timeline.run(2 * length + 1)

    data = shown(circles)

    losses = circles.timeline.history("loss")
    assert data["stretches"] == [{"step": 0, "epoch": 0, "length": length}]
    assert data["epochs"] == [[0, losses[:length].mean()], [1, losses[length : 2 * length].mean()]]


def test_another_batch_size_begins_a_stretch_of_other_epochs() -> None:
    circles = session("circles")
    timeline = circles.timeline
    length = timeline.steps_per_epoch
    timeline.run(length + 2)
    timeline.edit("batch_size", 50)
    timeline.run(2 * timeline.steps_per_epoch)

    data = shown(circles)

    losses, begin = timeline.history("loss"), length + 2
    assert data["stretches"][1] == {"step": begin, "epoch": 2, "length": 3}
    assert [epoch for epoch, _ in data["epochs"]] == [0, 2, 3], "the second epoch was cut short"
    assert data["epochs"][1][1] == losses[begin : begin + 3].mean()
    assert timeline.epoch == 4


@pytest.mark.parametrize("place", [0, 3, 25])
def test_stretches_are_those_of_the_whole_run_wherever_the_cursor_stands(place: int) -> None:
    circles = session("circles")
    circles.timeline.run(20)
    circles.timeline.edit("batch_size", 30)
    circles.timeline.run(10)
    before = shown(circles)

    circles.timeline.seek(place)

    after = shown(circles)
    assert [after[name] for name in ("stretches", "epochs", "best")] == [
        before[name] for name in ("stretches", "epochs", "best")
    ]


def test_the_last_of_several_edits_at_one_step_counts() -> None:
    circles = session("circles")
    circles.timeline.run(20)
    circles.timeline.edit("batch_size", 30)
    circles.timeline.edit("batch_size", 75)

    data = shown(circles)

    assert data["stretches"][1:] == [{"step": 20, "epoch": circles.timeline.epoch, "length": 2}]


def test_the_best_epoch_is_the_one_with_the_lowest_validation_loss() -> None:
    circles = session("circles")
    circles.timeline.run(20 * circles.timeline.steps_per_epoch + 1)

    best = shown(circles)["best"]

    step, loss = min(circles.timeline.validations(), key=lambda point: point[1])
    circles.timeline.seek(step)
    assert best == {"epoch": circles.timeline.epoch, "step": step, "loss": loss}


def test_without_validation_rows_there_is_no_best_epoch() -> None:
    xor = session("xor")
    xor.timeline.run(3)

    data = shown(xor)

    assert data["best"] is None
    assert data["validation"] is None


def test_the_penalty_is_told_by_steps_and_by_epochs_where_there_is_one() -> None:
    with_penalty = session("circles", penalty={"l2": 0.01})
    length = with_penalty.timeline.steps_per_epoch
    with_penalty.timeline.run(length)
    without = session("circles")
    without.timeline.run(length)

    data = shown(with_penalty)

    penalties = with_penalty.timeline.history("penalty")
    assert penalties.min() > 0
    assert data["penalty"] == [[step, penalty] for step, penalty in enumerate(penalties)]
    assert data["penalty_epochs"] == [[0, penalties.mean()]]
    assert shown(without)["penalty"] == []


def test_scores_are_those_of_the_moment_of_the_cursor() -> None:
    softmax = session("softmax")
    early = shown(softmax)
    softmax.timeline.run(100)
    late = shown(softmax)
    softmax.timeline.seek(0)

    assert shown(softmax)["training"] == early["training"]
    softmax.timeline.seek(100)
    found = scores(softmax.timeline.still()).training
    assert found.confusion is not None
    assert late["training"]["accuracy"] == found.accuracy
    assert late["training"]["confusion"] == found.confusion.tolist()
    assert np.sum(late["training"]["confusion"]) == late["training"]["rows"]
    assert late["class_names"] == ["A", "B", "C"]
    assert early["training"] != late["training"]


def test_regression_is_scored_by_its_root_mean_square() -> None:
    houses = session("house_prices")

    training = shown(houses)["training"]

    data = houses.timeline.experiment.dataset
    differences = houses.timeline.predict(data.inputs) - data.targets
    assert training["rmse"] == pytest.approx(np.sqrt(np.mean(differences**2)), rel=1e-12)
    assert "accuracy" not in training


def test_what_is_told_is_of_the_moment_it_was_begun_in() -> None:
    xor = session("xor")
    parts = show_loss(xor, REQUEST)
    before = xor.timeline.still()
    tell(xor, "next", grain="step")

    (part,) = [part for part in parts if part is not None]

    assert part.data["epochs"] == []
    assert part.data["training"]["loss"] == scores(before).training.loss
