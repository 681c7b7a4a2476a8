"""L7 at the edge: bad input to any write is answered by a 4xx problem naming field and rule, and changes nothing."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from bad_bodies import CASES, GOOD, Bad
from described_writes import Write, describe_writes
from gateway_stack import AREA, RunningGateway, created, need, station, until, whole_feed
from stacks import NO_TLS
from waiting import eventually

pytestmark = pytest.mark.integration
JSON = {"Content-Type": "application/json"}


@dataclass
class World:
    """The things that exist before the bad requests come."""

    station_id: str
    fund_id: str
    draft_id: str
    dispatch_id: str


@pytest.fixture(scope="module")
def world(gateway: RunningGateway) -> Iterator[World]:
    with gateway.client() as client:
        station_id = station(client)
        fund_id = created(client, "/v1/funds", {"area": AREA, "name": "Community fund"})
        draft_id = created(client, "/v1/needs", need(station_id, publish=False))
        yield World(station_id, fund_id, draft_id, "need_nowhere.1")


def body_of(case: Bad, world: World) -> dict[str, Any]:
    body = json.loads(filled(json.dumps(GOOD[case.path]), world))
    for name, value in case.change:
        *parents, last = name.split(".")
        place = body
        for part in parents:
            place = place[int(part) if part.isdigit() else part]
        if value is KeyError:
            del place[last]
        else:
            place[last] = world.fund_id if value == "FUND" else value
    return body


def filled(text: str, world: World) -> str:
    return text.replace("STATION", world.station_id).replace("DRAFT", world.draft_id).replace(
        "DISPATCH", world.dispatch_id
    )  # fmt: skip


def problem(answer: httpx.Response, *status: int) -> dict[str, Any]:
    assert answer.status_code in status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= told.keys()
    assert told["status"] == answer.status_code
    assert "Traceback" not in answer.text
    return told


@pytest.fixture(scope="module")
def refused(gateway: RunningGateway) -> Iterator[dict[str, str]]:
    """The refused requests by their correlation. At the end none of them has caused an event, not even a late one.

    That the feed stands still meanwhile would say less: other tests' needs may still be on their way.
    """
    requests: dict[str, str] = {}
    yield requests
    with gateway.client() as client:
        told = {item["event"]["correlationid"] for item in whole_feed(client)}
    assert told, "the feed names what each event belongs to"
    assert {request for correlation, request in requests.items() if correlation in told} == set()


def ids_of(api: httpx.Client, path: str) -> set[str]:
    """Which things there are; unlike the feed, it does not go on about one that has just been made."""
    ids, after = set[str](), ""
    while True:
        page = api.get(path, params={"limit": 200, **({"after": after} if after else {})}).json()
        ids |= {item["id"] for item in page["items"]}
        if (after := page["next"]) is None:
            return ids


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path}:{case.change[0][0]}={case.change[0][1]}"[:80])
def test_bad_input_names_field_and_rule_and_changes_nothing(
    api: httpx.Client, world: World, refused: dict[str, str], case: Bad
) -> None:
    answer = api.post(filled(case.path, world), json=body_of(case, world))
    refused[answer.headers["X-Correlation-ID"]] = f"{case.path} {case.change}"
    told = problem(answer, *case.status)
    assert case.field in [error["field"] for error in told["errors"]]
    assert all(error["rule"] and error["detail"] for error in told["errors"])


# ---- every write, as the description lists them ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def writes(gateway: RunningGateway) -> list[Write]:
    described = describe_writes(httpx.get(f"{gateway.url}/openapi.json").json())
    # A report about a notice is answered by its signature, before its body is read: see test_notice_reports.
    return [each for each in described if each.takes != "session" and each.path != "/v1/notice-reports"]


def errors_of(api: httpx.Client, write: Write, body: Any, refused: dict[str, str]) -> set[str]:
    """The first part of each field that the answer names."""
    answer = write.send(api, json=body)
    refused[answer.headers["X-Correlation-ID"]] = f"{write.path} {body}"
    return {error["field"].partition(".")[0] for error in problem(answer, 422)["errors"]}


def test_every_write_names_an_unknown_field(api: httpx.Client, writes: list[Write], refused: dict[str, str]) -> None:
    assert len(writes) > 60
    missed = [w.path for w in writes if "colour" not in errors_of(api, w, {"colour": "red"}, refused)]
    assert missed == []


def test_every_write_names_each_missing_field(api: httpx.Client, writes: list[Write], refused: dict[str, str]) -> None:
    missed = {w.path: found for w in writes if w.required and (found := w.required - errors_of(api, w, {}, refused))}
    assert missed == {}


def test_every_write_names_each_field_of_a_wrong_type(
    api: httpx.Client, writes: list[Write], refused: dict[str, str]
) -> None:
    missed = {
        w.path: found
        for w in writes
        if w.wrong and (found := w.wrong.keys() - errors_of(api, w, dict(w.wrong), refused))
    }
    assert missed == {}


def test_what_is_no_json_in_utf8_is_a_400_at_every_write(api: httpx.Client, writes: list[Write]) -> None:
    for raw in (b'{"name": "\xff\xfe"}', b"{", b"nonsense", b'{"a": 1} trailing'):
        for write in writes:
            problem(write.send(api, content=raw, headers=JSON), 400)


def test_what_is_not_called_json_is_a_415_at_every_write(api: httpx.Client, writes: list[Write]) -> None:
    for write in writes:
        problem(write.send(api, content=b"{}", headers={"Content-Type": "text/plain"}), 415)
        problem(write.send(api, content=b"{}"), 415)


def test_a_body_that_is_no_object_is_a_422_at_every_write(
    api: httpx.Client, writes: list[Write], refused: dict[str, str]
) -> None:
    for write in writes:
        for body in ([], "x", 1):
            errors_of(api, write, body, refused)
        if write.required:
            problem(write.send(api, content=b"null", headers=JSON), 422)


def test_an_oversized_body_is_a_413_at_every_write(api: httpx.Client, writes: list[Write]) -> None:
    for write in writes:
        problem(write.send(api, content=b'"' + b"x" * (write.largest + 1) + b'"', headers=JSON), 413)


@pytest.mark.parametrize("path", ["/v1/needs", "/v1/areas:batch"])
def test_an_oversized_body_is_a_413_also_where_its_length_is_not_told(
    api: httpx.Client, writes: list[Write], path: str
) -> None:
    (write,) = [each for each in writes if each.path == path]

    def pieces() -> Iterator[bytes]:
        for _ in range(write.largest // 65536 + 1):
            yield b" " * 65536

    try:
        answer = api.post(path, content=pieces(), headers=JSON)
    except httpx.WriteError:
        return  # it had answered and hung up before we were done: as it may
    problem(answer, 413)


def test_without_a_key_or_with_a_wrong_one_nothing_is_done(gateway: RunningGateway, writes: list[Write]) -> None:
    wrong = ({}, {"Authorization": "Bearer lk_" + "0" * 64}, {"Authorization": "Basic eDp5"}, {"Authorization": ""})
    with httpx.Client(base_url=gateway.url, timeout=20, verify=NO_TLS) as stranger:
        for write, headers in product((each for each in writes if each.takes == "key"), wrong):
            answer = write.send(stranger, json={}, headers=headers)
            problem(answer, 401)
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_that_may_only_read_writes_nothing(gateway: RunningGateway, writes: list[Write]) -> None:
    with gateway.client(gateway.key("reader")) as reader:
        for write in (each for each in writes if each.takes == "key"):
            problem(write.send(reader, json={}), 403)


@pytest.mark.parametrize("path", ["/v1/stations", "/v1/needs", "/v1/donors", "/v1/funds", "/v1/donations",
                                  "/v1/volunteers", "/v1/keys"])  # fmt: skip
def test_the_same_idempotency_key_with_another_body_is_refused(api: httpx.Client, world: World, path: str) -> None:
    body = json.loads(filled(json.dumps(GOOD[path]), world))
    name = next(field for field in ("name", "title", "donor") if field in body or field == "donor")
    key = {"Idempotency-Key": f"twice {path}"}
    first = api.post(path, json={**body, name: "The first"}, headers=key)
    assert first.status_code == 201
    before = until(lambda: first.json()["id"] in (ids := ids_of(api, path)) and ids, "the first is in the list")
    told = problem(api.post(path, json={**body, name: "The second"}, headers=key), 422)
    assert told["type"] == "/problems/idempotency_mismatch"
    assert ids_of(api, path) == before


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_an_idempotency_key_has_1_to_255_characters(api: httpx.Client, key: str) -> None:
    told = problem(api.post("/v1/donors", json=GOOD["/v1/donors"], headers={"Idempotency-Key": key}), 422)
    assert told["errors"][0]["field"].lower() == "idempotency-key"


@pytest.mark.parametrize("action", ["publish", "cancel", "confirm", "evaluate"])
def test_an_action_on_an_unknown_need_is_a_404(api: httpx.Client, action: str) -> None:
    body = {"rating": 3} if action == "evaluate" else None
    problem(api.post(f"/v1/needs/need_nowhere/{action}", json=body), 404)


@pytest.mark.parametrize("action", ["accept", "decline", "check-in", "check-out"])
def test_an_action_on_an_unknown_dispatch_is_a_404(api: httpx.Client, action: str) -> None:
    problem(api.post(f"/v1/dispatches/dispatch_nowhere/{action}"), 404)


@pytest.mark.parametrize(("action", "body"), [("confirm", {}), ("evaluate", {"rating": 3})])
def test_an_action_in_the_wrong_state_is_a_409_that_says_which_states_are_right(
    api: httpx.Client, world: World, action: str, body: dict[str, Any]
) -> None:
    told = problem(api.post(f"/v1/needs/{world.draft_id}/{action}", json=body), 409)
    assert "draft" in told["detail"]
    assert eventually(lambda: api.get(f"/v1/needs/{world.draft_id}").json()["state"]) == "draft"


@pytest.mark.parametrize("etag", ['"x"', "abc", '"1", "2"', '"99999999999999"'])
def test_an_if_match_that_is_no_etag_of_ours_is_refused(api: httpx.Client, world: World, etag: str) -> None:
    told = problem(api.post(f"/v1/needs/{world.draft_id}/publish", headers={"If-Match": etag}), 422)
    assert told["errors"][0]["field"] == "If-Match"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/needs?limit=0", "limit"),
        ("/v1/needs?limit=201", "limit"),
        ("/v1/needs?limit=ten", "limit"),
        ("/v1/needs?after=!!!", "after"),
        ("/v1/needs?state=lost", "state.0"),
        ("/v1/needs?area=1", "area"),
        ("/v1/needs?state=draft&state=lost", "state.1"),
        ("/v1/needs?stat=ready", "stat"),
        ("/v1/needs?waiting=true&waiting=false", "waiting"),
        ("/v1/events?after=-1", "after"),
        ("/v1/events?after=anything", "after"),
        ("/v1/events/stream?after=-1", "after"),
        ("/v1/events?limit=1001", "limit"),
        ("/v1/areas?parent=x", "parent"),
        ("/v1/stations?station_id=$ne", "station_id"),
    ],
)
def test_a_bad_parameter_is_named(api: httpx.Client, path: str, field: str) -> None:
    assert field in [error["field"] for error in problem(api.get(path), 422)["errors"]]


@pytest.mark.parametrize(
    "path",
    ["/v1/needs/x", "/v1/stations/x", "/v1/donors/x", "/v1/donations/x", "/v1/funds/x", "/v1/volunteers/x",
     "/v1/dispatches/x", "/v1/timebank/x", "/v1/areas/99", "/v1/areas/x", "/v1/nothing", "/nothing",
     "/v1/needs/%00", "/v1/needs/%ff", "/v1/needs/" + "x" * 5000],
)  # fmt: skip
def test_what_does_not_exist_is_a_404(api: httpx.Client, path: str) -> None:
    problem(api.get(path), 404)


def test_chinese_letters_in_a_url_that_are_not_encoded_are_a_problem_that_says_so(gateway: RunningGateway) -> None:
    address = urlsplit(gateway.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as raw:
        raw.sendall("GET /v1/areas?name=北京 HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        head, _, body = b"".join(iter(lambda: raw.recv(65_536), b"")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in head
    told = json.loads(body)
    assert (told["rule"], told["status"]) == ("not_http", 400)
    assert "%E5%8C%97" in told["detail"]


def test_a_method_that_does_not_fit_is_a_405_that_names_those_that_do(api: httpx.Client) -> None:
    answer = api.put("/v1/needs", json={})
    problem(answer, 405)
    assert answer.headers["Allow"] == "GET, POST"
