"""Notices to volunteers on the real stack: by a file, by a message gateway, and by the station's telephone."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from gateway_stack import AREA, EVERYONE, RunningGateway, created, import_areas, need, running_gateway, station, until
from gateway_stack import volunteer as person
from linked_offer import misdirect_offer
from mail_server import mail_server
from pymongo import MongoClient
from service_processes import start_service
from stacks import Isolated, Servers
from webhook_receiver import Answer, Receiver, verify

from shared.engine.store.schema_registry import read_rows
from shared.engine.store.sealing import BOUND_FORM, read_row
from shared.runtime.vault import OWN_INDEX
from shared.runtime.webhook_signatures import new_secret, signed_headers

pytestmark = pytest.mark.integration
WORKER = "volunteering.worker"
SECRET = new_secret(bytes(32))
REPORTS = new_secret(bytes([1]) * 32)
NIGHTLESS = {"quiet_from": "00:00", "quiet_until": "00:00"}
"""No quiet hours, so that the tests give the same at any hour."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notices")


@pytest.fixture(scope="module")
def notified(servers: Servers, folder: Path) -> Iterator[RunningGateway]:
    """The gateway with every service; each test starts the worker that it needs."""
    running_now = running_gateway(servers, folder, EVERYONE, notice_report_secret=REPORTS, **NIGHTLESS)
    with running_now as running, running.client() as admin:
        import_areas(admin)
        yield running


@pytest.fixture
def api(notified: RunningGateway) -> Iterator[httpx.Client]:
    with notified.client() as client:
        yield client


@pytest.fixture
def messages(notified: RunningGateway, folder: Path) -> Iterator[Path]:
    """The file of a worker that runs during the test."""
    file = folder / "notices.jsonl"
    notified.start(
        WORKER, notice_adapter="file", notice_file=str(file), notice_language="en", public_url=notified.url, **NIGHTLESS
    )
    yield file
    notified.stop(WORKER)


def start_worker(notified: RunningGateway, receiver: Receiver) -> None:
    notified.start(WORKER, notice_adapter="webhook", notice_url=receiver.url, notice_secret=SECRET, **NIGHTLESS)


def asked(api: httpx.Client, volunteer_id: str, skill: str) -> str:
    """Publish a need for two days from now that the one volunteer with the skill is asked for; return the dispatch."""
    starts = datetime.now(UTC) + timedelta(days=2)
    slot = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=2)).isoformat()}
    request = need(station(api), lines=[], due=(starts + timedelta(hours=3)).isoformat())
    request["volunteers"] = {"headcount": 1, "skills": [skill], "languages": [], **slot}
    need_id = created(api, "/v1/needs", request)

    def found() -> list[dict[str, Any]]:
        listed = api.get("/v1/dispatches", params={"need_id": need_id}).json()["items"]
        return [dispatch for dispatch in listed if dispatch["volunteer_id"] == volunteer_id]

    return str(until(found, "the volunteer was asked")[0]["id"])


def lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []


def states(api: httpx.Client, dispatch: str) -> dict[str, str]:
    """The state of each notice of the dispatch by template."""
    listed = api.get("/v1/notices", params={"dispatch_id": dispatch}).json()["items"]
    return {notice["template"]: notice["state"] for notice in listed}


def calls(api: httpx.Client, dispatch: str) -> list[dict[str, Any]]:
    """The open steps about calls for the dispatch."""
    listed = api.get("/v1/tasks", params={"code": "call_volunteer", "area": AREA}).json()["items"]
    return [task for task in listed if dispatch in task["id"]]


def test_an_offer_reaches_the_telephone_of_its_volunteer_and_no_other_place(
    notified: RunningGateway, api: httpx.Client, messages: Path
) -> None:
    body = person(skills=["first_aid"], standing_acceptance=False)
    volunteer_id = created(api, "/v1/volunteers", body)
    dispatch = asked(api, volunteer_id, "first_aid")
    until(lambda: states(api, dispatch).get("offer") == "sent", "the offer is sent")
    (message,) = [line for line in lines(messages) if dispatch in line["id"]]
    assert (message["to"], message["template"]) == (body["phone"], "offer")
    assert "2 hours" in message["text"]
    link = message["text"].rpartition(" ")[2]
    page = httpx.get(link)
    assert (page.status_code, page.headers["referrer-policy"]) == (200, "no-referrer")
    accepted = api.post(f"/v1/dispatches/{dispatch}/accept")
    assert accepted.status_code == 200, accepted.text
    until(lambda: states(api, dispatch) == {"offer": "sent", "reminder": "due"}, "a reminder is planned")
    assert [n["state"] for n in listed(api, dispatch, state="due")] == ["due"]
    answer = api.get("/v1/notices", params={"dispatch_id": dispatch}).text
    with notified.database("volunteering") as database:
        stored = str(list(database["notices"].find({"dispatch_id": dispatch})))
        (row,) = database["audit"].find({"about": volunteer_id, "what": "volunteer_phone"})
    assert row["why"] == "notice_offer"
    assert link.rpartition("/")[2] not in stored + notified.log(WORKER)
    for text in (answer, stored, notified.log(WORKER)):
        assert body["phone"][3:] not in text
        assert body["name"] not in text


def test_an_offer_goes_by_mail_where_the_city_has_no_message_gateway(
    notified: RunningGateway, api: httpx.Client
) -> None:
    body = person(skills=["home_repair"], standing_acceptance=False, email="文丽@例子.中国")
    volunteer_id = created(api, "/v1/volunteers", body)
    with mail_server() as mailbox:
        server = {"host": "127.0.0.1", "port": str(mailbox.port), "tls": "none", "sender": "notices@lianshan.example"}
        notified.start(WORKER, **{f"notice_smtp_{name}": value for name, value in server.items()}, **NIGHTLESS)
        try:
            dispatch = asked(api, volunteer_id, "home_repair")
            until(lambda: states(api, dispatch).get("offer") == "sent", "the offer is sent")
        finally:
            notified.stop(WORKER)
    (mail,) = [mail for _, _, mail in mailbox.taken if dispatch in str(mail["Message-ID"])]
    assert mail["Subject"] == "【联善】您能否参加志愿服务？"
    with notified.database("volunteering") as database:
        (row,) = database["audit"].find({"about": volunteer_id, "what": "volunteer_email"})
        stored = str(list(database["notices"].find({"dispatch_id": dispatch})))
    assert row["why"] == "notice_offer"
    assert "文丽" not in stored + notified.log(WORKER)


def listed(api: httpx.Client, dispatch: str, **more: str) -> list[dict[str, Any]]:
    return list(api.get("/v1/notices", params={"dispatch_id": dispatch, **more}).json()["items"])


def test_a_dispatch_elsewhere_has_no_notices_for_the_caller(
    notified: RunningGateway, api: httpx.Client, messages: Path
) -> None:
    volunteer_id = created(api, "/v1/volunteers", person(skills=["sign_language"]))
    dispatch = asked(api, volunteer_id, "sign_language")
    with notified.client(notified.key("volunteer_coordinator", area="110105")) as elsewhere:
        assert elsewhere.get("/v1/notices", params={"dispatch_id": dispatch}).status_code == 404
        assert elsewhere.get(f"/v1/volunteers/{volunteer_id}/notices").status_code == 404
    until(lambda: "offer" in states(api, dispatch), "the offer is planned")
    assert messages.exists()


def test_a_volunteer_without_notices_is_called_until_the_answer(api: httpx.Client, messages: Path) -> None:
    volunteer_id = created(api, "/v1/volunteers", person(skills=["driving"], standing_acceptance=False))
    choice = api.post(f"/v1/volunteers/{volunteer_id}/notices", json={"wanted": False})
    assert (choice.status_code, choice.json()["wanted"]) == (200, False), choice.text
    assert api.get(f"/v1/volunteers/{volunteer_id}/notices").json() == choice.json()
    dispatch = asked(api, volunteer_id, "driving")
    (task,) = until(lambda: calls(api, dispatch), "the station is to call")
    expires = api.get(f"/v1/dispatches/{dispatch}").json()["expires_at"]
    assert datetime.fromisoformat(expires) - datetime.fromisoformat(task["due"]) < timedelta(milliseconds=1)
    call = api.get(task["path"]).json()
    assert (call["state"], call["reason"], call["volunteer_id"]) == ("open", "opted_out", volunteer_id)
    api.post(f"/v1/dispatches/{dispatch}/accept")
    until(lambda: not calls(api, dispatch), "the call is ended by the answer")
    assert api.get(task["path"]).json()["outcome"] == "answered"
    assert not [line for line in lines(messages) if dispatch in line["id"]]


def test_a_telephone_that_reached_somebody_else_gets_nothing_until_it_is_checked(
    api: httpx.Client, messages: Path
) -> None:
    volunteer_id = created(api, "/v1/volunteers", person(skills=["cooking"], standing_acceptance=False))
    first = asked(api, volunteer_id, "cooking")
    (message,) = until(lambda: [line for line in lines(messages) if first in line["id"]], "the offer is sent")
    misdirect_offer(api, urlsplit(message["text"].rpartition(" ")[2]).path)
    second = asked(api, volunteer_id, "cooking")
    (task,) = until(lambda: calls(api, second), "the station is to call")
    assert api.get(task["path"]).json()["reason"] == "contact_doubted"
    assert not [line for line in lines(messages) if second in line["id"]]


def test_a_worker_that_is_killed_after_sending_sends_once_more_under_the_same_id(
    notified: RunningGateway, api: httpx.Client, receiver: Receiver
) -> None:
    volunteer_id = created(api, "/v1/volunteers", person(skills=["tutoring"], standing_acceptance=False))
    dispatch = asked(api, volunteer_id, "tutoring")  # while no worker runs: it reads on where the last one stopped
    receiver.answer = lambda _: Answer(status=202, after=3.0)
    start_worker(notified, receiver)
    until(lambda: any(dispatch in one.headers["webhook-id"] for one in receiver.received), "the message has come")
    notified.stop(WORKER, signal.SIGKILL)
    receiver.answer = lambda _: Answer(status=202)
    start_worker(notified, receiver)
    try:
        until(lambda: states(api, dispatch).get("offer") == "sent", "it is sent", 60)
    finally:
        notified.stop(WORKER)
    own = [one for one in receiver.received if dispatch in one.headers["webhook-id"]]
    assert [verify(SECRET, one)["data"]["template"] for one in own] == ["offer", "offer"]
    assert {one.headers["webhook-id"] for one in own} == {f"ntc_{dispatch}.offer"}


def report(notified: RunningGateway, secret: str, notice_id: str, outcome: str, name: str = "r1") -> httpx.Response:
    """Report as the message gateway, without a key."""
    raw = json.dumps({"notice_id": notice_id, "outcome": outcome}).encode()
    signed = signed_headers([secret], name, int(datetime.now(UTC).timestamp()), raw)
    headers = {"content-type": "application/json", **signed}
    return httpx.post(f"{notified.url}/v1/notice-reports", content=raw, headers=headers)


def test_an_accepted_message_that_the_telephone_did_not_get_has_the_station_call_until_it_got_it(
    notified: RunningGateway, api: httpx.Client, receiver: Receiver
) -> None:
    volunteer_id = created(api, "/v1/volunteers", person(skills=["gardening"], standing_acceptance=False))
    dispatch = asked(api, volunteer_id, "gardening")
    receiver.answer = lambda _: Answer(status=202)
    start_worker(notified, receiver)
    try:
        until(lambda: states(api, dispatch).get("offer") == "sent", "the gateway has accepted it", 60)
    finally:
        notified.stop(WORKER)
    notice = f"ntc_{dispatch}.offer"
    for notice_id in (notice, "ntc_dsp_need_nobody.0.offer"):
        refused = report(notified, SECRET, notice_id, "undelivered")
        assert (refused.status_code, refused.json()["rule"]) == (401, "signature_wrong")
    unknown = report(notified, REPORTS, "ntc_dsp_need_nobody.0.offer", "undelivered")
    assert (unknown.status_code, unknown.json()["rule"]) == (404, "unknown_id")
    told = [report(notified, REPORTS, notice, "undelivered") for _ in range(2)]
    assert [answer.json() for answer in told] == [{"notice_id": notice, "state": "undelivered"}] * 2
    (task,) = until(lambda: calls(api, dispatch), "the station is to call")
    assert api.get(task["path"]).json()["reason"] == "not_delivered"
    assert report(notified, REPORTS, notice, "delivered", "r2").json()["state"] == "delivered"
    until(lambda: not calls(api, dispatch), "nobody has to call any more")
    assert (states(api, dispatch)["offer"], api.get(task["path"]).json()["outcome"]) == ("delivered", "delivered")
    with notified.database("volunteering") as database:
        by = {tuple(row["by"]) for row in database["audit"].find({"what": "ReportNotice"})}
    assert by == {("message_gateway",)}


def test_a_worker_that_comes_first_seals_a_new_store_as_its_service_does(furnished: Isolated, tmp_path: Path) -> None:
    worker = start_service(WORKER, furnished.environment, tmp_path / "worker.log")
    try:
        with MongoClient[dict[str, Any]](furnished.mongo_uri) as client:
            store = client[f"{furnished.database_prefix}volunteering"]
            until(lambda: "notices" in store.list_collection_names(), "the worker has prepared the store")
            row = read_row(store)
            assert row is not None, "personal data would be sealed as by release 0.2.0, without a key for each person"
            assert (row["index"], row["complete"]) == (OWN_INDEX, BOUND_FORM.version)
            until(lambda: "volunteer_people" in read_rows(store), "the forms of the service's collections are entered")
    finally:
        worker.terminate()
        # It may not have come as far as its own handler of the signal.
        assert worker.wait(20) in {0, -signal.SIGTERM}
