"""Posts of stations: vacancies with a time and an owner, one full-time post a person, nobody in one after leaving."""

from datetime import timedelta
from typing import Any

import pytest
from residents_in_memory import CENTRE, ELM, ResidentsInMemory, worker
from stations_in_memory import COMMUNITY, NEXT_DOOR

from services.stations.posts.domain import Post
from services.stations.workers.days import today_of
from services.stations.workers.domain import Worker
from shared.contracts import Refused
from shared.contracts.messages import Command
from shared.contracts.plain import NextStep
from shared.contracts.stations.network import CloseStation
from shared.contracts.stations.posts import (
    ChangePost,
    ClosePost,
    FillPost,
    OpenPost,
    PostShape,
    PostVacated,
    VacancyOverdue,
    VacatePost,
)
from shared.contracts.stations.succession import MergeStation
from shared.contracts.stations.workers import EndEmployment, RegisterWorker, TransferWorker, WorkerStationClosed
from shared.engine.decide.batch import decide
from shared.engine.decide.incoming import Incoming
from shared.engine.decide.limits import Conflict
from shared.engine.decide.memory import START

DAY = timedelta(days=1)
TODAY = today_of(START)
BY = START + 60 * DAY


class Staffed(ResidentsInMemory):
    """Two neighbouring stations, with calls about posts and the people in them."""

    def open(self, **changes: Any) -> PostShape:
        posted = {"station_id": self.station_id, "function": "caseworker", "fill_by": BY, **changes}
        post: PostShape = self.engine.command(OpenPost.model_validate(posted), actor=CENTRE)
        return post

    def hire(self, **changes: Any) -> str:
        posted = {
            "station_id": self.station_id, "name": "Lin Invented", "phone": "13800138002",
            "employed_on": TODAY - 40 * DAY, **changes,
        }  # fmt: skip
        worker_id: str = self.engine.command(RegisterWorker.model_validate(posted), actor=CENTRE).id
        return worker_id

    def fill(self, post: str, worker_id: str) -> PostShape:
        filled: PostShape = self.act(FillPost, post, CENTRE, worker_id=worker_id)
        return filled

    def stands(self, post: str) -> Post:
        return self.engine.one(Post, post)

    def reminded(self) -> list[str]:
        found = [event.data for event in self.engine.events if isinstance(event.data, VacancyOverdue)]
        return [one.reminder.level for one in found if one.reminder is not None]

    def refusal(self, command: Command) -> tuple[str, str | None]:
        with pytest.raises(Refused) as refused:
            self.engine.command(command, actor=CENTRE)
        return refused.value.rule, refused.value.field

    def decided_at_once(self, first: Command, second: Command) -> None:
        """Two replicas decide on the same state; the second one's writes are kept after those of the first."""
        both = []
        for nth, command in enumerate((first, second)):
            asked: Incoming[Any] = self.engine.incoming("command", command, command.type, f"key-{nth}", actor=CENTRE)
            handler = self.engine.handlers.find(asked.realm, asked.type)
            assert handler is not None
            both.append(decide([(asked, handler)], self.engine.fetch, self.engine.now))
        for each in both:
            assert [one.refusal for one in each.outcomes] == [None]
            self.engine.keep(each)


@pytest.fixture
def town() -> Staffed:
    return Staffed()


def test_a_vacancy_is_a_task_until_every_place_is_filled(town: Staffed) -> None:
    post = town.open(headcount=2)
    args = {"count": 2, "function": "caseworker"}
    assert (post.function, post.state, post.next_step) == (
        "caseworker", "vacant", NextStep(code="fill_post", args=args, due=BY),
    )  # fmt: skip
    half = town.fill(post.id, first := town.hire())
    assert (half.state, half.vacant, half.workers) == ("vacant", 1, (first,))
    whole = town.fill(post.id, second := town.hire())
    assert (whole.state, whole.vacant, whole.workers, whole.next_step) == ("filled", 0, (first, second), None)
    assert town.refusal(FillPost(id=post.id, worker_id=town.hire())) == ("post_without_vacancy", "id")


def test_a_vacancy_reminds_the_street_centre_then_the_district(town: Staffed) -> None:
    post = town.open()
    town.engine.advance(61 * DAY)
    assert town.reminded() == ["street"]
    town.engine.advance(15 * DAY)
    assert town.reminded() == ["street", "district"]
    filled = town.fill(post.id, town.hire())
    assert (filled.reminder, filled.next_step) == (None, None)
    town.engine.advance(60 * DAY)
    assert town.reminded() == ["street", "district"]


def test_nobody_has_two_full_time_posts_and_some_part_time_ones_beside(town: Staffed) -> None:
    lin = town.hire()
    town.fill(town.open().id, lin)
    assert town.refusal(FillPost(id=town.open().id, worker_id=lin)) == ("held_by_another", "worker_id")
    beside = [town.open(full_time=False).id for _ in range(5)]
    for post in beside[:4]:
        town.fill(post, lin)
    assert town.refusal(FillPost(id=beside[4], worker_id=lin)) == ("worker_posts_full", "worker_id")
    assert town.refusal(FillPost(id=town.open(headcount=2).id, worker_id=lin))[0] == "worker_posts_full"


def test_two_replicas_give_nobody_two_full_time_posts(town: Staffed) -> None:
    lin, one, other = town.hire(), town.open().id, town.open().id
    with pytest.raises(Conflict):
        town.decided_at_once(FillPost(id=one, worker_id=lin), FillPost(id=other, worker_id=lin))


def test_a_post_is_not_filled_past_the_end_of_the_employment(town: Staffed) -> None:
    lin, post = town.hire(), town.open(full_time=False).id
    gone = EndEmployment(id=lin, reason="resigned", left_on=TODAY)
    with pytest.raises(Conflict):
        town.decided_at_once(FillPost(id=post, worker_id=lin), gone)


def test_the_posts_of_somebody_who_leaves_are_vacant_with_a_time(town: Staffed) -> None:
    lin = town.hire()
    posts = [town.open().id, town.open(full_time=False).id]
    for post in posts:
        town.fill(post, lin)
    town.act(EndEmployment, lin, CENTRE, reason="resigned", left_on=TODAY)
    assert [(town.stands(one).workers, town.stands(one).state) for one in posts] == [((), "vacant")] * 2
    assert {town.stands(one).fill_by for one in posts} == {town.engine.now + 60 * DAY}
    assert len([event for event in town.engine.events if isinstance(event.data, PostVacated)]) == 2
    assert town.refusal(FillPost(id=posts[0], worker_id=lin)) == ("worker_in_state", "worker_id")
    town.fill(posts[0], town.hire())


def test_a_vacancy_more_leaves_an_earlier_time_as_it_is(town: Staffed) -> None:
    lin = town.hire()
    town.fill(post := town.open(headcount=2).id, lin)
    later = {"worker_id": lin, "reason": "other_post", "fill_by": BY + 30 * DAY}
    assert town.act(VacatePost, post, CENTRE, **later).fill_by == BY


def test_a_transfer_vacates_the_posts_at_the_former_station(town: Staffed) -> None:
    lin = town.hire()
    town.fill(post := town.open().id, lin)
    town.act(TransferWorker, lin, CENTRE, station_id=town.station_id)
    assert town.stands(post).workers == (lin,), "that is no transfer"
    town.act(TransferWorker, lin, CENTRE, station_id=town.next_door)
    assert town.stands(post).state == "vacant"
    assert town.refusal(FillPost(id=post, worker_id=lin)) == ("worker_of_another_station", "worker_id")
    town.fill(town.open(station_id=town.next_door).id, lin)


def test_a_post_is_vacated_changed_and_closed(town: Staffed) -> None:
    lin = town.hire()
    town.fill(post := town.open().id, lin)
    assert town.refusal(ChangePost(id=post, fill_by=START)) == ("fill_by_range", "fill_by")
    more = town.act(ChangePost, post, CENTRE, headcount=2, fill_by=START + 90 * DAY)
    assert (more.vacant, more.fill_by) == (1, START + 90 * DAY)
    vacated = town.act(VacatePost, post, CENTRE, worker_id=lin, reason="other_post", fill_by=START + 30 * DAY)
    assert (vacated.vacant, vacated.workers, vacated.fill_by) == (2, (), START + 30 * DAY)
    again = {"worker_id": lin, "reason": "left", "fill_by": BY}
    assert town.refusal(VacatePost.model_validate({"id": post, **again})) == ("post_not_of_worker", "worker_id")
    town.fill(post, lin)
    town.fill(post, town.hire())
    assert town.refusal(ChangePost(id=post, headcount=1)) == ("headcount_below_filled", "headcount")
    closed = town.act(ClosePost, post, CENTRE, reason="reorganised")
    assert (closed.state, closed.workers, closed.vacant, closed.next_step) == ("closed", (), 0, None)
    assert town.refusal(FillPost(id=post, worker_id=lin)) == ("post_closed", "id")
    town.fill(town.open().id, lin)


def test_another_station_neither_sees_nor_fills_a_post_and_nobody_takes_its_people(town: Staffed) -> None:
    post, lin = town.open().id, town.hire()
    neighbour = worker("account_next", NEXT_DOOR, "supervisor")
    theirs = town.open(station_id=town.next_door).id
    for asked in (
        ChangePost(id=post, headcount=2), FillPost(id=post, worker_id=lin), ClosePost(id=post, reason="reorganised"),
        VacatePost(id=post, worker_id=lin, reason="left", fill_by=BY), FillPost(id=theirs, worker_id=lin),
        OpenPost(station_id=town.station_id, function="caseworker", fill_by=BY),
    ):  # fmt: skip
        with pytest.raises(Refused, match="unknown_id"):
            town.engine.command(asked, actor=neighbour)
    with pytest.raises(Refused, match="permission"):
        town.engine.command(FillPost(id=post, worker_id=lin), actor=ELM)


def test_posts_and_their_people_go_along_when_their_station_is_merged(town: Staffed) -> None:
    lin = town.hire()
    town.fill(post := town.open().id, lin)
    town.engine.command(MergeStation(id=town.station_id, into_id=town.next_door))
    town.engine.advance(DAY)
    assert (town.stands(post).station_id, town.stands(post).area) == (town.next_door, NEXT_DOOR)
    assert town.stands(post).workers == (lin,)
    assert town.engine.one(Worker, lin).station_id == town.next_door


def test_posts_end_with_a_closed_station_and_its_people_need_another_one(town: Staffed) -> None:
    lin = town.hire()
    town.fill(post := town.open().id, lin)
    town.engine.command(CloseStation(id=town.station_id))
    town.engine.advance(timedelta(hours=1))
    assert (town.stands(post).state, town.stands(post).reason) == ("closed", "station_closed")
    (left,) = [event.data for event in town.engine.events if isinstance(event.data, WorkerStationClosed)]
    assert (left.id, left.area, left.next_step is not None and left.next_step.code) == (
        lin,
        COMMUNITY,
        "assign_station",
    )
    moved = town.act(TransferWorker, lin, CENTRE, station_id=town.next_door)
    assert (moved.assign_by, moved.next_step) == (None, None)
