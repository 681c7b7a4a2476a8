"""The stories of answer links: who has no account answers on a phone."""

import pytest

from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.volunteering.answer_links import AnswerByLink, IssueAnswerLink, LinkAction, hash_token
from shared.contracts.volunteering.misdirections import ResolveMisdirection
from tests.stories.stage import HOUR, Stage
from tests.stories.told import story


@story
def whoever_has_no_account_accepts_by_a_link_and_the_need_is_ready(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    city.volunteer(city.home)
    need = city.ask(station, people=1)
    (offer,) = city.offers(need, 1)
    link = _link(city, offer)
    assert _act(city, link, "accept", 1) == "accepted"
    city.reaches(need, "ready")
    assert _act(city, link, "check_in", 2) == "checked_in", "the slot begins in half an hour"
    city.until(lambda: len(city.dispatches(need, "checked_in")) == 1, "the station sees who has come")


@story
def a_message_that_reached_somebody_else_gives_the_place_on_and_has_the_contact_checked(city: Stage) -> None:
    (station,) = city.open_stations(city.home)
    wrongly_reached = city.volunteer(city.home)
    need = city.ask(station, people=1)
    (offer,) = city.offers(need, 1)
    link = _link(city, offer)
    later = {"headcount": 1, "starts_at": city.now() + 2.5 * HOUR, "ends_at": city.now() + 3 * HOUR}
    asked_too = city.ask(station, volunteers=later)
    (second,) = city.offers(asked_too, 1)
    sent_before = _link(city, second)
    other = city.volunteer(city.home)
    _act(city, link, "not_me", 1)
    city.until(lambda: [row["volunteer_id"] for row in city.dispatches(need, "offered")] == [other], "another is asked")
    for each, version in ((link, 2), (sent_before, 1)):
        with pytest.raises(Refused, match="link_ended"):
            _act(city, each, "accept", version)
    city.until(lambda: len(_open_of(city, wrongly_reached)) == 1, "a coordinator is to check the contact")
    (found,) = _open_of(city, wrongly_reached)
    city.send(ResolveMisdirection(id=found, outcome="contact_corrected"))
    city.until(lambda: not _open_of(city, wrongly_reached), "nothing is left to check")


def _link(city: Stage, dispatch_id: str) -> str:
    link_id = hash_token(f"the token for {dispatch_id}")
    city.send(IssueAnswerLink(dispatch_id=dispatch_id, link_id=link_id))
    return link_id


def _act(city: Stage, link_id: str, action: LinkAction, version: int) -> str:
    """Act as the holder, who has seen that version; return the state of the dispatch."""
    holder = Actor(kind="person", id=f"link:{link_id[:32]}", roles=("link",))
    acted = city.send(AnswerByLink(link_id=link_id, action=action, expected_version=version), holder)
    return str(acted["state"])


def _open_of(city: Stage, volunteer_id: str) -> list[str]:
    shapes = (row["shape"] for row in city.shown("misdirections"))
    return [shape["id"] for shape in shapes if (shape["volunteer_id"], shape["state"]) == (volunteer_id, "open")]
