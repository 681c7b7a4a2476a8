"""The verification of the audits: the blocks of each service, the rows that they list, and the rows of its store."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

from deploy.lianshan.stores import Document, Stores
from shared.blocks import Block, Entry, Fault, LateRow, Report, enter, verify_blocks, verify_rows
from shared.contracts.reasons import Reason, reason
from shared.contracts.refusals import MAX_ARG_CHARACTERS
from shared.engine.store.audit_blocks import AuditBlocks, BrokenBlockError, from_document
from shared.runtime.audit import row_bound, time_of

KEPT: Final = timedelta(days=183)
"""How long rows are kept at least: six months (Cybersecurity Law, art. 21)."""
BACKDATED: Final = timedelta(days=1)
"""A row that was listed so long after its time is reported as a fault: no service and no clock is so far behind."""
_LAST: Final = 2**62


class _Head(BaseModel):
    model_config = ConfigDict(extra="ignore")

    number: int
    hash: str


class _Verified(BaseModel):
    model_config = ConfigDict(extra="ignore")

    service: str
    head: _Head | None


class Published(BaseModel):
    """The output of an earlier `lianshan audit verify --json`, as far as it is read: the heads."""

    model_config = ConfigDict(extra="ignore")

    services: list[_Verified]


def read_heads(text: str) -> dict[str, dict[int, str]]:
    """Return the hash of each service's head by its number, of an earlier output as JSON. Raises ValidationError."""
    found = Published.model_validate_json(text).services
    return {one.service: {one.head.number: one.head.hash} for one in found if one.head is not None}


@dataclass(frozen=True)
class ServiceAudit:
    """The verified audit of one service."""

    service: str
    report: Report
    backdated: list[LateRow]

    @property
    def well(self) -> bool:
        """Whether each row is as it was written, and none came long after its time."""
        return self.report.well and not self.backdated

    @property
    def faults(self) -> list[Reason]:
        """Return the faults, at most twenty of a kind."""
        return [self._word(fault) for fault in self.report.faults] + [
            reason(
                "audit_row_backdated",
                service=self.service,
                row=late.entry.id[:64],
                block=late.block,
                hours=_hours(late),
            )
            for late in self.backdated[:20]
        ]

    def _word(self, fault: Fault) -> Reason:
        service, block, row = self.service, fault.block, fault.row[:MAX_ARG_CHARACTERS]
        words = {
            "row_changed": reason("audit_row_changed", service=service, row=row, block=block),
            "row_missing": reason("audit_row_missing", service=service, row=row, block=block),
            "row_inserted": reason("audit_row_inserted", service=service, row=row),
            "block_missing": reason("audit_block_missing", service=service, block=block),
            "block_changed": reason("audit_block_changed", service=service, block=block),
            "block_dropped_early": reason("audit_block_dropped_early", service=service, block=block, days=KEPT.days),
            "head_cut": reason("audit_head_cut", service=service, block=block),
        }
        return words[fault.kind]


def verify_audit(
    stores: Stores, service: str, now: datetime, *, since: datetime | None = None,
    known: Mapping[int, str] | None = None,
) -> ServiceAudit:  # fmt: skip
    """Return the verified audit of a service at `now` (UTC): every block, and the rows from `since` on, all by default.

    `known` are hashes of blocks by number that were published before. Changes nothing. Raises PyMongoError.
    """
    blocks = AuditBlocks(stores.of(service), service)
    report = verify_blocks(blocks.chain, _read_blocks(blocks, 1), known or {}, now - KEPT)
    first, after = (1, "") if since is None else blocks.find_first(row_bound(since))
    listed = (block for block, _ in _read_blocks(blocks, first, report.blocks + 1))
    verify_rows(report, listed, _read_rows(blocks, report, after), after)
    late = [row for row in report.late.values() if _lateness(row) > BACKDATED]
    return ServiceAudit(service, report, late)


def _read_blocks(blocks: AuditBlocks, first: int, stop: int = _LAST) -> Iterator[tuple[Block, str]]:
    for document in blocks.read(range(first, stop)):
        try:
            read = from_document(blocks.chain, document)
        except BrokenBlockError:
            continue  # it is none any more: its number is missing
        yield read


def _read_rows(blocks: AuditBlocks, report: Report, after: str) -> Iterator[Entry]:
    for row in blocks.read_rows(after):
        if isinstance(row["_id"], str):
            yield enter(row["_id"], row)
        else:  # no service writes such an id
            report.note(Fault("row_inserted", report.blocks, _name(row)))


def _name(row: Document) -> str:
    return f"{type(row['_id']).__name__} {row['_id']}"[:64]


def _lateness(late: LateRow) -> timedelta:
    dated = time_of(late.entry.id)
    return timedelta.max if dated is None else late.at - dated  # no service has made such an id


def _hours(late: LateRow) -> int:
    return int(_lateness(late).total_seconds() // 3600)
