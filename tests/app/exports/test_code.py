"""Scripts are run as a student would run them, and lay their losses beside the engine's."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from app.exports.code import one_line
from app.exports.code_keras import differences_of, keras_script
from app.exports.code_numpy import numpy_script
from app.exports.code_pytorch import pytorch_script
from app.exports.standing import Standing, standing_of
from engine import Timeline
from engine.activations import ACTIVATIONS
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS
from engine.presets import PRESETS

from .moments import Document, at, losses_from, losses_of, regression, standing_at, xor

Write = Callable[[Standing, str, int], str]
# Where there is no PyTorch, its script is compiled only: in CI nothing is skipped.
RUN: list[Write] = [numpy_script, *([pytorch_script] if find_spec("torch") is not None else [])]
WRITTEN: list[Write] = [numpy_script, pytorch_script, keras_script]
STEPS = 12
TARGETS: dict[str, Any] = {
    "binary_cross_entropy": [[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.25], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]],
    "categorical_cross_entropy": [[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.5, 0.5], [1.0, 0.0], [0.0, 1.0], [1.0, 0.0]],
    "hinge": [[-1.0, 1.0], [1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]],
}


def agree(document: Document, step: int = 0, event: int = 0, steps: int = STEPS, tolerance: float = 1e-9) -> None:
    """Hold that every script that can be run trains as the engine does, and that the others are Python."""
    standing = standing_at(document, step, event)
    wanted = losses_from(document, step, event, steps)
    assert wanted
    for write in RUN:
        np.testing.assert_allclose(losses_of(write(standing, "1.2.3", steps)), wanted, rtol=tolerance, atol=1e-14)
    for write in WRITTEN:
        compile(write(standing, "1.2.3", steps), "network.py", "exec")


def standing_of_document(document: Document) -> Standing:
    """Where a run stands that is replayed from its document."""
    return standing_of(Timeline.from_json(document))


def with_loss(loss: str, output: str, hidden: str = "tanh") -> Document:
    """The regression with another loss, and targets that suit it."""
    document = regression(loss=loss)
    document["data"] = {**document["data"], "targets": TARGETS.get(loss, document["data"]["targets"])}
    document["data"]["task"] = "regression"
    document["network"]["layers"][0]["activation"] = hidden
    document["network"]["layers"][1]["activation"] = output
    return document


@pytest.mark.parametrize("name", PRESETS)
def test_scripts_of_every_preset_train_as_the_engine_does(name: str) -> None:
    agree(PRESETS[name]["document"], step=2, event=3)


@pytest.mark.parametrize("step", [0, 7])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_scripts_go_on_with_every_optimizer_and_its_memory(optimizer: str, weight_decay: float, step: int) -> None:
    constants = {"type": optimizer, "learning_rate": 0.03, "weight_decay": weight_decay}

    agree(regression(optimizer=constants), step, event=2 if step else 0)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_scripts_know_every_activation_hidden_and_at_the_end(activation: str) -> None:
    agree(with_loss("huber", activation, hidden=activation), step=2)


@pytest.mark.parametrize("unfolded", [False, True])
@pytest.mark.parametrize("loss", LOSSES)
def test_scripts_know_every_loss(loss: str, unfolded: bool) -> None:
    fused = LOSSES[loss].fused
    document = with_loss(loss, fused or "identity")
    if fused is not None:
        document["loss"] = {"type": loss, "unfolded": unfolded}

    agree(document, step=2)
    agree(with_loss(loss, "identity"), step=2)


@pytest.mark.parametrize(
    "schedule",
    [
        {"type": "step", "step_size": 2, "gamma": 0.5},
        {"type": "exponential", "gamma": 0.8},
        {"type": "inverse_time", "decay": 0.5},
        {"type": "cosine", "T_max": 7, "eta_min": 0.01, "per": "step"},
        {"type": "cosine_restarts", "T_0": 3, "T_mult": 2, "per": "step"},
        {"type": "cosine_restarts", "T_0": 3, "warmup": {"steps": 4}},
        {"type": "cyclical", "max_learning_rate": 0.2, "step_size_up": 3, "step_size_down": 4},
        {
            "type": "cyclical",
            "max_learning_rate": 0.2,
            "base_learning_rate": 0.1,
            "step_size_up": 3,
            "mode": "triangular2",
        },
        {"type": "cyclical", "max_learning_rate": 0.2, "step_size_up": 3, "mode": "exp_range", "gamma": 0.9},
        {"type": "one_cycle", "max_learning_rate": 0.2, "total_steps": 14},
        {
            "type": "one_cycle",
            "max_learning_rate": 0.2,
            "total_steps": 14,
            "three_phase": True,
            "anneal_strategy": "linear",
        },
        {"type": "one_cycle", "max_learning_rate": 0.2, "total_steps": 14, "warmup": {"steps": 6}},
        {"type": "warmup", "total_iters": 9},
        {"type": "constant", "warmup": {"steps": 9}},
        {"type": "plateau", "patience": 0, "factor": 0.5, "threshold": 0.2},
        {"type": "plateau", "patience": 1, "factor": 0.5, "threshold": 0.3, "threshold_mode": "abs", "cooldown": 1},
        {"type": "plateau", "patience": 0, "mode": "max", "warmup": {"steps": 5}},
    ],
    ids=lambda schedule: str(schedule["type"]),
)
@pytest.mark.parametrize("validation", [0.0, 0.3])
def test_scripts_know_every_schedule(schedule: Document, validation: float) -> None:
    document = regression(schedule=schedule, optimizer={"type": "momentum", "learning_rate": 0.1})
    document["data"]["validation"] = validation

    for step, event in [(0, 0), (4, 0), (4, 1), (6, 0)]:
        agree(document, step, event, steps=18)


def test_a_scheduled_learning_rate_that_was_changed_by_hand_stays_changed() -> None:
    timeline = at(regression(schedule={"type": "exponential", "gamma": 0.8}), 4)
    timeline.edit("learning_rate", 0.3)
    document = timeline.to_json()

    replayed = standing_of_document(document)

    timeline.run(STEPS)
    np.testing.assert_allclose(losses_of(numpy_script(replayed, "1", STEPS)), timeline.history("loss")[4:], rtol=1e-9)


@pytest.mark.parametrize("clipping", [{"type": "value", "maximum": 0.1}, {"type": "norm", "maximum": 0.2}])
@pytest.mark.parametrize("frozen", [[], ["W"], ["b"], ["W", "b"]])
def test_scripts_know_penalties_clipping_and_frozen_parameters(clipping: Document, frozen: list[str]) -> None:
    document = regression(clipping=clipping, penalty={"l1": 0.01, "l2": 0.1}, optimizer="adam")
    document["network"]["layers"][0]["frozen"] = frozen

    agree(document, step=3)


def test_a_script_of_a_network_that_is_frozen_altogether_runs() -> None:
    document = regression()
    for layer in document["network"]["layers"]:
        layer["frozen"] = True

    agree(document)


@pytest.mark.parametrize("shuffle", [True, False])
def test_scripts_draw_the_masks_of_dropout_that_the_engine_draws(shuffle: bool) -> None:
    layers = [
        {"type": "dropout", "rate": 0.2},
        {"type": "dense", "units": 4, "activation": "relu"},
        {"type": "dropout", "rate": 0.5},
        {"type": "dense", "units": 2},
    ]

    agree(regression(network={"layers": layers}, shuffle=shuffle), step=3)


@pytest.mark.parametrize("moment", [(0, 0), (3, 0), (3, 1), (8, 0), (9, 2)])
@pytest.mark.parametrize("restore_best", [True, False])
def test_the_numpy_script_stops_early_where_the_engine_does(moment: tuple[int, int], restore_best: bool) -> None:
    stopping = {"patience": 1, "min_delta": 0.1, "restore_best": restore_best}
    document = regression(early_stopping=stopping, batch_size=2)
    document["data"]["validation"] = 0.3
    step, event = moment
    wanted = losses_from(document, step, event, 60)

    losses = losses_of(numpy_script(standing_at(document, step, event), "1", 60))

    assert len(wanted) < 60
    np.testing.assert_allclose(losses, wanted, rtol=1e-9)


@pytest.mark.parametrize("batch_size", [2, 7])
def test_scripts_of_a_run_whose_batches_were_changed_go_on_where_it_stands(batch_size: int) -> None:
    timeline = at(regression(optimizer="nadam"), 4, 3)
    timeline.edit("batch_size", batch_size)
    timeline.run(3)
    document = timeline.to_json()
    standing = standing_of_document(document)
    step = standing.step
    timeline.run(STEPS)

    for write in RUN:
        np.testing.assert_allclose(
            losses_of(write(standing, "1", STEPS)), timeline.history("loss")[step : step + STEPS], rtol=1e-9
        )


def test_a_script_says_that_there_are_edits_behind_its_moment() -> None:
    timeline = at(xor(), 5)
    timeline.edit("learning_rate", 0.1)
    timeline.seek(2)

    script = numpy_script(standing_of_document(timeline.to_json()), "1", 3)

    assert "# - Behind this moment the run has one edit that this script does not make." in script


def test_a_title_stays_in_its_comment() -> None:
    document = xor(title='Good\nimport os\r"""\u2028os.remove("x")')

    for write in WRITTEN:
        script = write(standing_at(document), "1", 3)
        assert script.splitlines()[0].startswith('# Good import os """ os.remove("x"), in ')
    assert one_line("a\tb\x00\x85c") == "a b c"


def test_names_of_columns_stay_in_their_comment() -> None:
    document = xor(data={"inputs": [[0.0, 1.0]], "targets": [[1.0]], "input_names": ["a\nprint(1)", "b"]})

    script = numpy_script(standing_at(document), "1", 1)

    assert "Inputs: a print(1), b." in script
    assert "\nprint(1)" not in script


def test_the_numpy_script_runs_by_itself_and_prints_each_loss(tmp_path: Any) -> None:
    file = tmp_path / "network.py"
    file.write_text(numpy_script(standing_at(xor(), 3), "1.2.3", 4), encoding="utf-8")

    run = subprocess.run(
        [sys.executable, "-W", "error", file], capture_output=True, text=True, check=True, cwd=tmp_path
    )

    wanted = losses_from(xor(), 3, 0, 4)
    assert run.stderr == ""
    printed = [line.split(": loss ") for line in run.stdout.splitlines()]
    assert [step for step, _ in printed] == ["step 3", "step 4", "step 5", "step 6"]
    np.testing.assert_allclose([float(loss) for _, loss in printed], wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"optimizer": {"type": "sgd", "weight_decay": 0.1}}, "Weight decay"),
        ({"optimizer": "rmsprop"}, "under the root"),
        ({"optimizer": "adam"}, "correction for the start"),
        ({"optimizer": "nadam"}, "momentum decay"),
        ({"optimizer": "momentum", "schedule": {"type": "exponential", "gamma": 0.9}}, "inside the velocity"),
        ({"clipping": {"type": "norm", "maximum": 1.0}}, "10⁻⁶"),
        (
            {"network": {"layers": [{"units": 3}, {"type": "dropout"}, {"units": 2}]}},
            "other masks",
        ),
    ],
)
def test_the_keras_script_says_where_its_numbers_are_not_ours(change: Document, word: str) -> None:
    standing = standing_at(regression(**change))

    script = keras_script(standing, "1", 3)

    assert any(word in difference for difference in differences_of(standing))
    assert word.split()[0] in script
    assert "the top of this file says why" in script


def test_the_keras_script_claims_nothing_where_nothing_differs() -> None:
    standing = standing_at(regression())

    assert differences_of(standing) == []
    assert "says why" not in keras_script(standing, "1", 3)


def test_the_keras_script_says_that_the_optimizer_forgets() -> None:
    assert "empty memory" in keras_script(standing_at(regression(optimizer="momentum"), 3), "1", 3)
