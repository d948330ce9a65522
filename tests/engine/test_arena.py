import numpy as np
import pytest

from engine.arena import LINE, Arena, Slot, address, aligned, constant, copies
from engine.errors import ShapeError


def test_a_slot_is_a_view_into_the_one_flat_vector() -> None:
    arena = Arena()
    z = arena.slot("z", (2, 3))
    arena.allocate()

    z.view()[1, 2] = 7.0

    assert np.shares_memory(z.view(), arena.flat)
    assert arena.flat.sum() == 7.0


def test_slots_do_not_overlap_and_each_starts_on_a_cache_line() -> None:
    arena = Arena()
    slots = [arena.state("w", (3,)), arena.slot("z", (5, 2)), arena.state("b"), arena.slot("a", (1, 1))]
    arena.allocate()

    for number, slot in enumerate(slots):
        slot.view()[...] = number + 1.0

    assert [address(slot.view()) % (8 * LINE) for slot in slots] == [0, 0, 0, 0]
    assert [np.unique(slot.view()).tolist() for slot in slots] == [[1.0], [2.0], [3.0], [4.0]]


def test_the_state_lies_at_the_front_in_whatever_order_slots_are_asked_for() -> None:
    arena = Arena()
    z = arena.slot("z", (4,))
    w = arena.state("w", (4,))
    arena.allocate()
    z.view()[...] = 1.0
    w.view()[...] = 2.0

    front = arena.front

    assert front[:4].tolist() == [2.0, 2.0, 2.0, 2.0]
    assert front.size == arena.state_size
    assert not np.shares_memory(front, z.view())


def test_a_slot_across_the_border_is_one_array_of_which_only_the_first_part_is_state() -> None:
    arena = Arena()
    both = arena.across("memory_and_gradient", LINE, 2 * LINE)
    behind = arena.slot("z", (2,))
    arena.allocate()

    both.view()[...] = 1.0
    behind.view()[...] = 2.0

    assert both.shape == (3 * LINE,)
    assert arena.front.sum() == LINE
    assert both.view().sum() == 3 * LINE


def test_a_slot_across_the_border_has_to_fill_whole_lines_and_there_is_one() -> None:
    arena = Arena()
    with pytest.raises(ShapeError, match="cannot lie across"):
        arena.across("memory", 3, LINE)
    arena.across("memory", LINE, LINE)

    with pytest.raises(ShapeError, match="cannot lie across"):
        arena.across("other", LINE, LINE)


def test_a_part_of_a_slot_shares_its_numbers() -> None:
    arena = Arena()
    flat = arena.slot("P", (12,))
    block = arena.inside(flat, 4, "P1", (2, 3))
    arena.allocate()
    flat.view()[...] = np.arange(12.0)

    assert block.view().tolist() == [[4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    assert arena.named["P1"] is block


def test_a_part_that_does_not_fit_is_refused() -> None:
    arena = Arena()
    flat = arena.slot("P", (4,))

    with pytest.raises(ShapeError, match="does not fit"):
        arena.inside(flat, 2, "P1", (3,))


def test_two_slots_cannot_have_one_name() -> None:
    arena = Arena()
    arena.slot("z")

    with pytest.raises(ShapeError, match="two slots are called z"):
        arena.state("z")


def test_there_are_no_numbers_before_the_arena_is_allocated() -> None:
    with pytest.raises(ShapeError, match="not allocated"):
        _ = Arena().flat


@pytest.mark.parametrize(
    ("part", "text", "shape"),
    [
        (lambda slot: slot[:-1], "a[:-1]", (3, 5)),
        (lambda slot: slot[2], "a[2]", (5,)),
        (lambda slot: slot[1, :], "a[1, :]", (5,)),
        (lambda slot: slot[..., 0], "a[..., 0]", (4,)),
        (lambda slot: slot.T, "a.T", (5, 4)),
        (lambda slot: slot.flat(), "a.ravel()", (20,)),
        (lambda slot: slot[:, 1:3].T, "a[:, 1:3].T", (2, 4)),
    ],
)
def test_a_part_knows_its_code_its_shape_and_its_numbers(part: object, text: str, shape: tuple[int, ...]) -> None:
    arena = Arena()
    whole = arena.slot("a", (4, 5))
    assert callable(part)
    slot: Slot = part(whole)
    arena.allocate()
    whole.view()[...] = np.arange(20.0).reshape(4, 5)

    by_code = eval(slot.text, {"a": whole.view()})

    assert slot.text == text
    assert slot.shape == shape == slot.view().shape
    np.testing.assert_array_equal(slot.view(), by_code)


def test_a_constant_cannot_be_written() -> None:
    half = constant("0.5", 0.5)

    assert half.shape == ()
    with pytest.raises(ValueError, match="read-only"):
        half.view()[()] = 1.0


def test_an_aligned_copy_is_a_copy_on_a_cache_line() -> None:
    source = np.arange(5.0)

    copy = aligned(source)
    source[0] = 9.0

    assert address(copy) % (8 * LINE) == 0
    assert copy.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_copies_share_numbers_where_the_originals_do() -> None:
    whole = np.arange(8.0)
    arrays = {"inner": whole[2:6].reshape(2, 2), "whole": whole, "apart": np.ones(3), "number": np.array(4.0)}

    copied = copies(arrays)
    copied["whole"][2] = 100.0

    assert copied["inner"].tolist() == [[100.0, 3.0], [4.0, 5.0]]
    assert copied["apart"].tolist() == [1.0, 1.0, 1.0]
    assert copied["number"] == 4.0
    assert whole.tolist() == list(range(8))
