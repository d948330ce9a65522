import threading

import numpy as np
import pytest

from engine.still import Forwards, Still
from engine.whatif import WhatIf, what_if
from tests.engine.networks import dense, dropout, random_document, rows, run_until, sgd, start, xor


def test_a_still_keeps_its_numbers_while_the_run_goes_on() -> None:
    timeline = start(xor(batch_size=2))
    run_until(timeline, "weight_gradient", 0)
    still, again = timeline.still(), timeline.still()

    timeline.run(5)

    assert (still.step, still.event) == (again.step, again.event)
    for name in ("parameters", "inputs", "targets", "gradient", "direction"):
        np.testing.assert_array_equal(getattr(still, name), getattr(again, name))
    assert not np.array_equal(still.parameters, timeline.still().parameters)


def test_taking_a_still_changes_nothing(rng: np.random.Generator) -> None:
    layers = [dense(4, "tanh"), dropout(0.5), dense(1)]
    document = {
        "data": rows(rng.normal(size=(6, 2)), rng.normal(size=(6, 1))),
        "network": {"layers": layers},
        "optimizer": {"type": "nadam", "learning_rate": 0.1},
        "batch_size": 2,
    }
    asked, left = start(document), start(document)
    for _ in range(60):
        asked.still()
        asked.next()
        left.next()
        assert asked.names() == left.names()
        assert asked.parameters()["layer0.W"].tobytes() == left.parameters()["layer0.W"].tobytes()


def test_the_gradient_is_known_from_the_event_on_that_completes_it() -> None:
    timeline = start(xor())
    known = []
    for _ in timeline.plan:
        still = timeline.still()
        known.append((still.gradient is not None, still.direction is not None, still.next_parameters is not None))
        assert known[-1] == (timeline.gradients_known,) * 3
        timeline.next()

    assert set(known) == {(False,) * 3, (True,) * 3}


def test_the_next_parameters_are_those_that_the_update_commits() -> None:
    timeline = start(xor(optimizer={"type": "adam", "learning_rate": 0.1}, penalty={"l2": 0.1}))
    timeline.run(3)
    run_until(timeline, "penalty_gradient")
    still = timeline.still()

    timeline.seek(step=4)

    assert still.next_parameters is not None
    np.testing.assert_allclose(still.next_parameters, timeline.still().parameters, rtol=1e-12)


def test_the_loss_of_the_batch_is_that_of_the_run_with_its_masks_and_its_penalty(rng: np.random.Generator) -> None:
    document = {
        "data": rows(rng.normal(size=(7, 2)), rng.normal(size=(7, 1))),
        "network": {"layers": [dense(4, "tanh"), dropout(0.5), dense(3, "relu"), dropout(0.2), dense(1)]},
        "optimizer": sgd(0.1),
        "penalty": {"l1": 0.01, "l2": 0.1},
        "batch_size": 3,
    }
    timeline, forwards = start(document), Forwards()
    for step in range(5):
        timeline.seek(step=step)
        if step == 3:
            timeline.edit("penalty.l2", 0.5)
        if step == 4:
            timeline.edit("data.inputs", 9.0, [int(timeline.batch_rows()[0]), 1])
        still = timeline.still()
        timeline.run_to_end_of_step()
        assert forwards.of_batch(still).run(still.parameters) == timeline.values["loss"]


def test_a_network_is_compiled_once_however_its_numbers_are_edited() -> None:
    timeline, forwards = start(xor(penalty={"l2": 0.1})), Forwards()
    first = forwards.of_batch(timeline.still())

    timeline.edit("penalty.l2", 0.2)
    timeline.edit("data.inputs", 3.0, [0, 0])
    timeline.edit("learning_rate", 3.0)

    assert forwards.of_batch(timeline.still()) is first
    timeline.edit("network.layers[0].activation", "relu")
    assert forwards.of_batch(timeline.still()) is not first


def test_many_rows_go_through_a_wide_network_in_several_passes(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr("engine.still.ROOM", 40)
    timeline = start(random_document(rng, "tanh", "mean_squared_error"))
    inputs = rng.normal(size=(19, 2))

    activations = Forwards().activations(timeline.still(), inputs)

    np.testing.assert_allclose(activations[1].T, timeline.predict(inputs), rtol=1e-12)


def test_a_thread_may_answer_while_the_run_goes_on() -> None:
    timeline = start(xor())
    run_until(timeline, "weight_gradient", 0)
    still, expected = timeline.still(), timeline.what_if()
    found: list[WhatIf | None] = []
    thread = threading.Thread(target=lambda: found.append(in_a_thread(still)))
    thread.start()
    timeline.run(200)
    thread.join()

    assert expected is not None
    assert found[0] is not None
    np.testing.assert_array_equal(found[0].losses, expected.losses)
    assert (found[0].loss, found[0].best, found[0].exceeds) == (expected.loss, expected.best, expected.exceeds)


def in_a_thread(still: Still) -> WhatIf | None:
    return what_if(still, Forwards().of_batch(still))
