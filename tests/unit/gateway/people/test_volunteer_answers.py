"""Volunteers as the API shows them."""

from services.gateway.features.people.answer import volunteer_from_view
from services.gateway.features.people.view import VolunteerView
from shared.engine import Document

KNOWN: Document = {
    "id": "vol_1", "seen": 3, "area": "110102009017", "skills": [], "languages": [], "standing_acceptance": False,
    "registered_at": "2026-03-02T01:00:00Z",
}  # fmt: skip


def test_one_whose_data_was_erased_is_not_shown_as_active() -> None:
    assert volunteer_from_view(VolunteerView(**KNOWN, erased=True)).state == "erased"


def test_others_are_shown_as_they_are() -> None:
    assert volunteer_from_view(VolunteerView(**KNOWN)).state == "active"
    assert volunteer_from_view(VolunteerView(**KNOWN, state="paused")).state == "paused"
