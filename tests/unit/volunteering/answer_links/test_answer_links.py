"""A volunteer answers by a link: one dispatch, as long as it lasts, and nothing else."""

from datetime import timedelta
from hashlib import sha256

import pytest
from volunteering_in_memory import HOUR, MINUTE, SECOND, VolunteeringInMemory

from services.volunteering.answer_links.domain import KEPT, AnswerLink, make_link
from services.volunteering.answer_links.handlers import HANDLERS
from services.volunteering.matching.domain.volunteers import Volunteer
from services.volunteering.misdirections.domain import Misdirection
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.volunteering.answer_links import (
    LEAST_BYTES,
    AnswerByLink,
    IssueAnswerLink,
    IssuedLink,
    LinkAction,
    LinkedDispatch,
    hash_token,
    list_actions,
    make_token,
)
from shared.contracts.volunteering.dispatch import AcceptOffer
from shared.contracts.volunteering.misdirections import ResolveMisdirection
from shared.engine.decide.memory import START

HOLDER = Actor(kind="person", id="link:0123", roles=("link",))


def issue(service: VolunteeringInMemory, dispatch: str, key: str | None = None) -> str:
    """Have a link issued, and return its token, drawn as the gateway does."""
    token = make_token(sha256(f"{dispatch} {key} {len(service.engine.all(AnswerLink))}".encode()).digest())
    issued: IssuedLink = service.engine.command(IssueAnswerLink(dispatch_id=dispatch, link_id=hash_token(token)), key)
    assert issued.link_id == hash_token(token)
    return token


def act(
    service: VolunteeringInMemory, token: str, action: LinkAction, version: int | None = None, key: str | None = None
) -> LinkedDispatch:
    """Act as the holder, who has seen the dispatch's version of now where none is given."""
    link_id = hash_token(token)
    if version is None:
        links = {link.id: link.dispatch_id for link in service.engine.all(AnswerLink)}
        version = next((one.version for one in service.dispatches("need_1") if one.id == links.get(link_id)), 0)
    asked = AnswerByLink(link_id=link_id, action=action, expected_version=version)
    done: LinkedDispatch = service.engine.command(asked, key, HOLDER)
    return done


@pytest.fixture
def offered(service: VolunteeringInMemory) -> tuple[VolunteeringInMemory, str, str]:
    """One volunteer is asked for need_1, whose slot is from one hour to three hours after the start, and has a link."""
    service.volunteer()
    service.publish("need_1")
    (row,) = service.dispatches("need_1", "offered")
    return service, row.id, issue(service, row.id)


Offered = tuple[VolunteeringInMemory, str, str]


def test_a_volunteer_accepts_comes_and_leaves_by_one_link(offered: Offered) -> None:
    service, dispatch, token = offered
    assert act(service, token, "accept").state == "accepted"
    service.wait(HOUR)
    assert act(service, token, "check_in").state == "checked_in"
    service.wait(HOUR)
    left = act(service, token, "check_out")
    assert (left.state, left.minutes, left.dispatch_id) == ("checked_out", 60, dispatch)
    service.confirm("need_1")
    assert service.states("need_1") == ["credited"]
    assert service.broken_laws() == []


def test_a_decline_gives_the_place_to_others_and_ends_the_link(offered: Offered) -> None:
    service, _, token = offered
    assert act(service, token, "decline").state == "declined"
    for action in ("accept", "decline", "check_in", "check_out", "not_me"):
        with pytest.raises(Refused, match="link_ended"):
            act(service, token, action)
    assert service.states("need_1") == ["declined"]


def test_a_link_that_reached_somebody_else_stays_ended_where_the_volunteer_accepts_after_all(offered: Offered) -> None:
    service, dispatch, token = offered
    assert act(service, token, "not_me").state == "declined"
    service.accept(dispatch)  # a coordinator has found the volunteer
    service.wait(HOUR)
    for action in ("check_in", "decline"):
        with pytest.raises(Refused, match="link_ended"):
            act(service, token, action)
    assert service.states("need_1") == ["accepted"]
    assert act(service, issue(service, dispatch), "check_in").state == "checked_in"


def test_a_message_to_somebody_else_ends_every_link_that_was_made_for_the_volunteer_before(offered: Offered) -> None:
    service, _, token = offered
    service.publish("need_2", starts=timedelta(days=2))
    (second,) = service.dispatches("need_2", "offered")
    other = issue(service, second.id)
    assert act(service, token, "not_me").state == "declined"
    with pytest.raises(Refused, match="link_ended"):
        act(service, other, "accept", second.version)
    service.wait()
    assert act(service, issue(service, second.id), "accept", second.version).state == "accepted"
    (reported,) = service.engine.all(Misdirection)
    service.engine.command(ResolveMisdirection(id=reported.id, outcome="contact_right"))
    service.wait(START + timedelta(days=2) - service.engine.now)
    (second,) = service.dispatches("need_2")
    assert act(service, other, "check_in", second.version).state == "checked_in", "a button pressed by mistake"
    with pytest.raises(Refused, match="link_ended"):
        act(service, token, "accept")


def test_a_link_that_reached_somebody_else_ends_also_by_a_clock_that_is_behind(offered: Offered) -> None:
    service, dispatch, token = offered
    service.engine.now -= MINUTE  # another replica's, behind the one that made the link
    act(service, token, "not_me")
    service.accept(dispatch)
    with pytest.raises(Refused, match="link_ended"):
        act(service, token, "decline")


def test_links_of_a_merged_volunteer_end_under_every_id(service: VolunteeringInMemory) -> None:
    volunteer = service.volunteer()
    service.publish("need_1", starts=timedelta(days=2))
    service.publish("need_2", starts=timedelta(days=3))
    (row,), (second,) = service.dispatches("need_1"), service.dispatches("need_2")
    token, other = issue(service, row.id), issue(service, second.id)
    service.merge(volunteer, service.volunteer())
    act(service, token, "not_me")
    with pytest.raises(Refused, match="link_ended"):
        act(service, other, "accept", service.dispatches("need_2")[0].version)
    (second,) = service.dispatches("need_2")
    service.merge(second.volunteer_id, service.volunteer())  # neither id of the link, the third stands for both
    with pytest.raises(Refused, match="link_ended"):
        act(service, other, "accept", service.dispatches("need_2")[0].version)


@pytest.mark.parametrize("ended", ["cancelled", "expired", "over", "enough"])
def test_a_link_ends_with_its_dispatch_whatever_ends_it(offered: Offered, ended: str) -> None:
    service, dispatch, token = offered
    if ended == "cancelled":
        service.cancel("need_1")
    elif ended == "expired":
        service.engine.now = service.dispatches("need_1")[0].expires_at or START  # before its timer fires
    elif ended == "over":
        service.accept(dispatch)
        service.wait(3 * HOUR + timedelta(days=1))
    else:
        other = service.volunteer()
        service.decline(dispatch)
        assert other
    with pytest.raises(Refused, match="link_ended"):
        act(service, token, "accept")


def test_a_link_never_acts_for_another_dispatch(service: VolunteeringInMemory) -> None:
    service.volunteer()
    service.volunteer()
    service.publish("need_1", headcount=2)
    first, second = (row.id for row in service.dispatches("need_1", "offered"))
    act(service, issue(service, first), "accept")
    assert [(row.id, row.state) for row in service.dispatches("need_1")] == [(first, "accepted"), (second, "offered")]


@pytest.mark.parametrize("forged", ["", "A" * 22, "A" * 43])
def test_an_unknown_token_is_refused_and_changes_nothing(offered: Offered, forged: str) -> None:
    service, _, token = offered
    for wrong in (forged, token + "A", token[:-1], token.swapcase()):
        with pytest.raises(Refused, match="not_found"):
            act(service, wrong, "accept", version=1)
    assert service.states("need_1") == ["offered"]


def test_the_hash_of_a_token_is_kept_and_the_token_nowhere(offered: Offered) -> None:
    service, _, token = offered
    (link,) = service.engine.all(AnswerLink)
    assert link.id == sha256(token.encode()).hexdigest()
    assert token not in repr([link.to_document() for link in service.engine.all(AnswerLink)])
    assert token not in repr(service.engine.events)


def test_the_same_form_sent_twice_acts_once(offered: Offered) -> None:
    service, _, token = offered
    once = act(service, token, "accept", version=1, key="form")
    again = act(service, token, "accept", version=1, key="form")
    assert once == again
    assert [row.version for row in service.dispatches("need_1")] == [once.version]


def test_a_page_that_is_out_of_date_changes_nothing(offered: Offered) -> None:
    service, dispatch, token = offered
    seen = service.dispatches("need_1")[0].version
    service.accept(dispatch)
    with pytest.raises(Refused, match="version_mismatch"):
        act(service, token, "decline", version=seen)
    assert service.states("need_1") == ["accepted"]


def test_whoever_was_not_meant_gives_the_place_back_without_harm_to_the_volunteer(offered: Offered) -> None:
    service, _, token = offered
    act(service, token, "accept")
    before = service.engine.all(Volunteer)[0]
    act(service, token, "not_me")
    after = service.person(before.id)
    assert (service.states("need_1"), after.missed) == (["declined"], before.missed), "an hour before the slot"
    with pytest.raises(Refused, match="link_ended"):
        act(service, token, "accept")


def test_a_withdrawal_by_link_counts_as_any_other(offered: Offered) -> None:
    service, _, token = offered
    act(service, token, "accept")
    before = service.engine.all(Volunteer)[0]
    act(service, token, "decline")
    assert service.person(before.id).missed == before.missed + 1, "an hour before the slot"


def test_a_link_has_no_other_right(offered: Offered) -> None:
    service, dispatch, _ = offered
    with pytest.raises(Refused, match="permission_missing"):
        service.engine.command(AcceptOffer(dispatch_id=dispatch), actor=HOLDER)
    with pytest.raises(Refused, match="permission_missing"):
        service.engine.command(IssueAnswerLink(dispatch_id=dispatch, link_id="0" * 64), actor=HOLDER)


def test_a_key_of_another_area_gets_no_link(offered: Offered) -> None:
    service, dispatch, _ = offered
    elsewhere = Actor(kind="key", id="key_far", roles=("volunteer_coordinator",), area="310101")
    with pytest.raises(Refused, match="not_found"):
        service.engine.command(IssueAnswerLink(dispatch_id=dispatch, link_id="0" * 64), actor=elsewhere)


def test_nobody_gets_a_link_for_a_dispatch_that_is_over(offered: Offered) -> None:
    service, dispatch, _ = offered
    service.decline(dispatch)
    with pytest.raises(Refused, match="nothing_to_answer"):
        issue(service, dispatch)


def test_a_dispatch_may_have_several_links_and_each_acts(offered: Offered) -> None:
    service, dispatch, token = offered
    other = issue(service, dispatch)
    act(service, token, "accept")
    assert act(service, other, "decline").state == "declined"


def test_the_holder_is_no_hindrance_to_a_second_person_who_states_the_time(offered: Offered) -> None:
    service, dispatch, token = offered
    act(service, token, "accept")
    service.wait(HOUR)
    act(service, token, "check_in")
    service.wait(4 * HOUR)
    stated = service.state_hours(dispatch, left=2 * HOUR)
    assert (stated.state, stated.minutes) == ("checked_out", 60), SECOND.id


def test_the_page_offers_the_acts_that_are_open_and_no_others(offered: Offered) -> None:
    service, _, token = offered
    shown = act(service, token, "accept")
    early = shown.check_in_from
    assert list_actions(shown, early - MINUTE) == ("decline", "not_me")
    assert list_actions(shown, early) == ("check_in", "decline", "not_me")
    assert list_actions(shown, shown.ends_at) == ("decline", "not_me")
    assert list_actions(shown, shown.link_ends_at) == ()
    come = act(service, token, "check_in")
    assert list_actions(come, come.starts_at - MINUTE) == ("decline", "not_me")
    assert list_actions(come, come.starts_at) == ("check_out",)


def test_a_token_has_128_random_bits_at_least_and_its_link_is_kept_a_month_longer(offered: Offered) -> None:
    (dispatch,) = offered[0].dispatches("need_1")
    with pytest.raises(ValueError, match="16 random bytes"):
        make_link(dispatch, START, START, bytes(LEAST_BYTES - 1))
    token, link = make_link(dispatch, START, START, bytes(LEAST_BYTES))
    assert (token, link.id) == ("A" * 22, hash_token("A" * 22))
    assert (link.dispatch_id, link.ends_at, link.kept_until) == (dispatch.id, START, START + KEPT)
    assert AnswerLink.from_document(link.to_document()) == link


def test_only_the_two_commands_are_obeyed() -> None:
    assert set(HANDLERS) == {IssueAnswerLink, AnswerByLink}
