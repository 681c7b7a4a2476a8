"""Balances of the time bank, in whatever order the credits come."""

from gateway_events import ProjectorInMemory, credited

from services.gateway.features.timebank.view import TimebankView


def test_a_balance_is_the_newest_one() -> None:
    projector = ProjectorInMemory().project(credited(2, 120), credited(1, 60))
    assert projector.view(TimebankView, "volunteer_1").balance_minutes == 120
