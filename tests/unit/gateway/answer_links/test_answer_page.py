"""The page of an answer link: GET changes nothing, POST acts, and the token is kept nowhere."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import described_api
import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from services.gateway.features.answer_links.page import HEADERS
from services.gateway.features.answer_links.rates import BURST_SECONDS, PEERS_IN_ALL, AnswerRates
from services.gateway.messaging.commands import Origin
from shared.contracts import Refused
from shared.contracts.stations.areas import AreaAnswer
from shared.contracts.volunteering.answer_links import AnswerByLink, LinkedDispatch, ReadAnswerLink, hash_token
from shared.engine.decide.memory import START

TOKEN = "T0ken-" + "x" * 18
HOUR = timedelta(hours=1)
OFFERED = LinkedDispatch(
    dispatch_id="dsp_need_1.0", need_id="need_1", area="110102009017", version=3, state="offered", theme="elderly_care",
    starts_at=START + 5 * HOUR, ends_at=START + 7 * HOUR, check_in_from=START + 4 * HOUR, expires_at=START + HOUR,
    link_ends_at=START + 31 * HOUR,
)  # fmt: skip
FORM = {"act": "accept", "version": "3", "once": "abc", "lang": "en"}
OWN = {"Sec-Fetch-Site": "same-origin"}


@dataclass
class Owners:
    """Stands for the services, the views and the clock."""

    linked: LinkedDispatch | None = OFFERED
    refusal: Refused | None = None
    asked: list[str] = field(default_factory=list)
    sent: list[tuple[AnswerByLink, Origin]] = field(default_factory=list)

    async def ask(self, query: Any, **_: Any) -> Any:
        if isinstance(query, ReadAnswerLink):
            self.asked.append(query.link_id)
            return self.linked if query.link_id == hash_token(TOKEN) else None
        return AreaAnswer(code="110102009017", name="Elm community", level="community")

    def silent(self, _: str) -> bool:
        return False

    async def send(self, command: AnswerByLink, _: Any, origin: Origin) -> LinkedDispatch:
        self.sent.append((command, origin))
        if self.refusal is not None:
            raise self.refusal
        return OFFERED

    async def one(self, _: Any, thing_id: str, __: Any) -> Any:
        return SimpleNamespace(station_id="st_1", shape={"name": f"Elm Lane <{thing_id}>"})

    def city(self) -> Any:
        return START


@pytest.fixture
def owners() -> Owners:
    return Owners()


@pytest.fixture
def app(owners: Owners) -> FastAPI:
    """The application of all tests with owners and rates of this test alone."""
    made = described_api.app()
    parts = {"queries": owners, "commands": owners, "views": owners, "clock": owners}
    made.state.backend = SimpleNamespace(**parts)
    made.state.answer_rates = AnswerRates.of(made.state.settings.answer_rate_per_second)
    return made


def request(app: FastAPI, method: str, path: str, **more: Any) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.request(method, path, **more)

    return asyncio.run(ask())


def get(app: FastAPI, path: str = f"/a/{TOKEN}", **headers: str) -> httpx.Response:
    return request(app, "GET", path, headers=headers)


def post(app: FastAPI, path: str = f"/a/{TOKEN}", headers: Any = None, **fields: str) -> httpx.Response:
    return request(app, "POST", path, data={**FORM, **fields}, headers=OWN if headers is None else headers)


def test_the_page_shows_what_is_offered_and_asks_for_an_answer(app: FastAPI, owners: Owners) -> None:
    shown = get(app)
    assert shown.status_code == 200
    for words in ("Elm Lane &lt;st_1&gt;", "Elm community", "2 Mar 2026, 14:00", "2 hours", "I will come"):
        assert words in shown.text
    assert re.findall(r'name="act" value="(\w+)"', shown.text) == ["accept", "decline", "not_me"]
    assert owners.sent == [], "a GET changes nothing, whoever fetches it"


@pytest.mark.parametrize(
    ("path", "asked", "language"),
    [
        ("", "zh-CN,zh", "zh"), ("", "en", "en"), ("?lang=zh", "en", "zh"), ("?lang=en", "zh", "en"),
        ("?lang=x", "zh", "zh"),
    ],
)  # fmt: skip
def test_the_page_speaks_the_language_of_its_reader(app: FastAPI, path: str, asked: str, language: str) -> None:
    shown = get(app, f"/a/{TOKEN}{path}", **{"Accept-Language": asked})
    assert ("我能来" if language == "zh" else "I will come") in shown.text
    assert shown.headers["content-language"] == language
    assert re.search(rf'<html lang="{language}', shown.text)


def test_an_answer_is_sent_to_the_owner_and_leads_back_to_the_page(app: FastAPI, owners: Owners) -> None:
    done = post(app, lang="zh")
    assert (done.status_code, done.headers["location"]) == (303, f"{TOKEN}?lang=zh&done")
    ((command, origin),) = owners.sent
    assert (command.link_id, command.action, command.expected_version) == (hash_token(TOKEN), "accept", 3)
    assert origin.actor.roles == ("link",)
    assert TOKEN not in repr((command, origin.actor, origin.path, origin.idempotency_key))


def test_the_same_form_is_the_same_request_and_another_page_another(app: FastAPI, owners: Owners) -> None:
    for once in ("abc", "abc", "abd"):
        post(app, once=once)
    first, again, other = (origin.message_id() for _, origin in owners.sent)
    assert first == again
    assert first != other


@pytest.mark.parametrize("token", ["x" * 24, "short", "a" * 65, "%00" * 30, "a" * 22 + "%0a", "..%2f..%2f" + "a" * 20])
def test_every_wrong_token_gets_the_same_answer(app: FastAPI, owners: Owners, token: str) -> None:
    shown, sent = get(app, f"/a/{token}"), post(app, f"/a/{token}")
    owners.refusal = Refused("not_found", "unknown_id", field="link_id", kind="answerlink", id="x")
    known = get(app, "/a/" + "y" * 24)
    assert (shown.status_code, known.status_code) == (404, 404)
    assert "%2f" in token or (shown.text == known.text and sent.status_code in {303, 404})


@pytest.mark.parametrize(
    "change", [{"state": "declined"}, {"state": "credited"}, {"expires_at": START}, {"link_ends_at": START}]
)
def test_an_ended_link_says_so_and_nothing_else(app: FastAPI, owners: Owners, change: dict[str, Any]) -> None:
    owners.linked = OFFERED.model_copy(update=change)
    shown = get(app)
    assert (shown.status_code, "This link has ended" in shown.text) == (410, True)
    assert "Elm" not in shown.text
    owners.refusal = Refused("wrong_state", "link_ended", field="link_id")
    assert post(app).status_code == 410
    assert "Your answer is recorded." in get(app, f"/a/{TOKEN}?done").text


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [
        (
            Refused("version_mismatch", "version_not_current", kind="dispatch", current=4, expected=3),
            412,
            "has changed",
        ),
        (Refused("wrong_state", "enough_accepted", field="dispatch_id"), 409, "enough"),
        (Refused("deadline", "no_answer_in_time", service="volunteering", seconds=5), 503, "try again"),
    ],
)
def test_a_refusal_is_shown_above_the_page_as_it_stands_now(
    app: FastAPI, owners: Owners, refusal: Refused, status: int, words: str
) -> None:
    owners.refusal = refusal
    shown = post(app)
    assert (shown.status_code, words in shown.text.lower()) == (status, True), shown.text


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-site"},
     {"Origin": "https://evil.example"}, {"Origin": "http://["}],
)  # fmt: skip
def test_a_form_of_another_site_changes_nothing(app: FastAPI, owners: Owners, headers: dict[str, str]) -> None:
    assert post(app, headers=headers).status_code == 403
    assert owners.sent == []


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "http://here"}])
def test_an_older_browser_may_answer(app: FastAPI, headers: dict[str, str]) -> None:
    assert post(app, headers=headers).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [
        {"act": "credit"},
        {"version": "x"},
        {"version": "9" * 10},
        {"once": ""},
        {"once": "a b"},
        {"once": "a" * 65},
        {"once": "a\n"},
    ],
)
def test_a_form_that_the_page_does_not_have_is_refused(app: FastAPI, owners: Owners, fields: dict[str, str]) -> None:
    assert post(app, **fields).status_code == 422
    assert owners.sent == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=" + b"x" * 4096, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a=1" for _ in range(99)), "application/x-www-form-urlencoded", 422),
        (b"act=accept&act=decline&version=3&once=abc", "application/x-www-form-urlencoded", 422),
        (b"\xff=\xff", "application/x-www-form-urlencoded", 422),
        (b"", "application/x-www-form-urlencoded", 422),
        (b'{"act":"accept"}', "application/json", 415),
    ],
)
def test_any_other_body_is_refused(app: FastAPI, owners: Owners, body: bytes, kind: str, status: int) -> None:
    answer = request(app, "POST", f"/a/{TOKEN}", content=body, headers={**OWN, "Content-Type": kind})
    assert (answer.status_code, owners.sent) == (status, [])


def test_nobody_keeps_frames_lists_or_refers_to_the_page_and_it_runs_nothing(app: FastAPI, owners: Owners) -> None:
    answers = [get(app), post(app), get(app, "/a/none"), post(app, headers={"Origin": "https://evil.example"})]
    owners.linked = OFFERED.model_copy(update={"state": "expired"})
    for answer in [*answers, get(app)]:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert TOKEN not in answer.text
        assert not re.findall(r"<(?:script|link|img|iframe|object|base)|@import|url\(|\son\w+\s*=", answer.text)
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_the_token_stands_in_no_log_and_no_metric(app: FastAPI, owners: Owners) -> None:
    with capture_logs() as logged:
        get(app)
        post(app)
        owners.refusal = Refused("failed", "answer_not_understood")
        post(app)
        owners.linked = None
        get(app)
        get(app, f"/a/{TOKEN}/more")
        request(app, "PUT", f"/a/{TOKEN}")
    kept = json.dumps(logged, default=repr) + generate_latest().decode()
    assert TOKEN not in kept
    assert '"/a/{token}"' in kept
    assert {line["path"] for line in logged if line["event"] == "request"} <= {"/a/{token}", "unknown"}


def test_a_guesser_is_held_back_and_others_are_not(app: FastAPI) -> None:
    app.state.answer_rates = AnswerRates.of(1)
    statuses = [get(app, "/a/" + "g" * 22).status_code for _ in range(BURST_SECONDS + 1)]
    assert statuses == [404] * BURST_SECONDS + [429]
    assert get(app).headers["retry-after"] == "1"
    assert app.state.answer_rates.take("10.0.0.7", 0.0) == 0


def test_all_peers_together_have_a_rate_too_and_an_ipv6_network_is_one_peer() -> None:
    rates = AnswerRates.of(1)
    passed = [rates.take(f"10.0.0.{nth}", 0.0) == 0 for nth in range(PEERS_IN_ALL * BURST_SECONDS + 1)]
    assert passed == [True] * (PEERS_IN_ALL * BURST_SECONDS) + [False]
    rates = AnswerRates.of(1)
    passed = [rates.take(f"2001:db8::{nth:x}", 0.0) == 0 for nth in range(BURST_SECONDS + 1)]
    assert passed[-1] is False


def test_peers_of_ipv4_are_told_apart_where_the_gateway_listens_by_ipv6() -> None:
    rates = AnswerRates.of(1)
    passed = [rates.take(f"::ffff:10.0.0.{nth}", 0.0) == 0 for nth in range(BURST_SECONDS + 1)]
    assert passed[-1] is True


def test_a_page_shows_without_its_place_where_stations_is_away(app: FastAPI, owners: Owners) -> None:
    owners.silent = lambda _: True  # type: ignore[method-assign]
    shown = get(app)
    assert (shown.status_code, "Elm community" in shown.text, "I will come" in shown.text) == (200, False, True)


def test_the_fields_of_the_form_are_those_that_an_answer_needs(app: FastAPI) -> None:
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', get(app).text))
    body = "&".join(f"{name}={value}" for name, value in {**fields, "act": "accept"}.items())
    assert dict(parse_qsl(body)).keys() == FORM.keys()
    assert post(app, **fields).status_code == 303
