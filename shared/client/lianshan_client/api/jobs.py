"""Calls of jobs: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.jobs import ImportKind, Job, JobPage, JobShape, JobState, RowErrorAnswer, RowErrorPage
from ..bodies.jobs import BeginStationsImport, CancelStationsJobBody, CloseStationsJobBody
from ..calls import Call, Listing, new_key


def begin_import(body: BeginStationsImport, *, idempotency_key: str | None = None) -> Call[Job]:
    """Begin the import of a file: a job that waits for its bytes, `PUT /v1/imports/{job_id}/file`."""
    return Call("POST", "/v1/imports", body=body, idempotency_key=idempotency_key or new_key())


def send_import_file(job_id: str, content: bytes, *, idempotency_key: str | None = None) -> Call[JobShape]:
    """Send the bytes of a job's file, at most 16 MiB; a worker then takes the job. Sent again, it begins again."""
    return Call(
        "PUT",
        f"/v1/imports/{quote(job_id, safe='')}/file",
        content=content,
        idempotency_key=idempotency_key or new_key(),
    )


def list_row_errors(
    job_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[RowErrorPage, RowErrorAnswer]:
    """List the errors of the rows of a job, by row: at most 10,000, kept for 30 days after its end."""
    return Listing("GET", f"/v1/jobs/{quote(job_id, safe='')}/errors", query={"limit": limit, "after": after})


def export_row_errors(job_id: str) -> Call[str]:
    """Export the errors of the rows of a job as CSV, in the language of the request."""
    return Call("GET", f"/v1/jobs/{quote(job_id, safe='')}/errors.csv")


def list_jobs(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    state: Sequence[JobState] | None = None,
    kind: Sequence[ImportKind] | None = None,
) -> Listing[JobPage, Job]:
    """List jobs, newest first."""
    return Listing(
        "GET",
        "/v1/jobs",
        query={"limit": limit, "after": after, "area": area, "external_id": external_id, "state": state, "kind": kind},
    )


def count_jobs(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count jobs by state and kind."""
    return Call("GET", "/v1/jobs:count", query={"area": area})


def read_job(job_id: str) -> Call[Job]:
    """Show one job."""
    return Call("GET", f"/v1/jobs/{quote(job_id, safe='')}")


def read_job_history(
    job_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one job, oldest first."""
    return Listing("GET", f"/v1/jobs/{quote(job_id, safe='')}/history", query={"limit": limit, "after": after})


def cancel_stations_job(
    job_id: str,
    body: CancelStationsJobBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[JobShape]:
    """Cancel a job of stations; the rows decided before stay so."""
    return Call(
        "POST",
        f"/v1/jobs/{quote(job_id, safe='')}/cancel",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def close_stations_job(
    job_id: str,
    body: CloseStationsJobBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[JobShape]:
    """Close an ended job of stations whose errors were seen to."""
    return Call(
        "POST",
        f"/v1/jobs/{quote(job_id, safe='')}/close",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
