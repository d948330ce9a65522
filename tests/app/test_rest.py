from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from app.documents import preset
from app.main import create_app
from app.settings import Settings

from .conftest import Visitor

DOCUMENT = {"experiment": preset("mazur"), "edits": [], "cursor": {"step": 2, "event": 5}}


def test_healthz_counts_sessions_and_viewers(client: TestClient, visitor: Visitor) -> None:
    visitor.open()
    client.post("/api/sessions", json=preset("xor"))

    health = client.get("/healthz").json()

    assert (health["sessions"], health["viewers"]) == (2, 1)
    assert health["version"]


def test_the_catalogue_is_that_of_hello(client: TestClient) -> None:
    with client.websocket_connect("/ws") as socket:
        hello = socket.receive_json()

    assert client.get("/api/catalogue").json() == hello["catalogue"]


def test_the_protocol_is_served_as_json_schema(client: TestClient) -> None:
    schemas = client.get("/api/protocol.json").json()

    assert set(schemas) == {"commands", "messages"}
    assert "open" in schemas["commands"]["discriminator"]["mapping"]


def test_validate_gives_the_experiment_back(client: TestClient) -> None:
    assert client.post("/api/validate", json=preset("mazur")).json() == preset("mazur")
    assert client.post("/api/validate", json=DOCUMENT).json() == preset("mazur")


def test_validate_tells_every_problem_at_once(client: TestClient) -> None:
    document = {**preset("mazur"), "loss": "anger", "batch_size": 0}
    document["optimizer"] = {"type": "sgd", "learning_rate": -1}

    answer = client.post("/api/validate", json=document)

    assert answer.status_code == 422
    problems = {problem["path"]: problem for problem in answer.json()["problems"]}
    assert set(problems) >= {"loss.type", "batch_size", "optimizer.learning_rate"}
    assert problems["loss.type"]["value"] == '"anger"'
    assert "half_squared_error" in problems["loss.type"]["allowed"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"NaN", b"\xff\xfe", b'{"seed": 1e999}', b"[" * 100_000])
def test_what_is_no_document_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/validate", content=body)

    assert answer.status_code == 422
    assert answer.json()["message"]


def test_a_document_nested_too_deeply_is_refused(client: TestClient) -> None:
    deep: object = {}
    for _ in range(900):
        deep = {"a": deep}

    answer = client.post("/api/validate", json={**preset("xor"), "network": deep})

    assert answer.status_code == 422


def test_a_document_that_is_too_large_is_refused_before_it_is_read(client: TestClient) -> None:
    answer = client.post("/api/validate", content=b" " * 1_000_001)

    assert answer.status_code == 413


def test_a_network_beyond_the_limits_of_this_server_is_refused() -> None:
    with TestClient(create_app(Settings(max_parameters=11, max_samples=3))) as client:
        answer = client.post("/api/validate", json=preset("mazur"))
        xor = client.post("/api/validate", json=preset("xor"))

    assert answer.json()["problems"] == [
        {"path": "network.layers", "value": "12 weights and biases", "allowed": "at most 11 weights and biases"}
    ]
    assert [problem["path"] for problem in xor.json()["problems"]] == ["data"]


def test_more_rows_through_more_neurons_than_fit_are_refused() -> None:
    with TestClient(create_app(Settings(max_activations=11))) as client:
        problems = client.post("/api/validate", json=preset("xor")).json()["problems"]

    assert problems == [
        {"path": "batch_size", "value": "4 rows at once through 3 neurons", "allowed": "at most 11 together"}
    ]


def test_a_session_is_made_of_a_document_and_opened_by_its_name(client: TestClient, visitor: Visitor) -> None:
    answer = client.post("/api/sessions", json=DOCUMENT)

    assert answer.status_code == 201
    snapshot = visitor.open(session=answer.json()["session"])
    assert snapshot["cursor"] == {"step": 2, "event": 5}


def test_a_session_is_downloaded_as_the_document_of_its_moment(client: TestClient, visitor: Visitor) -> None:
    session = visitor.open(preset="mazur")["session"]
    visitor.ask("edit", "edited", id=1, path="learning_rate", value=0.25)
    visitor.ask("next", "snapshot", grain="step")

    answer = client.get(f"/api/sessions/{session}/document")

    assert answer.headers["content-disposition"] == 'attachment; filename="chalkgrad.json"'
    document = json.loads(answer.content)
    assert document["experiment"] == preset("mazur")
    assert document["cursor"] == {"step": 1, "event": 0}
    assert client.post("/api/validate", json=document).status_code == 200


def test_a_session_that_is_not_here_is_not_found(client: TestClient) -> None:
    assert client.get("/api/sessions/abcdefghijklmnopqrstuv/document").status_code == 404
    assert client.get("/api/sessions/short/document").status_code == 422


def test_the_interface_describes_itself(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]

    assert set(paths) == {
        "/healthz",
        "/api/catalogue",
        "/api/protocol.json",
        "/api/validate",
        "/api/sessions",
        "/api/sessions/{name}/document",
        "/api/sessions/{name}/network_{library}.py",
        "/api/sessions/{name}/numbers.csv",
        "/api/sessions/{name}/numbers.json",
        "/api/sessions/{name}/receipt.json",
        "/api/sessions/{name}/weights.npz",
        "/api/sessions/{name}/worksheet.html",
        "/api/table",
        "/api/receipt",
    }
