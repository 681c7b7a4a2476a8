"""The reports of the city's message gateway about notices (送达回执). Their signature is the authority, and no key.

An unsigned request is answered before anything of it is read but its bytes: it learns nothing of any notice.
"""

from hashlib import sha256
from math import ceil
from time import monotonic
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request
from prometheus_client import Counter
from starlette.responses import Response

from services.gateway.access.rate_limit import RateLimit
from services.gateway.backend import TheBackend
from services.gateway.features.notices.answer import NoticeReport
from services.gateway.features.notices.request import NoticeReportIn
from services.gateway.http.bodies import build_command, parse, read_body, require_json
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.problems import Problem
from services.gateway.http.replies import reply
from services.gateway.messaging.commands import Origin
from services.gateway.settings import GatewaySettings
from shared.contracts import Refused
from shared.contracts.volunteering.notices import MESSAGE_GATEWAY, ReportedNotice, ReportNotice
from shared.runtime.webhook_signatures import (
    TOLERANCE_SECONDS,
    SignatureHeaders,
    SignatureRefusedError,
    check_signature,
)

router = APIRouter(tags=["notices"])
MOST_BYTES: Final = 4096
"""Bytes of a report: the longest has two hundred."""
BURST_SECONDS: Final = 5
_RETRY_SECONDS: Final = 60
_CHALLENGE: Final = {"WWW-Authenticate": 'Signature realm="lianshan"'}
_PATH: Final = "/v1/notice-reports"
_ALL: Final = "all"
_REPORTS: Final = Counter(
    "lianshan_notice_reports", "Reports of the message gateway about notices, by their outcome.", ("outcome",)
)
for _outcome in ("delivered", "undelivered", "refused", "unsigned", "limited"):
    # From the start at 0: the increase of a series that begins with its first report would miss that one.
    _REPORTS.labels(_outcome)


def limit_reports(settings: GatewaySettings) -> RateLimit:
    """Return the rate of signed reports: those that are not signed take nothing of it."""
    rate = settings.notice_reports_per_second
    return RateLimit(rate, max(1, int(rate * BURST_SECONDS)))


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
async def _headers(
    webhook_id: Annotated[str | None, Header(description="Names the report; the same in each try.")] = None,
    webhook_timestamp: Annotated[
        str | None,
        Header(description=f"The time of the try in seconds since 1970: {TOLERANCE_SECONDS} off ours at most."),
    ] = None,
    webhook_signature: Annotated[
        str | None,
        Header(description="`v1,` and HMAC-SHA256 of `id.time.body` in base64; several with spaces between."),
    ] = None,
) -> SignatureHeaders:
    return SignatureHeaders(webhook_id or "", webhook_timestamp or "", webhook_signature or "")


@router.post(_PATH, **describe(NoticeReport, body=NoticeReportIn))
@may_answer(400, 401, 404, 408, 409, 413, 415, 422, 429, 500, 503, 504)
async def report_notice(
    request: Request, backend: TheBackend, headers: Annotated[SignatureHeaders, Depends(_headers)]
) -> Response:
    """Report whether the telephone got a notice, as the city's message gateway: signed as Standard Webhooks has it.

    No key is needed. A notice that was not delivered has the station call, as one that was not accepted. `delivered`
    counts over `undelivered` in either order. The same request is answered as the first time. A report about a notice
    that was not handed on is refused with 409.
    """
    raw = await _read_signed(request, headers, backend.clock.machine().timestamp())
    require_json(request)
    told = parse(NoticeReportIn, raw)
    command = build_command(ReportNotice, **dict(told))
    state = request.scope["state"]
    # With the time: each try is signed at its own, so that a report that was refused is decided again.
    key = f"{headers.message_id} {headers.timestamp} {sha256(raw).hexdigest()}"
    origin = Origin(MESSAGE_GATEWAY, "POST", _PATH, key, state["correlation"])
    try:
        found = await backend.commands.send(command, ReportedNotice, origin)
    except Refused:
        _REPORTS.labels("refused").inc()
        raise
    _REPORTS.labels(told.outcome).inc()
    return reply(NoticeReport(notice_id=found.notice_id, state=found.state))


async def _read_signed(request: Request, headers: SignatureHeaders, now: float) -> bytes:
    """Return the body of a request that is signed. Raises Problem: 503 without a secret, 401, 413, 408, 429."""
    settings: GatewaySettings = request.app.state.settings
    if not settings.notice_report_secrets:
        retry = {"Retry-After": str(_RETRY_SECONDS)}
        raise Problem(503, "unavailable", "reports_not_set_up", headers=retry)
    raw = await read_body(request, MOST_BYTES)
    try:
        check_signature(settings.notice_report_secrets, headers, raw, now)
    except SignatureRefusedError as error:
        _REPORTS.labels("unsigned").inc()
        raise Problem(401, "unauthorized", error.rule, headers=_CHALLENGE) from None
    if wait := request.app.state.report_rates.take(_ALL, monotonic()):
        _REPORTS.labels("limited").inc()
        seconds = ceil(wait)
        raise Problem(429, "too_many_requests", "rate_used_up", headers={"Retry-After": str(seconds)}, seconds=seconds)
    return raw
