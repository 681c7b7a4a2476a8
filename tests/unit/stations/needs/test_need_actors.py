"""Events name the actors of a publication and a confirmation, opaquely; a city may ask for two of them."""

from datetime import timedelta

import pytest
from stations_in_memory import StationsInMemory

from services.stations.needs.policy import NeedsPolicy
from shared.contracts.access import Actor
from shared.contracts.refusals import Refused
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import ConfirmNeed, NeedConfirmed, NeedPublished, PublishNeed
from shared.engine.decide.actor_references import ActorReference

ROLES = ("station_worker",)
WORKER = Actor(kind="key", id="key_1", roles=ROLES, on_behalf_of="principal_worker")
ROTATED = WORKER.model_copy(update={"id": "key_2"})
SUPERVISOR = Actor(kind="key", id="key_3", roles=ROLES, on_behalf_of="principal_supervisor")


@pytest.fixture(params=[True, False], ids=["another", "anybody"])
def by_another(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def ready(stations: StationsInMemory, *, at_once: bool = False) -> NeedAnswer:
    """A need that the worker has published, and that charity has linked all of."""
    lines = [{"kind": "money", "amount_fen": 5000}]
    asked = stations.asked(volunteers=None, lines=lines, publish=at_once)
    answer = stations.engine.command(asked, actor=WORKER)
    if not at_once:
        answer = stations.engine.command(PublishNeed(need_id=answer.id), actor=WORKER)
    stations.link(answer.id, 1, 5000)
    return answer


def confirm(stations: StationsInMemory, need_id: str, actor: Actor) -> NeedConfirmed:
    stations.engine.advance(timedelta(minutes=1))
    stations.engine.command(ConfirmNeed(need_id=need_id), actor=actor)
    return stations.engine.emitted(NeedConfirmed)[-1]


def make(by_another: bool) -> StationsInMemory:
    return StationsInMemory(NeedsPolicy(need_confirmed_by_another=by_another))


def test_the_actor_who_published_a_need_may_not_confirm_it_where_the_city_asks_for_another() -> None:
    stations = make(by_another=True)
    for at_once in (True, False):
        need_id = ready(stations, at_once=at_once).id
        for actor in (WORKER, ROTATED):
            with pytest.raises(Refused) as refusal:
                stations.engine.command(ConfirmNeed(need_id=need_id), actor=actor)
            assert (refusal.value.code, refusal.value.rule) == ("not_allowed", "own_act")
        done = confirm(stations, need_id, SUPERVISOR)
        assert done.confirmed_by is not None
        assert done.published_by != done.confirmed_by


def test_by_default_one_actor_may_do_both_and_the_event_shows_it() -> None:
    stations = make(by_another=False)
    done = confirm(stations, ready(stations).id, ROTATED)
    assert done.published_by is not None
    assert done.published_by == done.confirmed_by == stations.engine.emitted(NeedPublished)[-1].published_by


def test_a_draft_was_published_by_nobody() -> None:
    stations = make(by_another=True)
    answer = stations.engine.command(stations.asked(publish=False), actor=WORKER)
    assert stations.need(answer.id).published_by is None
    assert stations.engine.all(ActorReference) == []


def test_no_event_and_no_need_holds_the_principal(by_another: bool) -> None:
    stations = make(by_another)
    need_id = ready(stations).id
    confirm(stations, need_id, SUPERVISOR)
    told = "".join(event.model_dump_json() for event in stations.engine.events)
    assert "principal_" not in told + stations.need(need_id).model_dump_json()
    assert "key_" not in told
