"""Answers about dispatches."""

from services.gateway.features.dispatch.view import DispatchView
from services.gateway.http.answers import Answer
from services.gateway.http.worded import ReasonAnswer
from shared.contracts.volunteering import dispatch as contract


class DispatchAnswer(contract.DispatchAnswer, Answer):
    """One volunteer's part in one need, and why this volunteer was chosen."""

    area: str
    why: ReasonAnswer  # type: ignore[assignment] # worded


def dispatch_from_view(view: DispatchView) -> DispatchAnswer:
    """Return the dispatch as its view shows it."""
    # Read leniently: during an upgrade the projector may already store more than this release knows.
    return DispatchAnswer.model_validate(
        {
            "id": view.id,
            "version": view.seen,
            "need_id": view.need_id,
            "volunteer_id": view.volunteer_id,
            "area": view.area,
            "state": view.state,
            **view.part,
        },
        extra="ignore",
    )
