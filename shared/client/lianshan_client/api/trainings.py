"""Calls of trainings: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer, TrainingDimension
from ..answers.trainings import Training, TrainingPage, TrainingShape, TrainingState
from ..bodies.trainings import CancelTrainingBody, HoldTrainingBody, PlanTraining
from ..calls import Call, Listing, new_key


def plan_training(body: PlanTraining, *, idempotency_key: str | None = None) -> Call[Training]:
    """Plan a training of a station or a street centre."""
    return Call("POST", "/v1/trainings", body=body, idempotency_key=idempotency_key or new_key())


def list_trainings(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    dimension: Sequence[TrainingDimension] | None = None,
    state: Sequence[TrainingState] | None = None,
) -> Listing[TrainingPage, Training]:
    """List trainings, newest first."""
    return Listing(
        "GET",
        "/v1/trainings",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "dimension": dimension,
            "state": state,
        },
    )


def count_trainings(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count trainings by dimension and state."""
    return Call("GET", "/v1/trainings:count", query={"area": area})


def read_training(training_id: str) -> Call[Training]:
    """Show one training."""
    return Call("GET", f"/v1/trainings/{quote(training_id, safe='')}")


def read_training_history(
    training_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one training, oldest first."""
    return Listing(
        "GET", f"/v1/trainings/{quote(training_id, safe='')}/history", query={"limit": limit, "after": after}
    )


def hold_training(
    training_id: str,
    body: HoldTrainingBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[TrainingShape]:
    """Record that a training was held."""
    return Call(
        "POST",
        f"/v1/trainings/{quote(training_id, safe='')}/hold",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def cancel_training(
    training_id: str, body: CancelTrainingBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[TrainingShape]:
    """Cancel a planned training."""
    return Call(
        "POST",
        f"/v1/trainings/{quote(training_id, safe='')}/cancel",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
