import numpy as np

from engine.arena import Slot
from engine.events import PlannedEvent
from engine.program import build
from engine.tape import Immediately, Tape

PLANNED = PlannedEvent("affine", 0, None, "Layer 1: weighted sums", "z = W x + b")


def run(tape: Tape) -> None:
    for call in build(tape):
        call()


def test_an_instruction_writes_its_slot_and_shows_its_code() -> None:
    tape = Tape()
    a, z = tape.slot("a", (2,)), tape.slot("z", (2,))
    tape.initially(lambda: a.view().fill(3.0))

    out = tape.run(np.multiply, a, a, out=z)
    run(tape)

    assert out is z
    assert z.view().tolist() == [9.0, 9.0]
    assert tape.instructions[0].text == "np.multiply(a, a, out=z)"


def test_instructions_run_in_the_order_they_were_emitted() -> None:
    tape = Tape()
    a = tape.slot("a", (1,))
    tape.initially(lambda: a.view().fill(2.0))
    doubled = tape.run(np.add, a, a, out=tape.slot("doubled", (1,)))
    squared = tape.run(np.multiply, doubled, doubled, out=tape.slot("squared", (1,)))

    run(tape)

    assert squared.view().tolist() == [16.0]


def test_a_product_of_matrices_a_maximum_a_reduction_and_a_copy_write_their_slots() -> None:
    tape = Tape()
    a, b = tape.slot("a", (2, 2)), tape.slot("b", (2, 2))
    tape.initially(lambda: np.copyto(a.view(), [[1.0, 2.0], [3.0, 4.0]]))
    tape.initially(lambda: np.copyto(b.view(), [[0.0, 1.0], [1.0, 0.0]]))
    product = tape.run(np.dot, a, b, out=tape.slot("product", (2, 2)))
    largest = tape.run(np.maximum, a, product, out=tape.slot("largest", (2, 2)))
    sums = tape.sum_rows(largest, out=tape.slot("sums", (2,)))
    peaks = tape.sum_rows(largest, out=tape.slot("peaks", (2,)), reduce=np.maximum)
    kept = tape.slot("kept", (2,))
    tape.copy(sums, kept)

    run(tape)

    assert product.view().tolist() == [[2.0, 1.0], [4.0, 3.0]]
    assert largest.view().tolist() == [[2.0, 2.0], [4.0, 4.0]]
    assert kept.view().tolist() == [6.0, 6.0]
    assert peaks.view().tolist() == [4.0, 4.0]
    assert [instruction.text for instruction in tape.instructions[2:]] == [
        "np.add.reduce(largest, axis=0, out=sums)",
        "np.maximum.reduce(largest, axis=0, out=peaks)",
        "kept[...] = sums",
    ]


def test_an_event_owns_the_instructions_emitted_inside_it() -> None:
    tape = Tape()
    a = tape.slot("a", (1,))
    tape.run(np.positive, a, out=tape.scratch((1,)))

    with tape.event(PLANNED, "Words.") as event:
        tape.run(np.negative, a, out=tape.scratch((1,)))
        tape.run(np.absolute, a, out=tape.scratch((1,)))

    assert [one.text for one in tape.instructions[event.start : event.stop]] == [
        "np.negative(a, out=t2)",
        "np.absolute(a, out=t3)",
    ]
    assert event.planned.phase == "forward"


def test_a_published_value_is_a_fresh_array_with_the_batch_first() -> None:
    tape = Tape()
    with tape.event(PLANNED, "Words.") as event:
        z = tape.slot("z", (2, 3))
        tape.publish("layer0.z", z, batch_first=True)
    tape.initially(lambda: np.copyto(z.view(), np.arange(6.0).reshape(2, 3)))
    run(tape)

    value = event.published[0].read()
    value[0, 0] = 100.0

    assert value.shape == (3, 2)
    assert value.flags.c_contiguous
    assert value[2].tolist() == [2.0, 5.0]
    assert z.view()[0, 0] == 0.0


def test_a_value_published_for_always_belongs_to_no_event() -> None:
    tape = Tape()
    with tape.event(PLANNED, "Words.") as event:
        tape.publish("learning_rate", tape.slot("learning_rate"), always=True)
        tape.publish("large", tape.slot("large"), large=True)

    assert [one.name for one in event.published] == ["large"]
    assert [(one.name, one.event) for one in tape.known] == [("learning_rate", -1), ("large", 0)]


def test_the_names_in_the_code_are_those_of_slots() -> None:
    tape = Tape()
    a = tape.slot("a", (3,))
    tape.run(np.add, a, Slot("0.5", (), lambda: np.array(0.5)), out=tape.slot("b", (3,)))

    assert set(tape.slots()) == {"a", "b"}


def test_the_same_emitters_compute_at_once_without_a_tape() -> None:
    now = Immediately()
    a = np.array([[1.0, 2.0], [3.0, 4.0]])

    doubled = now.run(np.add, a, a, out=now.scratch((2, 2)))
    sums = now.sum_rows(doubled, out=now.scratch((2,)))

    assert sums.tolist() == [8.0, 12.0]
