"""Calls of workers: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, PeopleFoundAnswer
from ..answers.workers import (
    LicenceLevel,
    LicenceState,
    TrainingNeed,
    Worker,
    WorkerPage,
    WorkerParticularsAnswer,
    WorkerShape,
    WorkerState,
)
from ..bodies.workers import (
    BeginLeaveBody,
    ChangeWorkerBody,
    EmployAgainBody,
    EndEmploymentBody,
    EndLeaveBody,
    RecordLicenceBody,
    RegisterWorker,
    TransferWorkerBody,
    WorkerLookUpIn,
)
from ..calls import Call, Listing, new_key


def register_worker(body: RegisterWorker, *, idempotency_key: str | None = None) -> Call[Worker]:
    """Register a social worker of a station or a street centre."""
    return Call("POST", "/v1/workers", body=body, idempotency_key=idempotency_key or new_key())


def list_workers(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    state: Sequence[WorkerState] | None = None,
    level: Sequence[LicenceLevel] | None = None,
    licence: Sequence[LicenceState] | None = None,
    training: Sequence[TrainingNeed] | None = None,
) -> Listing[WorkerPage, Worker]:
    """List workers, newest first."""
    return Listing(
        "GET",
        "/v1/workers",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "state": state,
            "level": level,
            "licence": licence,
            "training": training,
        },
    )


def count_workers(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count workers by state and level and licence and training."""
    return Call("GET", "/v1/workers:count", query={"area": area})


def read_worker(worker_id: str) -> Call[Worker]:
    """Show one worker."""
    return Call("GET", f"/v1/workers/{quote(worker_id, safe='')}")


def read_worker_history(
    worker_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one worker, oldest first."""
    return Listing("GET", f"/v1/workers/{quote(worker_id, safe='')}/history", query={"limit": limit, "after": after})


def change_worker(
    worker_id: str,
    body: ChangeWorkerBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[WorkerShape]:
    """Correct name or telephone of a social worker; a field that is null stays."""
    return Call(
        "POST",
        f"/v1/workers/{quote(worker_id, safe='')}/change",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def record_licence(
    worker_id: str, body: RecordLicenceBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[WorkerShape]:
    """Record the licence of a social worker, or the renewal of its registration."""
    return Call(
        "POST",
        f"/v1/workers/{quote(worker_id, safe='')}/record-licence",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def begin_leave(
    worker_id: str, body: BeginLeaveBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[WorkerShape]:
    """Record that a social worker is on leave, or another last day of the leave."""
    return Call(
        "POST",
        f"/v1/workers/{quote(worker_id, safe='')}/begin-leave",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def end_leave(
    worker_id: str,
    body: EndLeaveBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[WorkerShape]:
    """Record that a social worker is back from leave."""
    return Call(
        "POST",
        f"/v1/workers/{quote(worker_id, safe='')}/end-leave",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def transfer_worker(
    worker_id: str, body: TransferWorkerBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[WorkerShape]:
    """Have a social worker work at another station."""
    return Call(
        "POST",
        f"/v1/workers/{quote(worker_id, safe='')}/transfer",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def end_employment(
    worker_id: str, body: EndEmploymentBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[WorkerShape]:
    """End the employment of a social worker; the certificate may be registered elsewhere then."""
    return Call(
        "POST",
        f"/v1/workers/{quote(worker_id, safe='')}/end-employment",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def employ_again(
    worker_id: str, body: EmployAgainBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[WorkerShape]:
    """Employ a social worker again who had left, at the former station or at another one."""
    return Call(
        "POST",
        f"/v1/workers/{quote(worker_id, safe='')}/employ-again",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def look_up_workers(body: WorkerLookUpIn, *, idempotency_key: str | None = None) -> Call[PeopleFoundAnswer]:
    """Find social workers by name, telephone, or number of the certificate, for keys with `personal:read` as well."""
    return Call("POST", "/v1/workers/look-up", body=body, idempotency_key=idempotency_key or new_key())


def read_worker_particulars(worker_id: str) -> Call[WorkerParticularsAnswer]:
    """Show the personal data of a social worker, for keys with `personal:read` as well. The read is recorded."""
    return Call("GET", f"/v1/workers/{quote(worker_id, safe='')}/particulars")
