"""Exports of reports: begun, listed, fetched, cancelled and removed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from starlette.responses import Response

from services.gateway.backend import Backend, TheBackend
from services.gateway.features.exports.answer import ExportAnswer, export_answer
from services.gateway.features.exports.names import KIND, ExportNames
from services.gateway.features.exports.records import (
    KEPT,
    MEDIA_TYPES,
    MOST_FIGURES_BYTES,
    MOST_ROWS,
    OPEN_STATES,
    Export,
    ExportState,
)
from services.gateway.features.exports.request import ExportIn
from services.gateway.features.exports.store import Exports
from services.gateway.features.reports.building import build
from services.gateway.features.reports.reading import count_rows, find_figure
from services.gateway.features.reports.request import BESIDE, Place, ReportReader, find_place
from services.gateway.http.answers import Listed
from services.gateway.http.authentication import may, require
from services.gateway.http.bodies import EmptyBody, json_body
from services.gateway.http.documented import describe, may_answer
from services.gateway.http.language import words
from services.gateway.http.parameters import After, ExpectedVersion, Limit, NamedBy, RequestOrigin, Several
from services.gateway.http.problems import Problem, not_found
from services.gateway.http.replies import reply, reply_created
from services.gateway.messaging.commands import Origin
from services.gateway.reading.areas import within
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.views import filters, last_id
from services.gateway.settings import GatewaySettings
from shared.contracts.access import Actor
from shared.engine.decide.schema import Document
from shared.engine.decide.unit_of_work import make_id
from shared.runtime.audit import Row, build_row

router = APIRouter(tags=["reports"])
Nothing = Annotated[EmptyBody, Depends(json_body(EmptyBody, optional=True))]
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            MEDIA_TYPES["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@dataclass(frozen=True, slots=True)
class Desk:
    """The exports of one caller, and the time of the store, which the workers go by, too."""

    store: Exports
    names: ExportNames
    caller: Actor
    now: datetime

    @property
    def rule(self) -> Document:
        """The rule of the exports that the caller sees: their own, within their area, of reports that they may read."""
        own: Document = {} if may(self.caller, "keys:manage") else {"principal": self.caller.principal}
        hidden = [report for report, permission in BESIDE.items() if not may(self.caller, permission)]
        return {**within(self.caller.area), **own, **({"report": {"$nin": hidden}} if hidden else {})}

    async def find(self, export_id: str) -> Export:
        """Return an export that the caller sees, by one query. Raises Problem (404)."""
        found = await self.store.find({**self.rule, "_id": export_id})
        if found is None:
            raise not_found("export", export_id)
        return found

    def show(self, export: Export) -> ExportAnswer:
        """Return the export as the caller sees it: with the name that the caller has given it."""
        return export_answer(export, self.names.open(export, self.caller.principal))

    def audited(self, act: str, export: Export, correlation: str) -> Row:
        """Return the row of the audit about an act of the caller."""
        areas = [export.area] if export.area else []
        return build_row(self.caller, act, [export.id], self.now, areas=areas, correlation=correlation)


# A coroutine although it waits for nothing: FastAPI would run a plain function in a thread.
async def _desk(caller: ReportReader, backend: TheBackend, request: Request) -> Desk:
    settings: GatewaySettings = request.app.state.settings
    return Desk(Exports(backend.database), ExportNames(settings.webhook_key), caller, backend.clock.machine())


TheDesk = Annotated[Desk, Depends(_desk)]


@router.post("/v1/exports", **describe(ExportAnswer, body=ExportIn, new=True))
@may_answer(409, 503, 504)
async def begin_export(
    desk: TheDesk, backend: TheBackend, origin: RequestOrigin, asked: Annotated[ExportIn, Depends(json_body(ExportIn))]
) -> Response:
    """Begin a file of a report, or of the rows of one of its figures: CSV or XLSX, 500,000 rows at most.

    A worker writes it; the file is kept for seven days. A principal has three that wait or run at a time, and 20 in
    all. For a report with a permission of its own, that one as well.
    """
    if (permission := BESIDE.get(asked.report)) is not None:
        require(desk.caller, permission)
    place = find_place(desk.caller, backend, asked.area, asked.period)
    request = origin.message_id()
    if (known := await desk.store.find({"request": request})) is not None:
        return _repeated(desk, known, origin)
    await _refuse_known_name(desk, asked.external_id)
    export = Export(
        id=make_id("export", desk.now, request), request=request, fingerprint=origin.body_digest,
        principal=desk.caller.principal, area=place.area, report=asked.report, period=place.period.name,
        theme=asked.theme, figure=asked.figure, figures=await _read_figures(backend, asked, place),
        format=asked.format, bom=asked.bom, exact=asked.exact, language=asked.language or words().language,
        begun_at=desk.now, until=desk.now,
    )  # fmt: skip
    export = desk.names.named(export, asked.external_id)
    if await desk.store.add(export, desk.audited("BeginExport", export, origin.correlation)):
        return reply_created(desk.show(export), f"/v1/exports/{export.id}")
    first = await desk.store.find({"request": request})
    if first is None:
        await _refuse_known_name(desk, asked.external_id)
        raise Problem(409, "conflict", "export_removed_meanwhile")
    return _repeated(desk, first, origin)


@router.get("/v1/exports", **describe(Listed[ExportAnswer]))
@may_answer(503)
async def list_exports(
    desk: TheDesk, limit: Limit = 50, after: After = None, state: Several[ExportState] = (), external_id: NamedBy = None
) -> Response:
    """List your exports within your area, newest first; the administrator sees those of all.

    One that has failed names the reason and the next step in `problem`; `kept_until` is its last day, and its file's.
    """
    rule = {**desk.rule, **filters(state=state), **desk.names.rule(desk.caller.principal, external_id)}
    found = await desk.store.page(rule, None if after is None else last_id(after), limit + 1)
    following = encode_cursor(found[limit - 1].id) if len(found) > limit else None
    return reply(Listed[ExportAnswer](items=[desk.show(each) for each in found[:limit]], next=following))


@router.get("/v1/exports/{export_id}", **describe(ExportAnswer))
@may_answer(404)
async def read_export(export_id: str, desk: TheDesk) -> Response:
    """Show an export: its state, the rows written so far, and the path of its file."""
    return reply(desk.show(await desk.find(export_id)))


@router.get("/v1/exports/{export_id}/file", response_class=StreamingResponse, responses=_FILE)
@may_answer(404, 409)
async def read_export_file(export_id: str, desk: TheDesk) -> Response:
    """Fetch the file of an export that is done."""
    export = await desk.find(export_id)
    if export.state != "done" or export.size is None:
        raise Problem(409, "conflict", "export_without_file", state=export.state)
    if export.kept_until is not None and export.kept_until <= desk.now:
        raise not_found("export", export_id)
    headers = {
        "Content-Disposition": f'attachment; filename="{export.filename}"',
        "Content-Length": str(export.size),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(desk.store.file(export), media_type=MEDIA_TYPES[export.format], headers=headers)


@router.post("/v1/exports/{export_id}/cancel", **describe(ExportAnswer, body=EmptyBody, optional=True))
@may_answer(404, 409)
async def cancel_export(
    export_id: str, desk: TheDesk, origin: RequestOrigin, expected: ExpectedVersion, _body: Nothing
) -> Response:
    """Cancel an export that waits or runs. Repeated, it changes nothing."""
    export = await desk.find(export_id)
    if export.state == "cancelled":
        return reply(desk.show(export))
    if expected is not None and export.version != expected:
        raise Problem(
            412, "version_mismatch", "version_not_current", field="If-Match", kind="export", current=export.version,
            expected=expected,
        )  # fmt: skip
    if export.state not in OPEN_STATES:
        raise Problem(409, "wrong_state", "export_has_ended", state=export.state)
    audited = desk.audited("CancelExport", export, origin.correlation)
    cancelled = await desk.store.cancel(export, desk.now + KEPT, desk.now, audited)
    if cancelled is None:
        raise Problem(409, "conflict", "export_changed_meanwhile")
    return reply(desk.show(cancelled))


@router.delete("/v1/exports/{export_id}", status_code=204)
@may_answer(404)
async def remove_export(export_id: str, desk: TheDesk, origin: RequestOrigin) -> Response:
    """Remove an export with its file, in any state."""
    export = await desk.find(export_id)
    await desk.store.remove(export, desk.audited("RemoveExport", export, origin.correlation))
    return Response(status_code=204)


async def _refuse_known_name(desk: Desk, external_id: str | None) -> None:
    """Raise Problem (409) naming the export to which the caller has given that name before."""
    if external_id is None:
        return
    known = await desk.store.find(desk.names.rule(desk.caller.principal, external_id))
    if known is not None:
        raise Problem(409, "conflict", "external_id_taken", field="external_id", id=known.id, kind=KIND)


async def _read_figures(backend: Backend, asked: ExportIn, place: Place) -> str:
    """Return the figures of the report as they are now, in JSON; empty for rows, which the worker reads.

    Raises Problem (422) for an unknown figure, and for more rows or figures than a file has.
    """
    if asked.figure is not None:
        figure = find_figure(asked.report, asked.figure)
        many = await count_rows(backend.views, figure, place.area, place.period, asked.theme, most=MOST_ROWS + 1)
        if many > MOST_ROWS:
            raise Problem(422, "invalid", "export_too_large", field="period", most=MOST_ROWS)
        return ""
    figures = (await build(backend, asked.report, place, asked.theme)).model_dump_json()
    if len(figures.encode()) > MOST_FIGURES_BYTES:
        raise Problem(422, "invalid", "figures_too_large", field="period", most=MOST_FIGURES_BYTES)
    return figures


def _repeated(desk: Desk, export: Export, origin: Origin) -> Response:
    if export.fingerprint != origin.body_digest:
        raise Problem(422, "idempotency_mismatch", "export_of_another_request", field="Idempotency-Key")
    return reply_created(desk.show(export), f"/v1/exports/{export.id}")
