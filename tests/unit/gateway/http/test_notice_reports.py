"""The signed reports of the message gateway over HTTP: a signature and nothing else lets a report in."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import described_api
import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY
from pydantic import ValidationError
from standardwebhooks import Webhook

from services.gateway.access.rate_limit import RateLimit
from services.gateway.features.notices.report_routes import MOST_BYTES
from services.gateway.messaging.commands import Origin
from services.gateway.settings import GatewaySettings
from shared.contracts import Refused
from shared.contracts.volunteering.notices import ReportedNotice, ReportNotice
from shared.engine.decide.memory import START
from shared.runtime.webhook_signatures import TOLERANCE_SECONDS, new_secret, sign, signed_headers

SECRET, FORMER, STRANGE = (new_secret(bytes([number]) * 32) for number in (1, 2, 3))
NOTICE = "ntc_dsp_need_1.0.offer"
REPORT = {"notice_id": NOTICE, "outcome": "undelivered", "cause": "switched_off"}
NOW = int(START.timestamp())


@dataclass
class Owner:
    """Stands for volunteering, and for the clock."""

    sent: list[tuple[ReportNotice, Origin]] = field(default_factory=list)
    refusal: Refused | None = None

    async def send(self, command: ReportNotice, _: Any, origin: Origin) -> ReportedNotice:
        self.sent.append((command, origin))
        if self.refusal is not None:
            raise self.refusal
        return ReportedNotice(notice_id=command.notice_id, state=command.outcome)

    def machine(self) -> Any:
        return START


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
def app(owner: Owner) -> Iterator[FastAPI]:
    """The application of all tests, with the settings and the rate of this test alone."""
    made = described_api.app()
    before: GatewaySettings = made.state.settings
    made.state.settings = before.model_copy(update={"notice_report_secret": f"{SECRET} {FORMER}"})
    made.state.report_rates = RateLimit(100, 500)
    made.state.backend = SimpleNamespace(commands=owner, clock=owner)
    yield made
    made.state.settings = before


def post(app: FastAPI, raw: bytes, headers: dict[str, str]) -> httpx.Response:
    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
            return await client.post("/v1/notice-reports", content=raw, headers=headers)

    answer = asyncio.run(ask())
    described_api.check_described(answer)
    return answer


def report(app: FastAPI, told: Any = REPORT, *, by: str = SECRET, at: int = NOW, name: str = "m1") -> httpx.Response:
    raw = json.dumps(told).encode()
    return post(app, raw, {"content-type": "application/json", **signed_headers([by], name, at, raw)})


def test_a_signed_report_needs_no_key_and_goes_to_the_owner_in_the_gateways_name(app: FastAPI, owner: Owner) -> None:
    answer = report(app)
    assert (answer.status_code, answer.json()) == (200, {"notice_id": NOTICE, "state": "undelivered"})
    ((command, origin),) = owner.sent
    assert (command.cause, origin.actor.id, origin.actor.roles) == (
        "switched_off", "message_gateway", ("message_gateway",),
    )  # fmt: skip


def test_a_report_signed_by_the_standards_own_library_counts(app: FastAPI) -> None:
    raw = json.dumps(REPORT)
    signature = Webhook(SECRET).sign("m1", START, raw)
    named = {"webhook-id": "m1", "webhook-timestamp": str(NOW), "webhook-signature": f"v1a,xyz {signature}"}
    assert post(app, raw.encode(), {"content-type": "application/json", **named}).status_code == 200


def test_the_former_secret_counts_beside_the_new_one_until_it_is_removed(app: FastAPI) -> None:
    assert report(app, by=FORMER).status_code == 200
    app.state.settings = app.state.settings.model_copy(update={"notice_report_secret": SECRET})
    assert report(app, by=FORMER).status_code == 401


def forged() -> dict[str, dict[str, str]]:
    raw = json.dumps(REPORT).encode()
    true = signed_headers([SECRET], "m1", NOW, raw)
    return {
        "unsigned": {},
        "by another secret": signed_headers([STRANGE], "m1", NOW, raw),
        "of another body": signed_headers([SECRET], "m1", NOW, raw + b" "),
        "under another id": {**true, "webhook-id": "m2"},
        "at another time": {**true, "webhook-timestamp": str(NOW + 1)},
        "without a time": {**true, "webhook-timestamp": ""},
        "with a time that is none": {**true, "webhook-timestamp": "٣"},
        "with a long time": {**true, "webhook-timestamp": "9" * 5000},
        "with a signature that is none": {**true, "webhook-signature": "v1,é"},
        "with an id that is too long": signed_headers([SECRET], "m" * 257, NOW, raw),
    }


@pytest.mark.parametrize("how", list(forged()))
def test_a_forged_report_reaches_nobody_and_is_answered_alike_for_every_notice(
    app: FastAPI, owner: Owner, how: str
) -> None:
    headers = {"content-type": "application/json", **forged()[how]}
    wire = [(name.encode(), value.encode()) for name, value in headers.items()]
    answer = post(app, json.dumps(REPORT).encode(), wire)  # type: ignore[arg-type]
    assert (answer.status_code, owner.sent) == (401, [])
    assert answer.json()["rule"] in {"signature_missing", "signature_wrong"}
    assert answer.headers["www-authenticate"].startswith("Signature")
    assert NOTICE not in answer.text


@pytest.mark.parametrize("away", [-TOLERANCE_SECONDS - 1, TOLERANCE_SECONDS + 1])
def test_a_report_of_another_time_is_refused_though_its_signature_is_true(
    app: FastAPI, owner: Owner, away: int
) -> None:
    answer = report(app, at=NOW + away)
    assert (answer.status_code, answer.json()["rule"], owner.sent) == (401, "signature_too_old", [])


def test_the_same_request_is_one_command_and_a_try_signed_later_another(app: FastAPI, owner: Owner) -> None:
    for at in (NOW, NOW, NOW + 1):
        report(app, at=at)
    report(app, {**REPORT, "outcome": "delivered", "cause": None})
    first, again, later, other = (origin.message_id() for _, origin in owner.sent)
    assert first == again
    assert len({first, later, other}) == 3


@pytest.mark.parametrize(
    ("told", "field", "rule"),
    [
        ({**REPORT, "outcome": "read"}, "outcome", "literal_error"),
        ({**REPORT, "cause": "asleep"}, "cause", "literal_error"),
        ({**REPORT, "outcome": "delivered"}, "cause", "cause_of_delivered"),
        ({**REPORT, "notice_id": "a b"}, "notice_id", "string_pattern_mismatch"),
        ({"outcome": "delivered"}, "notice_id", "missing"),
        ({**REPORT, "phone": "13800000000"}, "phone", "extra_forbidden"),
    ],
)
def test_a_signed_report_that_breaks_a_rule_names_the_field(
    app: FastAPI, owner: Owner, told: dict[str, str], field: str, rule: str
) -> None:
    answer = report(app, told)
    assert (answer.status_code, owner.sent) == (422, [])
    assert [(error["field"], error["rule"]) for error in answer.json()["errors"]] == [(field, rule)]


def test_a_report_that_the_owner_refuses_is_answered_with_the_rule(app: FastAPI, owner: Owner) -> None:
    owner.refusal = Refused("wrong_state", "notice_not_sent", field="notice_id", state="due")
    answer = report(app)
    assert (answer.status_code, answer.json()["rule"]) == (409, "notice_not_sent")


def test_a_long_body_is_not_read(app: FastAPI, owner: Owner) -> None:
    answer = report(app, {**REPORT, "notice_id": "n" * MOST_BYTES})
    assert (answer.status_code, owner.sent) == (413, [])


def test_forged_reports_take_nothing_of_the_rate_of_signed_ones(app: FastAPI) -> None:
    app.state.report_rates = RateLimit(1, 2)
    for _ in range(5):
        report(app, by=STRANGE)
    assert [report(app).status_code for _ in range(3)] == [200, 200, 429]


def test_a_platform_without_the_secret_takes_no_reports(app: FastAPI) -> None:
    app.state.settings = app.state.settings.model_copy(update={"notice_report_secret": ""})
    answer = report(app)
    assert (answer.status_code, answer.json()["rule"]) == (503, "reports_not_set_up")


def test_reports_are_counted_by_their_outcome(app: FastAPI, owner: Owner) -> None:
    def counted() -> list[float]:
        read = REGISTRY.get_sample_value
        return [read("lianshan_notice_reports_total", {"outcome": each}) or 0 for each in outcomes]

    outcomes = ("delivered", "undelivered", "refused", "unsigned")
    before = counted()
    report(app)
    report(app, {"notice_id": NOTICE, "outcome": "delivered"})
    report(app, by=STRANGE)
    owner.refusal = Refused("not_found", "unknown_id", field="notice_id", kind="notice", id=NOTICE)
    report(app)
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, 1, 1, 1]


@pytest.mark.parametrize("given", ["secret", "whsec_c2hvcnQ=", "whsec_é", " ".join([SECRET] * 4)])
def test_a_gateway_with_a_secret_that_is_none_does_not_start(given: str) -> None:
    servers = {"amqp_uri": "amqp://127.0.0.1", "mongo_uri": "mongodb://127.0.0.1"}
    with pytest.raises(ValidationError, match="notice_report_secret"):
        GatewaySettings.model_validate({**servers, "notice_report_secret": given})


def test_the_secret_is_not_shown_with_the_settings(app: FastAPI) -> None:
    assert SECRET not in repr(app.state.settings)
    assert sign(SECRET, "m1", NOW, b"") not in repr(app.state.settings)
