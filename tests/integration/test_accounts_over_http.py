"""People sign in with name and password at a real gateway, work in their own names, and are shut out within seconds."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from described_writes import describe_writes
from gateway_stack import AREA, ELSEWHERE, STREET, RunningGateway, created, need, station
from people_signed_in import WORDS, account, new_name, opened, refused, session, sign_in
from waiting import eventually

pytestmark = pytest.mark.integration
OTHER_WORDS = "eight white geese on the ice"


@pytest.fixture(scope="module")
def head(gateway: RunningGateway) -> Iterator[httpx.Client]:
    """The head of a street centre."""
    with gateway.client(gateway.key("supervisor", area=STREET)) as client:
        yield client


@pytest.fixture
def stranger(gateway: RunningGateway) -> Iterator[httpx.Client]:
    """One without a key."""
    with gateway.client("nothing") as client:
        del client.headers["Authorization"]
        yield client


def acts(admin: httpx.Client, account_id: str) -> list[str]:
    rows = admin.get("/v1/audit", params={"subject": account_id}).json()["items"]
    return [row["what"] for row in reversed(rows)]


def test_a_worker_sets_a_password_signs_in_and_works_in_their_own_name(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client
) -> None:
    made = account(head)
    assert (made["state"], made["area"]) == ("new", AREA)
    refused(sign_in(stranger, made["name"]), 401, "name_or_password_wrong")
    typed = made["code"].lower().replace("-", " ")
    assert stranger.post("/v1/passwords", json={"code": typed, "password": WORDS}).json()["name"] == made["name"]
    refused(stranger.post("/v1/passwords", json={"code": typed, "password": OTHER_WORDS}), 403, "code_not_valid")
    with gateway.client() as admin, session(gateway, stranger, made) as worker:
        need_id = created(worker, "/v1/needs", need(station(admin)))
        assert worker.get("/v1/stations", params={"area": ELSEWHERE}).status_code == 403
        assert worker.get("/v1/keys").status_code == 403

        def row() -> dict[str, Any]:
            (found,) = admin.get("/v1/audit", params={"subject": need_id}).json()["items"]
            return dict(found)

        written = eventually(row)
        assert (written["what"], written["principal"], written["kind"]) == ("RegisterNeed", made["id"], "person")
        assert acts(admin, made["id"]) == ["MakeAccount", "SetPassword", "BeginSession"]


def test_an_unknown_name_a_wrong_password_and_a_suspended_account_are_answered_alike(
    head: httpx.Client, stranger: httpx.Client
) -> None:
    made, out = opened(head, stranger), opened(head, stranger)
    assert head.post(f"/v1/accounts/{out['id']}/suspend").json()["state"] == "suspended"
    answers, took = [], []
    for name, password in ((made["name"], OTHER_WORDS), ("nobody-at-all", WORDS), (out["name"], WORDS)):
        began = time.monotonic()
        answers.append(sign_in(stranger, name, password))
        took.append(time.monotonic() - began)
    assert {(each.status_code, each.json()["detail"]) for each in answers} == {
        (401, "The name or the password is wrong: try again, or ask for a new one-time code.")
    }
    assert min(took) > 0.005, "each is checked against a hash"


def test_guesses_are_delayed_and_the_answer_says_how_long(head: httpx.Client, stranger: httpx.Client) -> None:
    made = opened(head, stranger)
    answers = [sign_in(stranger, made["name"], f"wrong words {n}") for n in range(5)]
    assert [each.status_code for each in answers] == [401] * 4 + [429]
    refused(answers[-1], 429, "sign_in_delayed")
    time.sleep(int(answers[-1].headers["Retry-After"]))
    assert sign_in(stranger, made["name"]).status_code == 201
    assert sign_in(stranger, made["name"]).status_code == 201


def test_a_person_sees_and_ends_their_own_sessions(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client
) -> None:
    made, other = opened(head, stranger), opened(head, stranger)
    with (
        session(gateway, stranger, made) as desk,
        session(gateway, stranger, made) as phone,
        session(gateway, stranger, other) as theirs,
    ):
        listed = desk.get("/v1/sessions").json()["items"]
        assert [each["current"] for each in listed] == [False, True]
        assert desk.delete(f"/v1/sessions/{theirs.get('/v1/sessions').json()['items'][0]['id']}").status_code == 404
        assert desk.delete(f"/v1/sessions/{listed[0]['id']}").status_code == 204
        refused(phone.get("/v1/stations"), 401, "session_has_ended")
        assert desk.get("/v1/stations").status_code == 200
        assert [each["id"] for each in head.get(f"/v1/accounts/{made['id']}/sessions").json()["items"]] == [
            listed[1]["id"]
        ]
        assert desk.delete("/v1/sessions").status_code == 204
        refused(desk.get("/v1/stations"), 401, "session_has_ended")
        assert theirs.get("/v1/stations").status_code == 200


def test_a_changed_password_ends_all_other_sessions(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client
) -> None:
    made = opened(head, stranger)
    path = f"/v1/accounts/{made['id']}/change-password"
    with session(gateway, stranger, made) as desk, session(gateway, stranger, made) as phone:
        wrong = desk.post(path, json={"password": OTHER_WORDS, "new_password": OTHER_WORDS})
        refused(wrong, 403, "password_wrong")
        for weak, rule in (("password1", "password_too_common"), (f"{made['name']}!", "password_like_name")):
            told = desk.post(path, json={"password": WORDS, "new_password": weak})
            refused(told, 422, rule)
            assert weak not in told.text
        assert desk.post(path, json={"password": WORDS, "new_password": OTHER_WORDS}).status_code == 200
        refused(phone.get("/v1/stations"), 401, "session_has_ended")
        assert desk.get("/v1/stations").status_code == 200
        refused(sign_in(stranger, made["name"]), 401, "name_or_password_wrong")
        assert sign_in(stranger, made["name"], OTHER_WORDS).status_code == 201


def test_a_forgotten_password_is_replaced_by_a_code_and_never_by_the_head(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client
) -> None:
    made = opened(head, stranger)
    with session(gateway, stranger, made) as desk:
        renewed = head.post(f"/v1/accounts/{made['id']}/renew-code").json()
        assert desk.get("/v1/stations").status_code == 200
        done = stranger.post("/v1/passwords", json={"code": renewed["code"], "password": OTHER_WORDS})
        assert done.status_code == 200
        refused(desk.get("/v1/stations"), 401, "session_has_ended")
    assert sign_in(stranger, made["name"], OTHER_WORDS).status_code == 201
    assert "code" not in head.get(f"/v1/accounts/{made['id']}").json()


@pytest.mark.parametrize("act", ["suspension", "end", "sessions ended"])
def test_an_open_stream_ends_within_five_seconds(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client, act: str
) -> None:
    made = opened(head, stranger)
    with session(gateway, stranger, made) as desk, desk.stream("GET", "/v1/events/stream") as stream:
        assert stream.status_code == 200
        path = f"/v1/accounts/{made['id']}"
        if act == "suspension":
            assert head.post(f"{path}/suspend").status_code == 200
        else:
            assert head.delete(path if act == "end" else f"{path}/sessions").status_code == 204
        began = time.monotonic()
        for _ in stream.iter_raw():
            pass
        assert time.monotonic() - began < 5
    answer = sign_in(stranger, made["name"])
    assert answer.status_code == (201 if act == "sessions ended" else 401)


def test_another_replica_refuses_an_ended_session_within_seconds(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client
) -> None:
    made = opened(head, stranger)
    with session(gateway, stranger, made) as desk:
        assert desk.get("/v1/stations").status_code == 200
        with gateway.database() as database:  # as the other replica does it
            database["sessions"].delete_many({"account_id": made["id"]})
        began = time.monotonic()
        while desk.get("/v1/stations").status_code == 200:
            assert time.monotonic() - began < 6
            time.sleep(0.2)


def test_a_session_that_is_idle_or_old_ends(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client
) -> None:
    made = opened(head, stranger)
    for field in ("used_at", "ends_at"):
        with session(gateway, stranger, made) as desk, gateway.database() as database:
            (listed,) = (each for each in desk.get("/v1/sessions").json()["items"] if each["current"])
            stored = database["sessions"].find_one({"_id": listed["id"]})
            passed = {field: stored["used_at"].replace(year=2020)}
            database["sessions"].update_one({"_id": listed["id"]}, {"$set": passed})
            head.delete(f"/v1/accounts/{account(head)['id']}/sessions")  # empties the cache
            refused(desk.get("/v1/stations"), 401, "session_has_ended")
            assert listed["id"] not in head.get(f"/v1/accounts/{made['id']}/sessions").text


def test_at_most_ten_sessions_of_one_account_stand(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client
) -> None:
    made = opened(head, stranger)
    with session(gateway, stranger, made) as first:
        for _ in range(10):
            assert sign_in(stranger, made["name"]).status_code == 201
        assert len(head.get(f"/v1/accounts/{made['id']}/sessions").json()["items"]) == 10
        with gateway.database() as database:
            assert database["sessions"].count_documents({"account_id": made["id"]}) == 10
        eventually(lambda: refused(first.get("/v1/stations"), 401, "session_has_ended"))


def test_nobody_makes_or_takes_over_an_account_beyond_their_own_scope(
    gateway: RunningGateway, head: httpx.Client
) -> None:
    body = {"name": "too-much", "roles": ["station_worker"], "area": AREA}
    refused(head.post("/v1/accounts", json={**body, "area": ELSEWHERE}), 403, "area_elsewhere")
    refused(head.post("/v1/accounts", json={**body, "area": None}), 403, "area_elsewhere")
    refused(head.post("/v1/accounts", json={**body, "roles": ["charity_officer"]}), 403, "account_beyond_own")
    with gateway.client() as admin, gateway.client(gateway.key("platform", "reader")) as platform:
        assert platform.post("/v1/accounts", json=body).status_code == 403
        officer = account(admin, roles=["charity_officer"])
        for act in ("suspend", "resume", "renew-code"):
            refused(head.post(f"/v1/accounts/{officer['id']}/{act}"), 403, "account_beyond_own")
        refused(head.delete(f"/v1/accounts/{officer['id']}"), 403, "account_beyond_own")
        everywhere = account(admin, area=None)
        assert head.get(f"/v1/accounts/{everywhere['id']}").status_code == 404
        listed = {each["id"] for each in head.get("/v1/accounts", params={"limit": 200}).json()["items"]}
        assert officer["id"] in listed
        assert everywhere["id"] not in listed


def test_an_account_is_made_once_and_its_name_is_never_given_again(head: httpx.Client, stranger: httpx.Client) -> None:
    body = {"name": new_name(), "roles": ["reader"], "area": AREA}
    key = {"Idempotency-Key": f"account {body['name']}"}
    first, again = (head.post("/v1/accounts", json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert again.json()["code"] is None
    refused(
        head.post("/v1/accounts", json={**body, "roles": ["station_worker"]}, headers=key),
        422,
        "key_of_another_request",
    )
    path = f"/v1/accounts/{first.json()['id']}"
    assert [head.delete(path).status_code for _ in range(2)] == [204, 204]
    assert head.get(path).json()["state"] == "ended"
    for act in ("suspend", "resume", "renew-code"):
        refused(head.post(f"{path}/{act}"), 409, "account_has_ended")
    refused(head.post("/v1/accounts", json=body), 409, "account_name_taken")
    refused(
        stranger.post("/v1/passwords", json={"code": first.json()["code"], "password": WORDS}), 403, "code_not_valid"
    )


def test_neither_names_nor_passwords_nor_tokens_are_in_logs_or_stored_in_clear(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client
) -> None:
    made = opened(head, stranger)
    answer = sign_in(stranger, made["name"])
    sign_in(stranger, made["name"], OTHER_WORDS)
    token = answer.json()["token"]
    with gateway.client(token) as desk:
        assert desk.get("/v1/stations").status_code == 200
    time.sleep(1.5)
    logs = gateway.log("gateway") + "".join(file.read_text() for file in (gateway.folder / "access").glob("*.jsonl"))
    for secret in (WORDS, OTHER_WORDS, token, made["code"], made["name"]):
        assert secret not in logs
    with gateway.database() as database:
        stored = str([list(database[name].find()) for name in ("accounts", "sessions", "audit")])
    for secret in (WORDS, token, token.removeprefix("ls_"), made["code"], made["code"].replace("-", "")):
        assert secret not in stored


def test_a_bad_body_of_ones_own_account_names_its_fields(
    gateway: RunningGateway, head: httpx.Client, stranger: httpx.Client
) -> None:
    made = opened(head, stranger)
    with session(gateway, stranger, made) as desk:
        writes = [each for each in describe_writes(desk.get("/openapi.json").json()) if each.takes == "session"]
        assert writes
        for write in writes:
            told = write.send(desk, json={"colour": "red", **write.wrong})
            assert told.status_code == 422
            assert {error["field"] for error in told.json()["errors"]} == {"colour", *write.required}
            assert write.send(desk, content=b"{").status_code in {400, 415}
