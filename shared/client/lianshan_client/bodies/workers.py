"""Bodies of workers: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from ..answers.workers import EndOfEmployment, LicenceLevel

if TYPE_CHECKING:
    from typing_extensions import NotRequired


class BeginLeaveBody(TypedDict):
    """Record that a social worker is on leave, or another last day of the leave. Answers WorkerShape."""

    until: str


class ChangeWorkerBody(TypedDict):
    """Correct name or telephone of a social worker; a field that is null stays. Answers WorkerShape."""

    name: NotRequired[str | None]
    phone: NotRequired[str | None]


class EmployAgainBody(TypedDict):
    """Employ a social worker again who had left, at the former station or at another one. Answers WorkerShape."""

    station_id: NotRequired[str | None]
    employed_on: str


class EndEmploymentBody(TypedDict):
    """End the employment of a social worker; the certificate may be registered elsewhere then. Answers WorkerShape."""

    reason: EndOfEmployment
    left_on: str


class EndLeaveBody(TypedDict):
    """Record that a social worker is back from leave. Answers WorkerShape."""


class RecordLicenceBody(TypedDict):
    """Record the licence of a social worker, or the renewal of its registration. Answers WorkerShape."""

    level: LicenceLevel
    certificate_number: NotRequired[str | None]
    registered_until: NotRequired[str | None]


class RegisterWorker(TypedDict):
    """Register a social worker of a station or a street centre. Answers WorkerShape."""

    external_id: NotRequired[str | None]
    level: NotRequired[LicenceLevel]
    certificate_number: NotRequired[str | None]
    registered_until: NotRequired[str | None]
    station_id: str
    name: str
    phone: str
    employed_on: str


class TransferWorkerBody(TypedDict):
    """Have a social worker work at another station. Answers WorkerShape."""

    station_id: str


class WorkerLookUpIn(TypedDict):
    """A name, a telephone, or the number of a certificate; and the reason."""

    name: NotRequired[str | None]
    phone: NotRequired[str | None]
    certificate_number: NotRequired[str | None]
    why: str
