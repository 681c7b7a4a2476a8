"""The audit as one file, for an auditor to keep and to verify elsewhere: streamed page by page."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Final, Literal

from pydantic_core import to_json

from services.gateway.backend import Backend
from services.gateway.features.audit.answer import BLOCKS, OWNERS
from services.gateway.reading.audit import read_own_blocks, read_own_page
from shared.contracts.access import Actor
from shared.contracts.access.audit import MOST_BLOCKS, AuditBlock, AuditFilter, AuditPage, AuditRow
from shared.tables.written import write_csv

Form = Literal["ndjson", "csv"]
PAGE: Final = 200
"""Rows that are held at once: of one service after another, the newest first."""
SERVICES: Final = ("gateway", *(question.to for question in OWNERS))
_COLUMNS: Final = (
    "service", "id", "at", "actor", "principal", "kind", "what", "about", "areas", "correlation", "why", "on_behalf_of",
    "block", "stored",
)  # fmt: skip


async def export_csv(backend: Backend, caller: Actor, wanted: AuditFilter) -> AsyncGenerator[str, None]:
    """Yield the rows as CSV (RFC 4180) with a line of names."""
    yield write_csv([_COLUMNS])
    async for service, rows in _read_pages(backend, caller, wanted):
        yield write_csv([_to_cells(service, row) for row in rows])


async def export_ndjson(backend: Backend, caller: Actor, wanted: AuditFilter) -> AsyncGenerator[str, None]:
    """Yield a line of JSON for each row, then the blocks of the chains from the first one that lists a row on, then the
    end with the number of rows: a file without it is not whole.
    """
    first: dict[str, int] = {}
    count = 0
    async for service, rows in _read_pages(backend, caller, wanted):
        for row in rows:
            if row.proof is not None:
                first[service] = min(first.get(service, row.proof.block), row.proof.block)
        count += len(rows)
        yield "".join(_line("row", {"service": service, **row.model_dump(mode="json")}) for row in rows)
    for service, number in first.items():
        async for page in _read_blocks(backend, caller, service, number - 1):
            yield "".join(_line("block", {"service": service, **block.model_dump(mode="json")}) for block in page)
    yield _line("end", {"rows": count})


async def _read_pages(
    backend: Backend, caller: Actor, wanted: AuditFilter
) -> AsyncIterator[tuple[str, Sequence[AuditRow]]]:
    for service in SERVICES:
        after = wanted.after
        while True:
            asked = wanted.model_copy(update={"after": after, "limit": PAGE})
            page = await _read_page(backend, caller, service, asked)
            if page.items:
                yield service, page.items
            if len(page.items) < PAGE:
                break
            after = page.items[-1].id


async def _read_page(backend: Backend, caller: Actor, service: str, wanted: AuditFilter) -> AuditPage:
    question = next((each for each in OWNERS if each.to == service), None)
    if question is None:
        return await read_own_page(backend.database, caller, wanted)
    return await backend.queries.ask(question(actor=caller, wanted=wanted))


async def _read_blocks(
    backend: Backend, caller: Actor, service: str, above: int
) -> AsyncIterator[Sequence[AuditBlock]]:
    question = next((each for each in BLOCKS if each.to == service), None)
    while True:
        if question is None:
            page: Sequence[AuditBlock] = await read_own_blocks(backend.database, above, MOST_BLOCKS)
        else:
            page = (await backend.queries.ask(question(actor=caller, above=above))).items
        if page:
            yield page
        if len(page) < MOST_BLOCKS:
            return
        above = page[-1].number


def _line(kind: str, fields: dict[str, object]) -> str:
    # `line` and not `kind`, which a row has already.
    return to_json({"line": kind, **fields}).decode() + "\n"


def _to_cells(service: str, row: AuditRow) -> list[str]:
    shown = {**row.model_dump(mode="json"), "service": service}
    shown["about"], shown["areas"] = " ".join(row.about), " ".join(row.areas)
    shown["block"] = "" if row.proof is None else row.proof.block
    return [str(shown[name]) for name in _COLUMNS]
