"""Which points a network is least sure of, and of which nothing can be said."""

import numpy as np
import pytest

from engine import EditError
from engine.arena import FloatArray
from engine.uncertain import SIDE, Uncertain, most_uncertain, outputs_of, plane_grid
from tests.engine.networks import dense, rows, start, xor

POOL = np.array([[0.0], [1.0], [2.0], [3.0]])


def found(result: Uncertain) -> FloatArray:
    assert result.points is not None
    return result.points


def test_of_two_classes_the_point_whose_probability_is_nearest_to_a_half_is_the_one() -> None:
    result = most_uncertain(lambda raw: np.array([[0.1], [0.45], [0.8], [0.99]]), POOL, "binary")

    np.testing.assert_array_equal(found(result), [[1.0]])
    assert result.rows == (1,)
    np.testing.assert_allclose(result.uncertainty, [0.9])
    np.testing.assert_allclose(result.entropy, [-(0.45 * np.log(0.45) + 0.55 * np.log(0.55))])


def test_of_logits_the_one_nearest_to_0_is_the_one_even_where_every_probability_is_rounded_to_1() -> None:
    result = most_uncertain(
        lambda raw: np.array([[90.0], [50.0], [-70.0], [-60.0]]), POOL, "binary", 4, outputs="logit"
    )

    assert result.rows == (1, 3, 2, 0)


def test_of_signed_outputs_the_one_nearest_to_0_is_the_one() -> None:
    result = most_uncertain(lambda raw: np.array([[0.9], [0.5], [-0.1], [-1.0]]), POOL, "binary", 2, outputs="signed")

    assert result.rows == (2, 1)
    np.testing.assert_allclose(result.uncertainty, [0.9, 0.5])


def test_of_several_classes_the_smallest_margin_between_the_two_best_counts() -> None:
    told = np.array([[0.5, 0.3, 0.2], [0.45, 0.44, 0.11], [0.4, 0.3, 0.3], [1.0, 0.0, 0.0]])

    result = most_uncertain(lambda raw: told, POOL, "classification", 4)

    assert result.rows == (1, 2, 0, 3)
    np.testing.assert_allclose(result.uncertainty, [0.99, 0.9, 0.8, 0.0])
    np.testing.assert_allclose(result.entropy[3], 0.0)
    np.testing.assert_allclose(result.entropy[1], -(0.4 * np.log(0.4) + 0.6 * np.log(0.3)))


def test_logits_of_several_classes_become_probabilities_first() -> None:
    told = np.log(np.array([[0.5, 0.3, 0.2], [0.45, 0.44, 0.11], [0.4, 0.3, 0.3], [0.9, 0.05, 0.05]])) + 800.0

    result = most_uncertain(lambda raw: told, POOL, "classification", 4, outputs="logit")

    assert result.rows == (1, 2, 0, 3)
    np.testing.assert_allclose(result.uncertainty, [0.99, 0.9, 0.8, 0.15])


def test_of_a_regression_nothing_can_be_said_and_the_reason_is_told() -> None:
    result = most_uncertain(lambda raw: raw, POOL, "regression")

    assert result.points is None
    assert "regression" in result.reason


def test_of_equally_uncertain_points_the_farthest_from_those_there_comes_first() -> None:
    result = most_uncertain(lambda raw: np.full((4, 1), 0.5), POOL, "binary", 2, taken=np.array([[0.0]]))

    assert result.rows == (3, 1)  # 2 lies 1 from the 3 just found, and 1 lies 1 from the 0: the first comes first


def test_no_point_is_closer_than_the_distance_to_one_that_is_there_or_has_been_found() -> None:
    result = most_uncertain(
        lambda raw: np.array([[0.5], [0.6], [0.7], [0.8]]), POOL, "binary", 4, taken=np.array([[0.2]]), distance=1.5
    )

    assert result.rows == (2,)


def test_where_every_point_is_too_close_the_reason_says_so() -> None:
    result = most_uncertain(lambda raw: np.full((4, 1), 0.5), POOL, "binary", taken=POOL, distance=0.5)

    assert result.points is None
    assert "0.5" in result.reason


def test_points_of_which_the_network_makes_no_number_are_left_out() -> None:
    some = most_uncertain(lambda raw: np.array([[np.nan], [0.9], [np.nan], [0.8]]), POOL, "binary", 4)
    none = most_uncertain(lambda raw: np.full((4, 1), np.nan), POOL, "binary")

    assert some.rows == (3, 1)
    assert none.points is None
    assert none.reason


def test_bounds_are_searched_on_a_grid_that_has_their_corners() -> None:
    grid = plane_grid(((-1.0, 1.0), (0.0, 4.0)))

    result = most_uncertain(lambda raw: 0.5 + raw[:, :1] - 0.25, ((-1.0, 1.0), (0.0, 4.0)), "binary", 3)

    assert grid.shape == (SIDE * SIDE, 2)
    np.testing.assert_array_equal(grid[[0, -1]], [[-1.0, 0.0], [1.0, 4.0]])
    np.testing.assert_allclose(found(result)[:, 0], 0.25)


def test_a_network_that_has_learnt_a_line_is_least_sure_along_it() -> None:
    timeline = start(
        {
            "data": rows([[-1.0, 0.0], [1.0, 0.0]], [[0.0], [1.0]]),
            "network": {"layers": [dense(1, "sigmoid", W=[[4.0, 0.0]], b=[0.0])]},
            "loss": "binary_cross_entropy",
        }
    )
    data = timeline.experiment.dataset

    result = most_uncertain(
        lambda raw: timeline.predict(data.from_raw(raw)),
        ((-2.0, 2.0), (-2.0, 2.0)),
        "binary",
        2,
        outputs=outputs_of(timeline.experiment),
        taken=data.raw_inputs,
    )

    np.testing.assert_allclose(found(result), [[0.0, -2.0], [0.0, 2.0]], atol=1e-12)
    np.testing.assert_allclose(result.uncertainty, [1.0, 1.0])


@pytest.mark.parametrize(
    ("activation", "loss", "targets", "outputs"),
    [
        ("sigmoid", "binary_cross_entropy", [0, 1, 1, 0], "probability"),
        ("identity", "binary_cross_entropy", [0, 1, 1, 0], "logit"),
        ("tanh", "mean_squared_error", [-1, 1, 1, -1], "signed"),
        ("identity", "hinge", [-1, 1, 1, -1], "signed"),
        ("identity", "mean_squared_error", [0, 1, 1, 0], "probability"),
    ],
)
def test_what_outputs_are_follows_from_the_loss_and_the_targets(
    activation: str, loss: str, targets: list[int], outputs: str
) -> None:
    data = rows([[0, 0], [0, 1], [1, 0], [1, 1]], targets)

    timeline = start(xor(data=data, loss=loss, network={"layers": [dense(2, "tanh"), dense(1, activation)]}))

    assert outputs_of(timeline.experiment) == outputs


@pytest.mark.parametrize(
    ("candidates", "more", "where"),
    [
        (np.zeros((0, 2)), {}, "candidates"),
        (np.zeros(3), {}, "candidates"),
        (np.array([[np.nan, 0.0]]), {}, "candidates"),
        (((1.0, 1.0), (0.0, 1.0)), {}, "candidates"),
        (((0.0, np.inf), (0.0, 1.0)), {}, "candidates"),
        (POOL, {"n": 0}, "n"),
        (POOL, {"distance": -1.0}, "distance"),
        (POOL, {"taken": np.zeros((1, 2))}, "taken"),
    ],
)
def test_what_cannot_be_searched_is_refused_by_name(candidates: FloatArray, more: dict[str, float], where: str) -> None:
    with pytest.raises(EditError) as caught:
        most_uncertain(lambda raw: np.full((len(raw), 1), 0.5), candidates, "binary", **more)  # type: ignore[arg-type]

    assert [problem.path for problem in caught.value.problems] == [where]
