from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents import preset
from app.encode import encode
from app.refusals import RefusedError
from app.settings import Settings
from app.table_experiment import Preview, preview_table
from app.tables import guess_delimiter, number_of, read_table
from engine import Experiment, Timeline
from tests.engine.networks import examples

FLOWERS = "length,width,species\n1.5,2,rose\n2.5,4,tulip\n3.5,6,rose\n"


def preview(text: str, experiment: Any = None, settings: Settings | None = None, **choices: Any) -> Preview:
    return preview_table({"text": text, "choices": choices, "experiment": experiment}, settings or Settings())


def trained(experiment: dict[str, Any] | None) -> Experiment:
    """The experiment, after a few steps of it have been run."""
    assert experiment is not None
    read = Experiment.from_json(experiment)
    timeline = Timeline(read)
    timeline.run(3)
    assert np.isfinite(timeline.history("loss")).all()
    return read


@pytest.mark.parametrize(
    ("text", "delimiter", "decimal"),
    [
        ("a,b\n1.5,2\n", ",", "."),
        ("a;b\n1,5;2\n", ";", ","),
        ("a;b\n1.5;2\n", ";", "."),
        ("a\tb\n1,5\t2\n", "\t", ","),
        ("1,5;2,5\n3,5;4,5\n", ";", ","),
        ('"a;b",c\n"1;2",3\n', ",", "."),
        ("a\n1\n2\n", ",", "."),
    ],
)
def test_the_delimiter_and_the_decimal_sign_are_found(text: str, delimiter: str, decimal: str) -> None:
    table = read_table(text, max_rows=9)

    assert (table.delimiter, table.decimal) == (delimiter, decimal)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("x,y\n1,2\n", True),
        ("1,2\n3,4\n", False),
        ("name,kind\nada,cat\nbob,dog\n", True),
        ("cat,dog\ncat,dog\n", False),
        ("x,2020\n1,2\n", False),
        ("x,y\n", True),
    ],
)
def test_a_heading_is_told_from_a_row(text: str, header: bool) -> None:
    if text.count("\n") == 1:
        with pytest.raises(RefusedError, match="heading, but no row"):
            read_table(text, max_rows=9)
    else:
        assert read_table(text, max_rows=9).header is header


def test_whether_there_is_a_heading_can_be_overruled() -> None:
    table = read_table("2020,2021\n1,2\n", max_rows=9, header=True)

    assert [column.name for column in table.columns] == ["2020", "2021"]
    assert [column.cells for column in table.columns] == [("1",), ("2",)]


def test_names_are_made_up_where_they_are_missing_and_no_two_are_the_same() -> None:
    table = read_table("a,a,,a\n1,2,3,4\n", max_rows=9, header=True)

    assert [column.name for column in table.columns] == ["a", "a (2)", "column 3", "a (3)"]


def test_a_byte_order_mark_blank_lines_quotes_and_carriage_returns_are_no_trouble() -> None:
    table = read_table('\ufeffa,b\r\n\r\n"1","say ""hi"""\r\n , \r\n2,"two\r\nlines"\r\n', max_rows=9)

    assert [column.name for column in table.columns] == ["a", "b"]
    assert table.columns[1].cells == ('say "hi"', "two\r\nlines")
    assert table.lines == (3, 5)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2.5", "-3e2"], "number"),
        (["1", "2", "x"], "number"),
        (["a", "b", "a"], "category"),
        (["5", "5", "5"], "constant"),
        (["", "NA", "?"], "empty"),
        ([f"user{number}" for number in range(12)], "identifier"),
    ],
)
def test_what_a_column_holds_is_found(cells: list[str], kind: str) -> None:
    text = "it,z\n" + "".join(f"{cell},{number}\n" for number, cell in enumerate(cells))

    assert read_table(text, max_rows=99).columns[0].kind == kind


def test_a_column_of_row_numbers_is_an_identifier_by_its_name() -> None:
    table = read_table("Id,x,y\n1,1,5\n2,4,7\n3,9,8\n", max_rows=9)

    assert [column.kind for column in table.columns] == ["identifier", "number", "number"]


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("1.5", ".", 1.5),
        ("−2", ".", -2.0),
        ("1,5", ",", 1.5),
        ("1.234,5", ",", None),
        ("1_000", ".", None),
        ("٣", ".", None),
        ("infinity", ".", None),
        ("1e999", ".", float("inf")),
        (".5", ".", 0.5),
        (".", ".", None),
    ],
)
def test_a_number_is_what_people_write_as_one(cell: str, decimal: str, number: float | None) -> None:
    assert number_of(cell, decimal) == number


def test_classes_in_words_make_a_binary_task_in_the_order_of_the_alphabet() -> None:
    told = preview(FLOWERS, standardize=False)

    assert told["data"] == {
        "inputs": [[1.5, 2.0], [2.5, 4.0], [3.5, 6.0]],
        "targets": [0, 1, 0],
        "task": "binary",
        "input_names": ["length", "width"],
        "class_names": ["rose", "tulip"],
        "standardize": False,
        "validation": 0.0,
        "seed": 0,
    }
    experiment = trained(told["experiment"])
    assert (experiment.loss.name, experiment.output.activation) == ("binary_cross_entropy", "sigmoid")
    assert experiment.dataset.class_names == ("rose", "tulip")


def test_three_classes_make_a_softmax() -> None:
    told = preview("x,kind\n1,b\n2,a\n3,c\n4,a\n")

    experiment = trained(told["experiment"])

    assert told["choices"]["task"] == "classification"
    assert (experiment.loss.name, experiment.output.activation) == ("categorical_cross_entropy", "softmax")
    np.testing.assert_array_equal(experiment.dataset.targets, [[0, 1, 0], [1, 0, 0], [0, 0, 1], [1, 0, 0]])


def test_numbers_make_a_regression_whose_large_targets_are_divided() -> None:
    told = preview("rooms,price\n3,250000\n4,310000\n5,420000\n")

    experiment = trained(told["experiment"])

    assert (experiment.loss.name, experiment.output.activation) == ("mean_squared_error", "identity")
    np.testing.assert_allclose(experiment.dataset.targets, [[2.5], [3.1], [4.2]])
    assert experiment.dataset.target_names == ("price / 100000",)


@pytest.mark.parametrize(
    ("target", "task"),
    [
        (["0", "1", "1"] * 4, "binary"),
        (["-1", "1", "1"] * 4, "binary"),
        (["1", "2", "3"] * 4, "classification"),
        (["1", "2", "4"] * 4, "regression"),
        (["0.5", "1.5", "2.5"] * 4, "regression"),
        (["no", "yes", "no"] * 4, "binary"),
    ],
)
def test_the_task_is_guessed_from_the_target(target: list[str], task: str) -> None:
    text = "x,out\n" + "".join(f"{number}.5,{cell}\n" for number, cell in enumerate(target))

    told = preview(text)

    assert told["choices"]["task"] == task
    trained(told["experiment"])


def test_the_target_is_the_column_with_a_telling_name() -> None:
    assert preview("x,Class,w\n1,a,5\n2,b,6\n")["choices"]["target"] == "Class"
    assert preview("x,w,last\n1,5,8\n2,6,9.5\n")["choices"]["target"] == "last"


def test_columns_of_categories_become_a_column_for_each() -> None:
    told = preview("colour,x,y\nred,1,2\nblue,2,4\nred,3,6.5\n", standardize=False)

    assert told["data"] is not None
    assert told["data"]["input_names"] == ["colour=blue", "colour=red", "x"]
    assert told["data"]["inputs"] == [[0.0, 1.0, 1.0], [1.0, 0.0, 2.0], [0.0, 1.0, 3.0]]


def test_every_choice_can_be_made() -> None:
    told = preview(
        FLOWERS * 1, inputs=["width"], target="length", task="regression", standardize=True, validation=0.4, seed=7
    )

    assert told["data"] == {
        "inputs": [[2.0], [4.0], [6.0]],
        "targets": [1.5, 2.5, 3.5],
        "task": "regression",
        "input_names": ["width"],
        "target_names": ["length"],
        "standardize": True,
        "validation": 0.4,
        "seed": 7,
    }
    assert len(trained(told["experiment"]).dataset.validation_inputs) == 1


def test_the_columns_are_described() -> None:
    told = preview("x,kind,id\n1,a,1\n2,b,2\n,b,3\n6,b,4\n")

    x, kind, identifier = told["columns"]
    assert x == {
        **{"name": "x", "kind": "number", "use": "input", "missing": 1, "distinct": 3},
        **{"least": 1.0, "mean": 3.0, "largest": 6.0, "categories": []},
    }
    assert kind["use"] == "target"
    assert kind["categories"] == [{"name": "b", "count": 3}, {"name": "a", "count": 1}]
    assert (identifier["kind"], identifier["use"]) == ("identifier", "none")
    assert told["first_rows"][2] == ["", "b", "3"]


BAD = "x,w,y\n1,2,3\n1,oops,3\n1,2\n,2,3\n\n1,2,3,4,5\n1,1e999,\n7,8,9.5\n"


def test_every_problem_is_told_with_its_line_its_column_and_its_value() -> None:
    told = preview(BAD)

    assert told["bad"] == {
        "count": 6,
        "rows": 5,
        "told": [
            {"line": 3, "column": "w", "value": "oops", "why": "not a number"},
            {"line": 4, "column": "", "value": "1,2", "why": "2 fields where 3 were expected"},
            {"line": 5, "column": "x", "value": "", "why": "missing"},
            {"line": 7, "column": "", "value": "1,2,3,4,5", "why": "5 fields where 3 were expected"},
            {"line": 8, "column": "w", "value": "1e999", "why": "too large a number"},
            {"line": 8, "column": "y", "value": "", "why": "missing"},
        ],
    }
    assert (told["rows"], told["good_rows"]) == (7, 2)
    assert told["data"] is None
    assert told["experiment"] is None
    assert "5 rows have problems" in told["words"]


def test_rows_with_problems_are_left_out_only_when_somebody_says_so() -> None:
    told = preview(BAD, skip_bad_rows=True, standardize=False)

    assert told["data"] is not None
    assert told["data"]["inputs"] == [[1.0, 2.0], [7.0, 8.0]]
    assert told["data"]["targets"] == [3.0, 9.5]
    assert "5 rows with problems are left out" in told["words"]


@pytest.mark.parametrize(
    ("skips", "words"),
    [(False, "1 row has problems: correct it, or have it left out."), (True, "1 row with problems is left out.")],
)
def test_of_a_single_row_with_problems_it_is_said_in_the_singular(skips: bool, words: str) -> None:
    told = preview("x,y\n1,2\noops,4\n3,7.5\n", skip_bad_rows=skips)

    assert told["words"].endswith(words)


def test_columns_that_are_not_used_make_no_problems() -> None:
    told = preview("x,note,y\n1,,2\n2,fine,4\n3,,7.5\n", inputs=["x"])

    assert told["bad"]["count"] == 0


def test_only_the_first_problems_are_told_and_all_are_counted() -> None:
    told = preview("x,y\n1,2\n" + "1,2.5\n" * 60 + ",3\n" * 50)

    assert told["bad"]["count"] == 50
    assert len(told["bad"]["told"]) == 20


def test_the_hidden_layers_and_the_optimizer_of_the_present_experiment_stay() -> None:
    present = {
        "version": 1,
        "title": "Mine",
        "seed": 5,
        "data": {"name": "xor"},
        "network": {
            "layers": [
                {"units": 3, "activation": "relu", "W": [[1, 2]] * 3, "b": [1, 2, 3]},
                {"type": "dropout", "rate": 0.1},
                {"units": 2, "activation": "tanh", "W": [[1, 2, 3]] * 2},
                {"units": 1, "activation": "sigmoid", "W": [[1, 2]], "b": [0.5]},
            ]
        },
        "loss": "binary_cross_entropy",
        "optimizer": {"type": "adam", "learning_rate": 0.02},
    }

    told = preview("a,b,c,kind\n1,2,3,u\n4,5,6,v\n7,8,10,w\n", experiment=present)

    experiment = told["experiment"]
    assert experiment is not None
    layers = experiment["network"]["layers"]
    assert layers[0] == {"units": 3, "activation": "relu", "b": [1, 2, 3]}
    assert layers[1:3] == present["network"]["layers"][1:3]  # type: ignore[index]
    assert layers[3] == {"units": 3, "activation": "softmax"}
    assert experiment["optimizer"] == {"type": "adam", "learning_rate": 0.02}
    assert (experiment["seed"], experiment["loss"]) == (5, "categorical_cross_entropy")
    trained(experiment)
    assert present["network"]["layers"][0]["W"] == [[1, 2]] * 3  # type: ignore[index]


def test_weights_that_still_fit_stay_and_so_does_a_loss_that_suits() -> None:
    present = {**preset("mazur"), "loss": "huber"}

    told = preview("a,b,y\n1,2,3\n4,5,6.5\n", experiment={"experiment": present, "edits": [], "cursor": {}})

    experiment = told["experiment"]
    assert experiment is not None
    assert experiment["network"]["layers"][0] == present["network"]["layers"][0]
    assert "W" not in experiment["network"]["layers"][1]
    assert experiment["loss"] == "huber"
    trained(experiment)


@pytest.mark.parametrize("text", ["x,y\n1,2\n2,3.5\n", FLOWERS, "x,k\n1,a\n2,b\n3,c\n"])
@pytest.mark.parametrize("name", ["xor", "neuron", "circles", "softmax", "house_prices"])
def test_every_preset_can_take_any_table(name: str, text: str) -> None:
    trained(preview(text, experiment=preset(name))["experiment"])


def test_early_stopping_goes_when_nothing_is_left_to_watch() -> None:
    present = {**preset("xor"), "early_stopping": {"patience": 3}}

    assert "early_stopping" not in (preview(FLOWERS, experiment=present)["experiment"] or {})


@pytest.mark.parametrize(
    ("choices", "path"),
    [
        ({"target": "height"}, "choices.target"),
        ({"inputs": []}, "choices.inputs"),
        ({"inputs": ["width", "width"]}, "choices.inputs[1]"),
        ({"inputs": ["species"]}, "choices.inputs[0]"),
        ({"task": "regression"}, "choices.task"),
        ({"task": "binary", "target": "length"}, "choices.task"),
        ({"task": "guess"}, "choices.task"),
        ({"validation": 0.6}, "choices.validation"),
        ({"validation": "much"}, "choices.validation"),
        ({"divide_target_by": 0}, "choices.divide_target_by"),
        ({"seed": -1}, "choices.seed"),
        ({"standardize": 1}, "choices.standardize"),
        ({"skip_bad_rows": "yes"}, "choices.skip_bad_rows"),
        ({"header": "yes"}, "choices.header"),
        ({"delimiter": "|"}, "choices.delimiter"),
        ({"colour": "red"}, "choices.colour"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused_by_name(choices: dict[str, Any], path: str) -> None:
    with pytest.raises(RefusedError) as refused:
        preview(FLOWERS, **choices)

    assert path in [problem.path for problem in refused.value.problems]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"text": 3},
        {"text": ""},
        {"text": " \n\n"},
        {"text": FLOWERS, "more": 1},
        {"text": FLOWERS, "experiment": 3},
    ],
)
def test_what_holds_no_table_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as refused:
        preview_table(asked, Settings())

    assert refused.value.problems


def test_a_quotation_mark_that_is_never_closed_is_told_with_its_line() -> None:
    with pytest.raises(RefusedError, match="begins on line 3") as refused:
        preview('x,y\n1,2\n"3,4\n5,6\n')

    assert refused.value.problems[0].path == "line 3"


def test_the_limits_are_kept() -> None:
    long = "x,y\n" + "1,2.5\n" * 11
    cases = [
        (long, Settings(max_samples=10), "at most 10"),
        (long, Settings(max_document_bytes=20), "at most 20 bytes"),
        ("1," * 785 + "1\n", Settings(), "at most 784"),
        (FLOWERS, Settings(max_parameters=3), "at most 3 weights and biases"),
    ]
    for text, settings, allowed in cases:
        with pytest.raises(RefusedError) as refused:
            preview(text, settings=settings)
        assert refused.value.problems[0].allowed == allowed


def test_an_experiment_that_has_become_too_large_to_be_saved_is_refused() -> None:
    text = "k,y\n" + "".join(f"{'abcdefgh'[row % 8]},{row}.5\n" for row in range(99))

    with pytest.raises(RefusedError) as refused:
        preview(text, settings=Settings(max_document_bytes=1500))

    assert refused.value.problems[0].value.startswith("an experiment of ")


def test_constant_numbers_are_inputs_where_there_are_no_others() -> None:
    assert preview("x,y\n1,2.5\n1,3.5\n")["choices"]["inputs"] == ["x"]


def test_a_column_of_too_many_categories_is_not_the_target_that_is_guessed() -> None:
    text = "x,y,remark\n" + "".join(f"{row},{row}.5,text {row // 2}\n" for row in range(110))

    assert preview(text)["choices"]["target"] == "y"


def test_one_class_that_is_left_is_not_enough() -> None:
    with pytest.raises(RefusedError) as refused:
        preview("x,k\n1,a\n2,a\n,b\n", skip_bad_rows=True)

    assert refused.value.problems[0].allowed == "rows of at least two classes"


def never_crashes(asked: dict[str, Any]) -> None:
    try:
        told = preview_table(asked, Settings())
    except RefusedError as error:
        assert error.message
        return
    json.loads(encode(told))
    if told["experiment"] is not None:
        Experiment.from_json(told["experiment"])


@examples(300)
@given(st.binary(max_size=200))
def test_no_bytes_crash_it(content: bytes) -> None:
    never_crashes({"text": content.decode("latin-1"), "choices": {"skip_bad_rows": True}})
    never_crashes({"text": content.decode("utf-8", "replace")})


@examples(300)
@given(st.text(alphabet='01.,;\t\n\r"ab -e', max_size=60))
def test_no_table_crashes_it(text: str) -> None:
    never_crashes({"text": text, "choices": {"skip_bad_rows": True}})


@examples(100)
@given(
    st.lists(
        st.lists(st.sampled_from(["1", "2.5", "x", "y", "", "-3"]), min_size=2, max_size=3), min_size=2, max_size=8
    ),
    st.dictionaries(
        st.sampled_from(
            ["header", "inputs", "target", "task", "validation", "seed", "standardize", "divide_target_by"]
        ),
        st.sampled_from(
            [True, False, "binary", "regression", "classification", ["column 1"], "column 2", 0.5, 3, -1, None]
        ),
    ),
)
def test_no_choice_crashes_it(rows: list[list[str]], choices: dict[str, Any]) -> None:
    text = "\n".join(",".join(row) for row in rows)

    never_crashes({"text": text, "choices": {"skip_bad_rows": True, **choices}})


def test_the_delimiter_of_nothing_is_a_comma() -> None:
    assert guess_delimiter("") == ","
