"""The way of a notice: the telephone where the city and the volunteer have one, else mail, else the station calls."""

from collections.abc import Collection

import pytest
from notices_in_memory import NoticesInMemory
from volunteering_in_memory import VolunteeringInMemory

from services.volunteering.notices.domain.notices import Notice
from services.volunteering.notices.domain.sending import Way, find_way
from services.volunteering.notices.domain.texts import subject_of
from services.volunteering.people.domain import VolunteerPerson
from shared.words import Wording

BOTH: Collection[Way] = ("telephone", "mail")
MAIL: Collection[Way] = ("mail",)


@pytest.mark.parametrize(
    ("ways", "phone", "email", "way"),
    [
        (BOTH, "sealed", "sealed", "telephone"),
        (BOTH, "", "sealed", "mail"),
        (BOTH, "", None, None),
        (MAIL, "sealed", "sealed", "mail"),
        (MAIL, "sealed", None, None),
        (("telephone",), "", "sealed", None),
    ],
)
def test_the_telephone_comes_before_mail(
    service: VolunteeringInMemory, ways: Collection[Way], phone: str, email: str | None, way: Way | None
) -> None:
    known = service.engine.one(VolunteerPerson, service.volunteer())
    assert find_way(known.model_copy(update={"phone": phone, "email": email}), ways) == way


def test_a_city_with_mail_alone_sends_to_those_with_an_address_and_calls_the_others() -> None:
    for email, states, reasons in (("wen@example.org", ["sent"], []), (None, ["skipped"], ["without_email"])):
        service = VolunteeringInMemory()
        worker = NoticesInMemory(service)
        worker.ways = MAIL
        service.volunteer(email=email)
        service.publish("need_1")
        worker.work()
        assert [notice.state for notice in worker.notices("offer")] == states
        assert [call.reason for call in worker.calls()] == reasons


def test_the_subject_of_a_mail_is_of_its_template_in_both_languages(service: VolunteeringInMemory) -> None:
    worker = NoticesInMemory(service)
    service.volunteer()
    service.publish("need_1")
    worker.follow()
    (offer,) = worker.notices()
    subjects = {template: subject_of(_as(offer, template)).code for template in ("offer", "booking", "thanks")}
    assert Wording("zh").sentence(subjects["offer"], {}) == "【联善】您能否参加志愿服务？"
    assert Wording("en").sentence(subjects["booking"], {}) == "Lianshan: you are booked to volunteer"
    assert len(set(subjects.values())) == 3


def _as(notice: Notice, template: str) -> Notice:
    return notice.model_copy(update={"template": template})
