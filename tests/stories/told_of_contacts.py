"""The story of the coordinator who calls a volunteer that is to come, also one from another area."""

import pytest

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.access.audit import AuditFilter
from shared.contracts.access.owners import ReadVolunteeringAudit
from shared.contracts.stations.needs import ConfirmNeed
from shared.contracts.volunteering.contacts import ReadVolunteerContact
from shared.contracts.volunteering.dispatch import AcceptOffer, CheckIn, CheckOut, DeclineOffer
from shared.engine.decide.memory import TESTER
from tests.stories.stage import NOW, Document, Stage
from tests.stories.told import story


def worker(area: str) -> Actor:
    """Return a station worker of that area alone."""
    return Actor(kind="person", id="key_worker", roles=("station_worker",), area=area, on_behalf_of="principal_worker")


def contact(city: Stage, need: str, volunteer: str, area: str) -> Document | None:
    """Return name and telephone of the volunteer as a station worker of the area reads them for the need."""
    return city.read(ReadVolunteerContact(need_id=need, volunteer_id=volunteer), worker(area))


def reads_on_record(city: Stage, thing: str) -> list[Document]:
    """Return the rows of the audit about readings of a volunteer's telephone, by volunteer or need."""
    page = city.read(ReadVolunteeringAudit(actor=TESTER, wanted=AuditFilter(subject=thing)), TESTER) or {"items": []}
    return [row for row in page["items"] if row["what"] == "volunteer_contact"]


@story
def the_coordinator_reads_the_telephone_of_whoever_comes_until_the_need_is_confirmed(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    comes = city.volunteer(city.other_district)
    need = city.ask(station, people=1, begins=NOW)
    (offer,) = city.offers(need, 1)
    assert contact(city, need, comes, city.home) is None, "who is only asked is not known"
    city.send(AcceptOffer(dispatch_id=offer))
    read = contact(city, need, comes, city.home)
    assert read is not None
    assert (read["name"], read["phone"], read["state"]) == ("Li Invented", f"+8613{city.city}00001", "accepted")
    assert contact(city, need, comes, city.other_district) is None, "another district runs no such need"
    other = city.volunteer(city.home)
    assert contact(city, need, other, city.home) is None, "who does not come to this need stays unknown"
    reader = Actor(kind="key", id="key_reader", roles=("reader",), area=city.home)
    with pytest.raises(Refused, match="permission_missing"):
        city.read(ReadVolunteerContact(need_id=need, volunteer_id=comes), reader)
    city.send(CheckIn(dispatch_id=offer))
    city.send(CheckOut(dispatch_id=offer))
    city.reaches(need, "served")
    assert contact(city, need, comes, city.home) is not None, "the hours are still to be confirmed"
    city.send(ConfirmNeed(need_id=need))
    city.until(lambda: city.dispatches(need)[0]["state"] == "credited", "the hours are credited")
    assert contact(city, need, comes, city.home) is None, "the need has ended"
    by_volunteer, by_need = reads_on_record(city, comes), reads_on_record(city, need)
    assert len(by_volunteer) == 2
    assert by_volunteer == by_need
    assert set(by_need[0]["areas"]) == {city.home, city.other_district}
    assert (by_need[0]["principal"], set(by_need[0]["about"])) == ("principal_worker", {comes, need})


@story
def who_has_stepped_back_is_called_by_nobody(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    someone = city.volunteer(city.home)
    need = city.ask(station, people=1)
    (offer,) = city.offers(need, 1)
    city.send(AcceptOffer(dispatch_id=offer))
    assert contact(city, need, someone, city.home) is not None
    city.send(DeclineOffer(dispatch_id=offer))
    assert contact(city, need, someone, city.home) is None
