"""The people behind the notices of one round: read together, each found as if it were alone."""

from datetime import timedelta
from typing import Any

from volunteering_in_memory import COMMUNITY, VolunteeringInMemory

from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.misdirections.domain import Misdirection, reported
from services.volunteering.notices.choices import NoticeChoice
from services.volunteering.notices.recipients import Recipient, find_recipients
from services.volunteering.people.domain import VolunteerPerson
from shared.contracts.volunteering.notices import ChooseNotices
from shared.people.identities import Identity
from tests.city.mongo import Database
from tests.city.store import Memory

KEPT: Any = (VolunteerPerson, Volunteer, NoticeChoice, Identity)


def stored(service: VolunteeringInMemory, *more: Misdirection) -> Any:
    database = Database(Memory("volunteering"))
    for entity in (*(one for model in KEPT for one in service.engine.all(model)), *more):
        database[entity.collection].insert_one(entity.to_document())
    return database


def choose(service: VolunteeringInMemory, volunteer: str, **choice: Any) -> None:
    service.engine.command(ChooseNotices(volunteer_id=volunteer, **choice))


def test_each_is_asked_by_their_own_choice_and_contact() -> None:
    service = VolunteeringInMemory()
    plain, silent, merged, survivor, doubted, told = (service.volunteer() for _ in range(6))
    choose(service, silent, wanted=False)
    choose(service, merged, wanted=True, language="en")
    service.merge(merged, survivor)
    now = service.engine.now
    false = reported("misdirection_1", (told, COMMUNITY), "dispatch_1", now - timedelta(days=3))
    open_one = reported("misdirection_2", (doubted, COMMUNITY), "dispatch_2", now)
    store = stored(service, false.model_copy(update={"state": "contact_right"}), open_one)
    asked = [plain, silent, merged, doubted, told, "volunteer_unknown", plain]
    found = find_recipients(store, asked, ("telephone",))
    assert set(found) == set(asked)
    assert {name: (one.volunteer_id, one.contact, one.wanted, one.language) for name, one in found.items()} == {
        plain: (plain, "known", True, None),
        silent: (silent, "known", False, None),
        merged: (survivor, "known", True, "en"),
        doubted: (doubted, "doubted", True, None),
        told: (told, "known", True, None),
        "volunteer_unknown": ("volunteer_unknown", "erased", True, None),
    }
    assert all(find_recipients(store, [name], ("telephone",)) == {name: one} for name, one in found.items())
    assert len({one.sealed for one in found.values()}) == len({one.volunteer_id for one in found.values()})


def test_nobody_is_looked_for_where_no_notice_has_a_dispatch() -> None:
    found: dict[str, Recipient] = dict(find_recipients(stored(VolunteeringInMemory()), [], ("telephone",)))
    assert found == {}
