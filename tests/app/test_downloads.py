from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from app.documents import preset
from app.main import create_app
from app.settings import Settings

DOCUMENT = {"experiment": preset("xor"), "edits": [], "cursor": {"step": 3, "event": 5}}
FILES = [
    "receipt.json",
    "numbers.json",
    "numbers.csv",
    "weights.npz",
    "network_numpy.py",
    "network_pytorch.py",
    "network_keras.py",
    "worksheet.html",
]


@pytest.fixture
def session(client: TestClient) -> str:
    name: str = client.post("/api/sessions", json=DOCUMENT).json()["session"]
    return name


@pytest.mark.parametrize("file", FILES)
def test_every_file_comes_with_its_name_and_leaves_the_session_where_it_is(
    client: TestClient, session: str, file: str
) -> None:
    answer = client.get(f"/api/sessions/{session}/{file}")

    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith(f'; filename="{file}"')
    assert answer.headers["cache-control"] == "no-store"
    assert client.get(f"/api/sessions/{session}/document").json()["cursor"] == DOCUMENT["cursor"]


@pytest.mark.parametrize("file", FILES)
def test_a_session_that_is_not_here_has_no_files(client: TestClient, file: str) -> None:
    answer = client.get(f"/api/sessions/abcdefghijklmnopqrstuv/{file}")

    assert answer.status_code == 404
    assert "This session is not here any more." in answer.text


def test_a_receipt_goes_down_and_comes_back_verified(client: TestClient, session: str) -> None:
    receipt = client.get(f"/api/sessions/{session}/receipt.json").content

    verdict = client.post("/api/receipt", content=receipt).json()

    assert verdict["tier"] == "equal"
    assert verdict["document"]["cursor"] == DOCUMENT["cursor"]
    assert client.post("/api/sessions", json=verdict["document"]).status_code == 201


def test_a_receipt_that_was_changed_does_not_come_back_verified(client: TestClient, session: str) -> None:
    receipt = client.get(f"/api/sessions/{session}/receipt.json").json()
    receipt["events"][3]["values"]["layer0.a"][2][1] = 0.5

    verdict = client.post("/api/receipt", json=receipt).json()

    assert verdict["tier"] == "differs"
    assert verdict["first_difference"]["index"] == [2, 1]


def test_a_gap_without_end_travels_by_its_name(client: TestClient, session: str) -> None:
    receipt = client.get(f"/api/sessions/{session}/receipt.json").json()
    receipt["events"][0]["values"]["learning_rate"] = "NaN"

    assert client.post("/api/receipt", json=receipt).json()["largest_gap"] == "Infinity"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"[" * 5000, b'{"receipt": 1, "document": 3}', b"\xff"])
def test_what_is_no_receipt_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/receipt", content=body)

    assert answer.status_code == 422
    assert answer.json()["message"]


def test_the_numbers_are_the_same_in_both_files(client: TestClient, session: str) -> None:
    numbers = client.get(f"/api/sessions/{session}/numbers.json").json()
    table = client.get(f"/api/sessions/{session}/numbers.csv")

    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert len(rows) == numbers["numbers"]
    W = numbers["events"][0]["values"]["layer0.W"]
    assert [float(row["value"]) for row in rows if row["name"] == "layer0.W"] == [*W[0], *W[1]]


def test_the_weights_are_those_of_the_moment(client: TestClient, session: str) -> None:
    weights = np.load(io.BytesIO(client.get(f"/api/sessions/{session}/weights.npz").content))
    numbers = client.get(f"/api/sessions/{session}/numbers.json").json()

    np.testing.assert_array_equal(weights["layer1.W"], numbers["events"][0]["values"]["layer1.W"])


@pytest.mark.parametrize("library", ["numpy", "pytorch", "keras"])
def test_a_script_trains_as_many_steps_as_it_is_asked_for(client: TestClient, session: str, library: str) -> None:
    answer = client.get(f"/api/sessions/{session}/network_{library}.py", params={"steps": 7})

    assert answer.headers["content-type"] == "text/x-python; charset=utf-8"
    assert "\nFIRST_STEP = 3\nSTEPS = 7" in answer.text
    compile(answer.text, "network.py", "exec")


@pytest.mark.parametrize("path", ["network_numpy.py?steps=0", "network_numpy.py?steps=x", "network_lisp.py"])
def test_a_script_that_cannot_be_written_is_refused(client: TestClient, session: str, path: str) -> None:
    assert client.get(f"/api/sessions/{session}/{path}").status_code == 422


def test_the_worksheet_finds_its_stylesheets_from_where_it_is(client: TestClient, session: str) -> None:
    page = client.get(f"/api/sessions/{session}/worksheet.html", params={"sample": 1})

    assert page.headers["content-disposition"].startswith("inline")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<base href="../../../">' in page.text
    assert "row 2 of 4" in page.text
    sheet = next(word for word in page.text.split('"') if word.endswith("worksheet.css"))
    assert client.get(f"/{sheet}").status_code == 200


def test_the_worksheet_behind_a_proxy_finds_them_too(client: TestClient, session: str) -> None:
    page = client.get(f"/api/sessions/{session}/worksheet.html", headers={"x-forwarded-prefix": "/class"})

    assert '<base href="/class/">' in page.text


def test_why_there_is_no_worksheet_is_told_on_a_page(client: TestClient, session: str) -> None:
    answer = client.get(f"/api/sessions/{session}/worksheet.html", params={"sample": 4})

    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "No worksheet of this step" in answer.text
    assert "sample is 4; allowed: 0 to 3" in answer.text


def test_a_table_is_previewed_and_its_experiment_opens(client: TestClient) -> None:
    asked: dict[str, Any] = {"text": "a,b,kind\n1,2,yes\n3,4,no\n", "experiment": preset("xor")}

    told = client.post("/api/table", json=asked).json()

    assert told["choices"]["task"] == "binary"
    assert client.post("/api/sessions", json=told["experiment"]).status_code == 201


def test_a_table_with_a_wrong_choice_is_refused(client: TestClient) -> None:
    answer = client.post("/api/table", json={"text": "a,b\n1,2\n", "choices": {"target": "c"}})

    assert answer.status_code == 422
    assert answer.json()["problems"][0] == {"path": "choices.target", "value": '"c"', "allowed": "one of a, b"}


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    with TestClient(create_app(Settings(max_document_bytes=500))) as client:
        assert client.post("/api/table", content=b" " * 501).status_code == 413
        assert client.post("/api/receipt", content=b" " * 4001).status_code == 413


def test_the_files_are_of_the_moment_and_of_the_edits(client: TestClient) -> None:
    document = {**DOCUMENT, "edits": [{"step": 1, "event": 0, "path": "learning_rate", "value": 0.25}]}
    session = client.post("/api/sessions", json=document).json()["session"]

    script = client.get(f"/api/sessions/{session}/network_numpy.py").text
    receipt = json.loads(client.get(f"/api/sessions/{session}/receipt.json").content)

    assert "return 0.25" in script
    assert receipt["document"]["edits"] == document["edits"]
