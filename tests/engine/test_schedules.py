import math

import numpy as np
import pytest

from engine.errors import Problem
from engine.reader import Reader
from engine.schedules import (
    BAD_EPOCHS,
    BEST,
    CATALOGUE,
    COOLDOWN_LEFT,
    MULTIPLIER,
    STATE_SIZE,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclical,
    Exponential,
    InverseTime,
    LinearWarmup,
    OneCycle,
    Plateau,
    Schedule,
    Step,
    Warmup,
    plateau_in,
    read_schedule,
)


def read(value: object) -> tuple[Schedule, list[str]]:
    problems: list[Problem] = []
    schedule = read_schedule(Reader({"schedule": value}, "", problems).typed("schedule", "constant"))
    return schedule, [problem.path for problem in problems]


def multipliers(plateau: Plateau, metrics: list[float], learning_rate: float) -> list[float]:
    state, seen = plateau.initial(), []
    for metric in metrics:
        state = plateau.next(state, metric, learning_rate)
        seen.append(learning_rate * float(state[MULTIPLIER]))
    return seen


# The rates below are those of torch 2.13.0: optimizer.param_groups[0]["lr"] after t calls of scheduler.step(), from
# the learning rate 0.4, with cycle_momentum=False.
@pytest.mark.parametrize(
    ("schedule", "rates"),
    [
        (Constant(), {0: 0.4, 100: 0.4}),
        (Step(7, 0.3), {0: 0.4, 6: 0.4, 7: 0.12, 13: 0.12, 14: 0.036, 30: 0.0032399999999999994}),
        (
            Exponential(0.93),
            {0: 0.4, 1: 0.37200000000000005, 10: 0.19359292287171737, 50: 0.010622027440549155},
        ),
        (InverseTime(0.7), {0: 0.4, 1: 0.23529411764705885, 10: 0.05, 50: 0.011111111111111112}),
        (
            Cosine(13, 0.001),
            {
                0: 0.4,
                1: 0.3942028925764974,
                6: 0.22454706771093694,
                13: 0.001,
                14: 0.006797107423502624,
                26: 0.4,
                40: 0.006797107423502624,
            },
        ),
        (
            CosineRestarts(5, 1, 0.01),
            {0: 0.4, 4: 0.04724168609688527, 5: 0.4, 7: 0.2652583139031148, 19: 0.04724168609688527, 20: 0.4},
        ),
        (
            CosineRestarts(3, 2, 0.01),
            {
                2: 0.10750000000000004,
                3: 0.4,
                8: 0.03612504626203445,
                9: 0.4,
                20: 0.0166444638736317,
                21: 0.4,
                30: 0.2796232693111925,
            },
        ),
        (
            Cyclical(0.9, 0.05, 4, 7),
            {0: 0.05, 3: 0.6875, 4: 0.9, 5: 0.7785714285714286, 10: 0.17142857142857132, 11: 0.05, 37: 0.9},
        ),
        (
            Cyclical(0.9, 0.05, 4, None, "triangular2"),
            {4: 0.9, 7: 0.2625, 8: 0.05, 12: 0.475, 20: 0.2625, 21: 0.20937499999999998},
        ),
        (
            Cyclical(0.9, 0.05, 4, 3, "exp_range", 0.97),
            {1: 0.25612499999999994, 4: 0.8024988885, 11: 0.6580061926248679, 40: 0.21757029619284163},
        ),
        (
            OneCycle(0.8, 97, 0.25),
            {
                0: 0.032,
                10: 0.3323595934404411,
                23: 0.7997809245170118,
                24: 0.7997902284572956,
                47: 0.6074331557766799,
                60: 0.3935243983879095,
                96: 3.2e-06,
            },
        ),
        (
            OneCycle(0.8, 97, 0.25, three_phase=True),
            {
                0: 0.032,
                10: 0.3323595934404411,
                24: 0.7980298201824877,
                47: 0.03199194548366315,
                60: 0.02647832396595025,
                96: 3.2e-06,
            },
        ),
        (
            OneCycle(0.8, 97, 0.25, "linear"),
            {0: 0.032, 10: 0.3623225806451613, 24: 0.7917526103092783, 60: 0.3958779051546392, 96: 3.2e-06},
        ),
        (
            OneCycle(0.8, 97, 0.25, "linear", three_phase=True),
            {0: 0.032, 10: 0.3623225806451613, 24: 0.775225806451613, 47: 0.0316768, 60: 0.0232736, 96: 3.2e-06},
        ),
        (
            LinearWarmup(0.2, 0.7, 9),
            {0: 0.08, 1: 0.10222222222222223, 8: 0.25777777777777783, 9: 0.28, 50: 0.28},
        ),
        (
            Warmup(Exponential(0.93, per="step"), 6, 0.1),
            {0: 0.04, 5: 0.34, 6: 0.4, 7: 0.37200000000000005, 20: 0.14481757507596318},
        ),
        (
            Warmup(Cosine(13, 0.001, per="step"), 6, 0.1),
            {0: 0.04, 5: 0.34, 6: 0.4, 7: 0.3942028925764974, 20: 0.006797107423502624},
        ),
        (
            Warmup(OneCycle(0.8, 97), 6, 0.1),
            {0: 0.0032, 5: 0.0272, 6: 0.032, 7: 0.03439737471718951, 20: 0.4138534425335688},
        ),
    ],
)
def test_rates_are_those_of_pytorch(schedule: Schedule, rates: dict[int, float]) -> None:
    for t, rate in rates.items():
        step, epoch = (t, 1000) if schedule.per == "step" else (1000, t)

        assert schedule.at(step, epoch, 0.4) == pytest.approx(rate, rel=0, abs=1e-12)


@pytest.mark.parametrize("per_epoch", [Step(2), Exponential(0.5), InverseTime(1.0), Cosine(10), CosineRestarts(5)])
def test_decays_count_epochs_unless_told_otherwise(per_epoch: Schedule) -> None:
    assert per_epoch.at(99, 0, 0.4) == 0.4
    assert per_epoch.at(0, 3, 0.4) != 0.4


@pytest.mark.parametrize("per_step", [Cyclical(1.0, 0.1, 10), OneCycle(1.0, 100), LinearWarmup()])
def test_cycles_and_the_warm_up_count_steps_unless_told_otherwise(per_step: Schedule) -> None:
    assert per_step.at(0, 99, 0.4) == per_step.at(0, 0, 0.4)
    assert per_step.at(3, 0, 0.4) != per_step.at(0, 0, 0.4)


def test_cosine_is_half_way_down_at_half_time() -> None:
    assert Cosine(10, eta_min=0.1).rate(5, 0.5) == pytest.approx(0.3)


def test_a_cosine_that_restarts_is_back_at_the_full_rate_after_each_wave() -> None:
    schedule = CosineRestarts(3, 2)

    full = [t for t in range(50) if schedule.rate(t, 0.4) == 0.4]

    assert full == [0, 3, 9, 21, 45]


def test_a_cycle_without_a_base_rate_starts_at_the_rate_of_the_optimizer() -> None:
    schedule = Cyclical(1.0, step_size_up=4)

    assert [schedule.rate(t, 0.2) for t in (0, 2, 4, 8)] == pytest.approx([0.2, 0.6, 1.0, 0.2])


def test_one_cycle_keeps_its_last_rate_after_its_end() -> None:
    schedule = OneCycle(1.0, 10)

    assert schedule.rate(9, 0.4) == pytest.approx(1 / 25 / 1e4)
    assert schedule.rate(10, 0.4) == schedule.rate(9, 0.4)
    assert schedule.rate(10_000, 0.4) == schedule.rate(9, 0.4)


def test_one_cycle_whose_climb_takes_no_time_starts_at_the_top() -> None:
    assert OneCycle(1.0, 10, pct_start=0.1).rate(0, 0.4) == 1.0


def test_one_cycle_that_only_climbs_ends_at_the_top() -> None:
    assert OneCycle(1.0, 10, pct_start=1.0).rate(9, 0.4) == 1.0


def test_a_rate_too_large_for_a_number_is_infinite() -> None:
    assert Exponential(10.0).rate(400, 0.4) == math.inf


def test_a_cycle_that_halves_its_height_ends_at_its_base() -> None:
    assert Cyclical(1.0, 0.25, 1, 1, "triangular2").rate(2 * 5000 + 1, 0.4) == 0.25


def test_a_schedule_per_epoch_behind_a_warm_up_counts_the_epochs_of_the_run() -> None:
    schedule = Warmup(Exponential(0.5), steps=4, start_factor=0.2)

    assert schedule.at(2, 1, 0.4) == pytest.approx(0.4 * 0.6)
    assert schedule.at(4, 2, 0.4) == pytest.approx(0.4 * 0.25)


def test_a_warm_up_climbs_to_where_one_cycle_begins() -> None:
    schedule = Warmup(OneCycle(1.0, 100, div_factor=10), steps=2, start_factor=0.5)

    assert [schedule.at(step, 0, 0.4) for step in range(3)] == pytest.approx([0.05, 0.075, 0.1])


def test_a_plateau_reduces_the_rate_as_pytorch_does() -> None:
    plateau = Plateau(factor=0.3, patience=1, threshold=0.1, cooldown=2, min_learning_rate=0.02)
    losses = [1.0, 0.95, 0.85, 0.84, 0.83, 0.82, 0.81, 0.8, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]

    rates = multipliers(plateau, losses, 0.4)

    assert rates == pytest.approx([0.4] * 4 + [0.12] * 6 + [0.036] * 4 + [0.02] * 3, rel=0, abs=1e-12)


def test_a_plateau_can_wait_for_a_maximum_and_takes_nan_for_no_improvement() -> None:
    plateau = Plateau(factor=0.5, patience=0, threshold=0.1, threshold_mode="abs", mode="max")

    rates = multipliers(plateau, [1.0, 1.05, 1.15, 1.2, math.nan, 2.0], 0.4)

    assert rates == pytest.approx([0.4, 0.2, 0.2, 0.1, 0.05, 0.05], rel=0, abs=1e-12)


def test_the_state_of_a_plateau_is_four_numbers_that_next_does_not_change() -> None:
    plateau = Plateau(patience=0, cooldown=3)
    first = plateau.initial()

    second = plateau.next(plateau.next(first, 1.0, 0.4), 2.0, 0.4)

    assert first.shape == (STATE_SIZE,)
    np.testing.assert_array_equal(first, [1.0, math.inf, 0.0, 0.0])
    assert second[MULTIPLIER] == pytest.approx(0.1)
    assert (second[BEST], second[BAD_EPOCHS], second[COOLDOWN_LEFT]) == (1.0, 0.0, 3.0)


def test_a_reduction_too_small_to_matter_is_not_made() -> None:
    plateau = Plateau(factor=0.5, patience=0, epsilon=0.3)

    assert multipliers(plateau, [1.0, 1.0], 0.4) == [0.4, 0.4]


def test_the_plateau_behind_a_warm_up_is_found() -> None:
    plateau = Plateau()

    assert plateau_in(Warmup(plateau, 3)) is plateau
    assert plateau_in(plateau) is plateau
    assert plateau_in(Warmup(Cosine(3), 3)) is None


def test_a_plateau_behind_a_warm_up_leaves_the_multiplied_rate_to_the_warm_up() -> None:
    schedule = Warmup(Plateau(), steps=4, start_factor=0.5)

    assert schedule.at(2, 0, 0.4) == pytest.approx(0.3)
    assert schedule.at(4, 0, 0.4) == 0.4


def test_every_schedule_in_the_catalogue_can_be_read_with_the_parameters_told_there() -> None:
    for name, entry in CATALOGUE.items():
        schedule, problems = read({"type": name, **entry["parameters"]})

        assert problems == []
        assert schedule.per == entry["per"]
        assert set(entry["required"]) <= set(entry["parameters"])


def test_parameters_left_out_are_those_told_in_the_catalogue() -> None:
    for name, entry in CATALOGUE.items():
        required = {parameter: entry["parameters"][parameter] for parameter in entry["required"]}

        assert read({"type": name, **required}) == read({"type": name, **entry["parameters"]})


def test_required_parameters_left_out_are_told() -> None:
    for name, entry in CATALOGUE.items():
        _, problems = read(name)

        assert sorted(problems) == sorted(f"schedule.{parameter}" for parameter in entry["required"])


def test_every_parameter_is_read_into_its_place() -> None:
    assert read({"type": "step", "step_size": 3, "gamma": 0.5, "per": "step"})[0] == Step(3, 0.5, per="step")
    assert read({"type": "cosine_restarts", "T_0": 4, "T_mult": 2, "eta_min": 0.1})[0] == CosineRestarts(4, 2, 0.1)
    assert read(
        {
            "type": "cyclical",
            "base_learning_rate": 0.1,
            "max_learning_rate": 0.9,
            "step_size_up": 3,
            "step_size_down": 4,
            "mode": "exp_range",
            "gamma": 0.9,
        }
    )[0] == Cyclical(0.9, 0.1, 3, 4, "exp_range", 0.9)
    assert read(
        {
            "type": "one_cycle",
            "max_learning_rate": 0.9,
            "total_steps": 50,
            "pct_start": 0.2,
            "anneal_strategy": "linear",
            "div_factor": 10,
            "final_div_factor": 100,
            "three_phase": True,
        }
    )[0] == OneCycle(0.9, 50, 0.2, "linear", 10.0, 100.0, True)
    assert read({"type": "warmup", "start_factor": 0.1, "end_factor": 0.8, "total_iters": 7})[0] == LinearWarmup(
        0.1, 0.8, 7
    )
    assert read(
        {
            "type": "plateau",
            "factor": 0.5,
            "patience": 2,
            "threshold": 0.01,
            "threshold_mode": "abs",
            "cooldown": 3,
            "min_learning_rate": 0.001,
            "mode": "max",
            "epsilon": 0.0,
        }
    )[0] == Plateau(0.5, 2, 0.01, "abs", 3, 0.001, "max", 0.0)


def test_a_warm_up_stands_inside_the_schedule_that_it_precedes() -> None:
    schedule, problems = read({"type": "exponential", "gamma": 0.9, "warmup": {"steps": 5, "start_factor": 0.2}})

    assert schedule == Warmup(Exponential(0.9), 5, 0.2)
    assert problems == []


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("cosine_annealing", "schedule.type"),
        ({"type": ["step"]}, "schedule.type"),
        ({"type": "exponential", "gamma": -1}, "schedule.gamma"),
        ({"type": "step", "step_size": 0}, "schedule.step_size"),
        ({"type": "step", "step_size": 1, "gama": 0.5}, "schedule.gama"),
        ({"type": "plateau", "per": "step"}, "schedule.per"),
        ({"type": "plateau", "factor": 1}, "schedule.factor"),
        ({"type": "exponential", "gamma": 0.9, "warmup": {}}, "schedule.warmup.steps"),
        ({"type": "exponential", "gamma": 0.9, "warmup": {"steps": 3, "start": 0}}, "schedule.warmup.start"),
        ({"type": "constant", "warmup": {"steps": 3, "start_factor": 0}}, "schedule.warmup.start_factor"),
        ({"type": "one_cycle", "max_learning_rate": 1, "total_steps": 9, "pct_start": 2}, "schedule.pct_start"),
        ({"type": "cyclical", "max_learning_rate": 1, "mode": "square"}, "schedule.mode"),
    ],
)
def test_a_field_that_does_not_fit_is_told_by_its_path(value: object, path: str) -> None:
    _, problems = read(value)

    assert problems == [path]
