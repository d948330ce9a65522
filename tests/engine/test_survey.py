from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import Cursor, CursorError, Timeline
from engine.run import FIRST_INTERVAL
from engine.survey import Survey, SurveySample
from tests.engine.networks import Document, dense, dropout, one_neuron, rows, sgd, snapshot, start, xor

DOZEN = np.random.default_rng(9)
ROUGH: Document = {
    "seed": 4,
    "data": rows(
        DOZEN.normal(size=(7, 2)),
        DOZEN.normal(size=(7, 1)),
        validation_inputs=DOZEN.normal(size=(3, 2)).tolist(),
        validation_targets=DOZEN.normal(size=(3, 1)).tolist(),
    ),
    "network": {"layers": [dense(3, "tanh"), dropout(0.3), dense(1)]},
    "optimizer": {"type": "nadam", "learning_rate": 0.02},
    "schedule": {"type": "plateau", "patience": 1, "factor": 0.5, "threshold": 0.1, "warmup": {"steps": 3}},
    "penalty": {"l2": 0.01},
    "clipping": {"type": "norm", "maximum": 1.0},
    "early_stopping": {"patience": 40},
    "batch_size": 3,
}
SHUFFLED: Document = {
    "seed": 2,
    "data": rows(DOZEN.normal(size=(5, 2)), DOZEN.normal(size=(5, 1))),
    "network": {"layers": [dense(3, "relu"), dropout(0.2), dense(1)]},
    "optimizer": {"type": "adam", "learning_rate": 0.05},
    "schedule": {"type": "exponential", "gamma": 0.99, "per": "step"},
    "batch_size": 2,
}
PLATEAU: Document = xor(
    optimizer={"type": "momentum", "learning_rate": 0.1},
    schedule={"type": "plateau", "patience": 0, "factor": 0.5, "threshold": 0.05},
)
EVERY_KIND: dict[str, Document] = {"xor": xor(), "rough": ROUGH, "shuffled": SHUFFLED, "plateau": PLATEAU}
EDITS: list[tuple[int, str, Any, tuple[int, ...] | None]] = [
    (0, "learning_rate", 0.03, None),
    (2, "layer0.W", 0.7, (0, 1)),
    (3, "x", 0.5, (0, 0)),
    (6, "learning_rate", 0.04, None),
    (0, "data.targets", 1.0, (1, 0)),
    (4, "optimizer", {"type": "adamw", "learning_rate": 0.02}, None),
    (5, "beta1", 0.8, None),
    (0, "batch_size", 2, None),
    (1, "layer0.b", -0.2, (1,)),
    (3, "penalty.l1", 0.01, None),
    (0, "network.layers[0].units", 5, None),
    (2, "network.layers[0].activation", "sigmoid", None),
    (0, "loss", "huber", None),
    (0, "optimizer", {"type": "nadam", "learning_rate": 0.01}, None),
    (4, "clipping", {"type": "norm", "maximum": 0.5}, None),
    (7, "clip_maximum", 0.2, None),
    (0, "seed", 11, None),
    (2, "data.points.feed", {"input": [0.3, -0.4], "target": [1.0]}, None),
    (0, "data.points.move", [0.1, 0.9], (1,)),
    (3, "data.points.remove", None, (0,)),
]


def edited(document: Document, *, apart: int = 4) -> Timeline:
    """A run with an edit of every kind on its way, at the beginning and in the middle of steps."""
    timeline = start(document)
    for number, (event, path, value, index) in enumerate(EDITS):
        timeline.seek(apart * (number + 1), event)
        timeline.edit(path, value, index)
    timeline.seek(apart * (len(EDITS) + 1))
    return timeline


def everything(timeline: Timeline) -> dict[str, Any]:
    """All that can be read of a run at its cursor, and all that its next steps follow from, bit for bit."""
    told = [
        (event.kind, event.words, event.line, {name: array.tobytes() for name, array in event.arrays.items()})
        for event in timeline.events()
    ]
    stores = [timeline._checkpoints, timeline._recent]
    return {
        "values": snapshot(timeline),
        "arrays": timeline.program.tape.arena.flat.tobytes(),
        "cursor": timeline.cursor,
        "divergence": timeline.divergence,
        "finished": timeline.finished,
        "ghost": None if timeline.ghost is None else timeline.ghost.tobytes(),
        "run": timeline.run_id,
        "edits": timeline.edits,
        "records": [timeline.history(name).tobytes() for name in ("loss", "learning_rate", "penalty")],
        "validations": timeline.validations(),
        "checkpoints": [{step: kept.state.tobytes() for step, kept in store.items()} for store in stores],
        "batch": timeline.batch_rows().tobytes(),
        "events": told,
        "document": timeline.to_json(),
    }


def samples_are_true(survey: Survey, timeline: Timeline) -> None:
    """Every sample has the numbers that a run walked there from the beginning has."""
    walked = Timeline.from_json(timeline.to_json())
    for sample in survey.samples:
        walked.seek(sample.step)
        walked.run_to_end_of_step()
        layout = sample.form.layout
        for block, part in layout.names():
            head = f"layer{block.layer}"
            for flat, name in (
                (sample.parameters, f"{head}.{part}"),
                (sample.gradient, f"{head}.grad_{part}"),
                (sample.update, f"{head}.change_{part}"),
                *((vector, f"{head}.{told}_{part}") for told, vector in sample.optimizer.items()),
            ):
                np.testing.assert_array_equal(block.part(flat, part), walked.read(name), f"{name} {sample.step}")
        assert sample.loss == walked.read("loss")
        assert sample.learning_rate == walked.learning_rate


def steps_of(survey: Survey) -> list[int]:
    return [sample.step for sample in survey.samples]


def complete(timeline: Timeline, **more: Any) -> Survey:
    survey = Survey(timeline, **more)
    assert survey.advance(60.0)
    return survey


class Clock:
    """A clock that is one second on whenever it is looked at."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1.0
        return self.seconds


# Samples


@pytest.mark.parametrize("document", EVERY_KIND.values(), ids=EVERY_KIND)
def test_a_sample_has_the_numbers_of_its_step(document: Document) -> None:
    timeline = start(document)
    timeline.run(60)

    survey = complete(timeline)

    assert steps_of(survey) == list(range(60))
    samples_are_true(survey, timeline)


@pytest.mark.parametrize("document", EVERY_KIND.values(), ids=EVERY_KIND)
def test_samples_are_true_with_edits_of_every_kind_on_the_way(document: Document) -> None:
    timeline = edited(document)

    survey = complete(timeline)

    assert len(survey.samples) == timeline.last_step
    samples_are_true(survey, timeline)


def test_samples_of_a_run_that_was_stopped_early_are_true() -> None:
    timeline = start({**ROUGH, "early_stopping": {"patience": 2}})
    timeline.run(1000)
    assert timeline.finished

    samples_are_true(complete(timeline), timeline)


def test_a_sample_has_the_statistics_that_the_cursor_shows() -> None:
    timeline = start(SHUFFLED)
    timeline.run(10)
    survey = complete(timeline)
    timeline.seek(4)
    timeline.run_to_end_of_step()

    layer = survey.look(4).layer(0)

    a, delta, gradient = (timeline.values[f"layer0.{name}"] for name in ("a", "delta", "grad_W"))
    for told, array in ((layer.activations, a), (layer.deltas, delta), (layer.gradient, gradient)):
        assert told is not None
        assert told.rms == pytest.approx(np.sqrt(np.mean(array**2)), rel=1e-14)
        assert (told.smallest, told.largest) == (array.min(), array.max())
        assert told.counts.sum() == array.size
    change, W = timeline.values["layer0.change_W"], timeline.values["layer0.W"]
    assert layer.ratio == pytest.approx(np.linalg.norm(change) / np.linalg.norm(W))


def test_samples_lie_on_a_stride_that_doubles() -> None:
    timeline = start(xor())
    survey = Survey(timeline, most=8)

    for last, stride in ((7, 1), (8, 2), (14, 2), (15, 4), (100, 16)):
        timeline.seek(last)
        assert survey.advance(60.0)

        assert survey.stride == stride
        assert steps_of(survey) == sorted({*range(0, last, stride), last - 1})
        assert len(survey.samples) <= 8
    samples_are_true(survey, timeline)


def test_samples_already_taken_are_kept_when_the_stride_doubles() -> None:
    timeline = start(xor())
    timeline.run(7)
    survey = complete(timeline, most=8)
    before = {sample.step: sample for sample in survey.samples}
    timeline.run(5)

    survey.advance(60.0)

    assert all(survey.look(step) is before[step] for step in (0, 2, 4, 6))


def test_the_path_has_steps_of_the_first_stride_too() -> None:
    timeline = start(xor())
    timeline.seek(100)
    survey = Survey(timeline, most=8)

    while not survey.advance(0.0):
        pass

    assert survey.stride == 16
    assert [sample.step for sample in survey.samples] == [0, 16, 32, 48, 64, 80, 96, 99]
    assert [sample.step for sample in survey.path] == [0, 1, 2, 4, 8, 16, 32, 48, 64, 80, 96, 99]


def test_where_memory_is_short_the_path_has_fewer_steps_of_the_first_stride() -> None:
    timeline = start(xor())
    timeline.seek(100)
    row = Survey(timeline).look(3).row.nbytes
    survey = Survey(timeline, most=16, memory=16 * row)

    while not survey.advance(0.0):
        pass

    assert [sample.step for sample in survey.path] == [0, 1, 2, *range(8, 100, 8), 99]
    assert survey.bytes <= 16 * row


def test_the_newest_moment_is_always_among_them() -> None:
    timeline = start(xor())
    timeline.run(1001)

    survey = complete(timeline)

    assert steps_of(survey)[-2:] == [1000 - 1000 % 8 - (8 if 1000 % 8 == 0 else 0), 1000]


def test_no_step_means_no_sample() -> None:
    survey = Survey(start(xor()))

    assert survey.advance(0.0)
    assert survey.samples == ()
    assert survey.newest() is None


def test_a_step_that_was_not_completed_has_no_sample() -> None:
    timeline = start(xor())
    timeline.seek(3, 5)
    survey = Survey(timeline)

    with pytest.raises(CursorError, match="step 3; allowed: those completed, 0 to 2"):
        survey.look(3)
    with pytest.raises(CursorError, match="step -1"):
        survey.look(-1)


def test_a_survey_holds_two_samples_at_least() -> None:
    with pytest.raises(CursorError, match="most is 1; allowed: 2"):
        Survey(start(xor()), most=1)


def test_one_sample_is_taken_however_short_the_time_is() -> None:
    timeline = start(xor())
    timeline.run(5)
    survey = Survey(timeline, now=Clock())

    assert [survey.advance(0.0) for _ in range(5)] == [False] * 4 + [True]
    assert steps_of(survey) == [0, 1, 2, 3, 4]


def test_as_many_samples_are_taken_as_fit_into_the_time() -> None:
    timeline = start(xor())
    timeline.run(50)
    survey = Survey(timeline, now=Clock())

    done = survey.advance(10.0)

    assert not done
    assert steps_of(survey) == list(range(10))


# Bounds


def test_samples_take_up_no_more_than_the_memory() -> None:
    timeline = start(xor(optimizer={"type": "adam", "learning_rate": 0.01}))
    timeline.run(2000)

    survey = complete(timeline, memory=60_000)

    assert survey.bytes <= 60_000
    assert len(survey.samples) >= 8
    samples_are_true(survey, timeline)


def test_a_network_too_large_for_the_memory_has_its_statistics_sampled() -> None:
    timeline = start(xor())
    timeline.run(40)
    usual, small = complete(timeline), complete(timeline, memory=30_000)

    sample = small.look(20)

    assert sample.parameters.size == sample.gradient.size == sample.update.size == 0
    assert sample.optimizer == {}
    np.testing.assert_array_equal(sample.row[:4], usual.look(20).row[:4])
    for ours, theirs in zip(sample.layers, usual.look(20).layers, strict=True):
        assert ours.gradient is not None and theirs.gradient is not None
        assert ours.gradient.rms == theirs.gradient.rms
        np.testing.assert_array_equal(ours.gradient.counts, theirs.gradient.counts)
    assert small.bytes <= 30_000


def test_nothing_grows_while_a_run_goes_on_and_is_edited() -> None:
    timeline = start(xor())
    survey = Survey(timeline, most=16)

    for number in range(60):
        timeline.run(10)
        timeline.edit("network.layers[0].units", 2 + number % 5)
        survey.advance(60.0)
        survey.held_since(f"question {number}", lambda sample: sample.step > 3)

        assert len(survey.samples) <= 16
    assert len(survey._forms) <= 8
    assert len(survey._guide._programs) <= 8


def test_a_large_network_for_a_few_steps_does_not_keep_the_survey_from_ending() -> None:
    timeline = start(xor())
    timeline.run(100)
    timeline.edit("network.layers[0].units", 200)
    timeline.run(3)
    timeline.edit("network.layers[0].units", 2)
    timeline.run(300)

    survey = complete(timeline, memory=200_000)

    assert survey.bytes <= 200_000
    samples_are_true(survey, timeline)


# Excursions


@pytest.mark.parametrize("document", EVERY_KIND.values(), ids=EVERY_KIND)
def test_an_excursion_leaves_every_bit_at_every_cursor_of_a_step_as_it_was(document: Document) -> None:
    timeline = edited(document)
    timeline.run(FIRST_INTERVAL)
    survey = Survey(timeline, most=12)
    for number in range(2 * len(timeline.plan)):
        before = everything(timeline)

        survey.advance(0.0)
        survey.look(67 - number)

        assert everything(timeline) == before
        timeline.next()


@pytest.mark.parametrize("document", EVERY_KIND.values(), ids=EVERY_KIND)
def test_an_excursion_leaves_a_cursor_in_the_past_as_it_was(document: Document) -> None:
    timeline = edited(document)
    survey = Survey(timeline)
    for step in range(0, timeline.last_step, 13):
        timeline.seek(step, 3)
        before = everything(timeline)

        for visited in (step, 0, timeline.last_step - 1, step + 1, max(step - 1, 0)):
            survey.look(visited)

        assert everything(timeline) == before


@pytest.mark.parametrize("document", EVERY_KIND.values(), ids=EVERY_KIND)
def test_a_run_that_is_surveyed_goes_on_as_one_that_is_not(document: Document) -> None:
    watched, alone = start(document), start(document)
    survey = Survey(watched)
    for number, (event, path, value, index) in enumerate(EDITS):
        for timeline in (watched, alone):
            timeline.seek(4 * (number + 1), event)
        survey.advance(0.0)
        for timeline in (watched, alone):
            timeline.edit(path, value, index)
        survey.look(number)
        watched.next()
        survey.newest()
        alone.next()

        assert everything(watched) == everything(alone)
    for timeline in (watched, alone):
        timeline.run(300)
        timeline.seek(33, 4)
    assert everything(watched) == everything(alone)


def test_an_excursion_from_a_divergence_leaves_it_as_it_was() -> None:
    timeline = start(one_neuron(x=2, target=1, w=-0.5, b=0, learning_rate=3.0))
    timeline.run(10_000)
    assert timeline.divergence is not None
    before = everything(timeline)

    survey = complete(timeline)

    assert everything(timeline) == before
    assert timeline.finished
    samples_are_true(survey, timeline)


def test_an_excursion_leaves_the_run_of_before_an_edit_beside_the_new_one() -> None:
    timeline = start(xor())
    timeline.run(30)
    timeline.seek(12)
    timeline.edit("learning_rate", 2.0)
    timeline.run(5)
    before = everything(timeline)
    assert before["ghost"] is not None

    complete(timeline)

    assert everything(timeline) == before


# Edits


def changed(timeline: Timeline, step: int, event: int, path: str, value: Any, index: tuple[int, ...] | None) -> None:
    timeline.seek(step, event)
    timeline.edit(path, value, index)


@pytest.mark.parametrize(
    ("event", "path", "value", "index"), [edit for edit in EDITS if edit[1] not in ("beta1", "clip_maximum")]
)
def test_an_edit_drops_the_samples_of_its_step_and_after_and_keeps_the_others(
    event: int, path: str, value: Any, index: tuple[int, ...] | None
) -> None:
    timeline = start(SHUFFLED)
    timeline.run(40)
    survey = complete(timeline)
    kept = survey.samples[:20]

    changed(timeline, 20, event, path, value, index)
    assert survey.samples == kept
    timeline.run(40)
    assert survey.samples == kept

    assert survey.advance(60.0)
    assert survey.samples[:20] == kept
    assert len(survey.samples) == timeline.last_step
    samples_are_true(survey, timeline)


def test_an_edit_that_takes_the_place_of_another_drops_what_followed_from_it() -> None:
    timeline = start(xor())
    timeline.run(10)
    timeline.edit("learning_rate", 0.1)
    timeline.run(10)
    survey = complete(timeline)

    changed(timeline, 10, 0, "learning_rate", 0.9, None)
    timeline.run(10)

    assert steps_of(survey) == list(range(10))
    survey.advance(60.0)
    samples_are_true(survey, timeline)


def test_an_edit_where_the_run_stands_drops_nothing() -> None:
    timeline = start(xor())
    timeline.run(10)
    survey = complete(timeline)
    before = survey.samples

    timeline.edit("layer0.W", 3.0, (0, 0))
    timeline.run(1)

    assert survey.samples == before
    survey.advance(60.0)
    samples_are_true(survey, timeline)


def test_going_back_drops_nothing() -> None:
    timeline = start(xor())
    timeline.run(10)
    survey = complete(timeline)
    before = survey.samples

    timeline.seek(2, 3)

    assert survey.samples == before


def test_a_shorter_run_after_an_edit_is_sampled_more_finely() -> None:
    timeline = start(xor())
    timeline.run(100)
    survey = complete(timeline, most=16)

    changed(timeline, 10, 0, "learning_rate", 0.1, None)
    assert survey.advance(60.0)

    assert steps_of(survey) == list(range(10))


# Beginnings


def late(limit: float) -> Callable[[SurveySample], bool]:
    return lambda sample: sample.loss < limit


def test_the_beginning_of_something_is_found_to_the_step_between_samples() -> None:
    timeline = start(xor())
    timeline.run(40_000)
    losses = timeline.history("loss")
    survey = complete(timeline)

    for limit in (0.2, 0.1, 0.01, 0.001, 1e-4):
        expected = int(np.flatnonzero(losses >= limit)[-1]) + 1

        assert survey.held_since(f"loss below {limit}", late(limit)) == expected
        assert survey.held_since(f"loss below {limit}", late(limit)) == expected


def test_what_never_held_has_no_beginning_and_what_always_held_begins_with_the_run() -> None:
    timeline = start(xor())
    timeline.run(300)
    survey = Survey(timeline)

    assert survey.held_since("never", lambda sample: False) is None
    assert survey.held_since("always", lambda sample: True) == 0


def test_what_has_stopped_and_begun_again_begins_with_the_last_time() -> None:
    timeline = start(xor())
    timeline.run(60)
    survey = complete(timeline)

    assert survey.held_since("on and off", lambda sample: sample.step % 20 >= 10) == 50


def test_a_beginning_is_looked_for_anew_after_an_edit() -> None:
    timeline = start(xor())
    timeline.run(3000)
    survey = complete(timeline)
    before = survey.held_since("low", late(0.1))
    assert before is not None

    changed(timeline, before - 50, 0, "learning_rate", 0.1, None)
    timeline.run(5000)

    losses = timeline.history("loss")
    assert survey.held_since("low", late(0.1)) == int(np.flatnonzero(losses >= 0.1)[-1]) + 1 != before


def test_a_beginning_leaves_the_cursor_where_it_is() -> None:
    timeline = start(xor())
    timeline.run(3000)
    timeline.seek(7, 3)
    before = everything(timeline)

    Survey(timeline).held_since("low", late(0.1))

    assert timeline.cursor == Cursor(7, 3)
    assert everything(timeline) == before


def test_a_run_with_everything_and_validation_is_sampled_beyond_a_checkpoint() -> None:
    timeline = start({**ROUGH, "early_stopping": {"patience": 1000}, "optimizer": sgd(0.01)})
    timeline.run(3 * FIRST_INTERVAL)
    timeline.edit("learning_rate", 0.02)
    timeline.run(FIRST_INTERVAL)

    samples_are_true(complete(timeline, most=40), timeline)
