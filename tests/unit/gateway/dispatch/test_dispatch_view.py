"""Dispatches, in any order of a staffing's events."""

from gateway_events import ProjectorInMemory, accepted, offered

from services.gateway.features.dispatch.view import DispatchView


def test_a_dispatch_shows_its_newest_state() -> None:
    projector = ProjectorInMemory().project(accepted(), offered())
    assert projector.view(DispatchView, "dispatch_1").state == "accepted"
