"""The commands of posts. Those about a social worker store the person's record as it is: of two at once, such as a post
that is filled and an employment that ends, the second is decided again.
"""

from typing import Final

from services.stations.network.domain import Station
from services.stations.posts.domain import (
    REMINDERS,
    Post,
    PostDue,
    changed,
    closed,
    filled,
    find_next_step,
    list_exclusive,
    opened,
    vacated,
)
from services.stations.posts.storage import PostsWith
from services.stations.workers.domain import Worker, WorkerRecord
from shared.contracts.stations.posts import (
    ChangePost,
    ClosePost,
    FillPost,
    OpenPost,
    PostChanged,
    PostClosed,
    PostFilled,
    PostOpened,
    PostShape,
    PostVacated,
    VacancyOverdue,
    VacatePost,
)
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork
from shared.engine.decide.external_ids import Namer, keep_name, name_load
from shared.engine.plain import Plain, check_version

POSTS: Final = Plain(Post, "post", PostShape, find_next_step, list_exclusive, reminders=REMINDERS)


def open_post(message: Incoming[OpenPost], vault: Namer) -> Handling:
    """Open a post. Answers PostShape. Raises the errors of `opened` and of every creation."""
    asked, actor = message.data, message.actor
    named = name_load(vault, actor.principal, POSTS.kind, asked.external_id)
    yield [Get(Station, asked.station_id, actor.area), *named]
    work = yield TURN
    station = work.reach(Station, asked.station_id, "station_id")
    after = opened(asked, station, work.new_id(POSTS.kind), work.now)
    keep_name(work, vault, POSTS.kind, after.id, asked.external_id)
    return POSTS.store(work, None, after, PostOpened)


def fill_post(message: Incoming[FillPost]) -> Handling:
    """Give a post to a social worker. Answers PostShape.

    Raises the errors of `filled` and of every plain change, and Refused("conflict") for one who has another full-time
    post, naming it.
    """
    asked, area = message.data, message.actor.area
    yield [
        Get(Post, asked.id, area),
        Get(Worker, asked.worker_id, area),
        Get(WorkerRecord, asked.worker_id),
        PostsWith(asked.worker_id),
    ]
    work = yield TURN
    before = work.reach(Post, asked.id, "id")
    check_version(before, POSTS.kind, asked.expected_version)
    worker = work.reach(Worker, asked.worker_id, "worker_id")
    after = filled(before, worker, work.find(PostsWith(asked.worker_id)))
    yield POSTS.load_claims(before, after)
    guard_record(work, worker.id)
    return POSTS.store(work, before, after, PostFilled)


def guard_record(work: UnitOfWork, worker_id: str) -> None:
    """Store the record as it is: another decision about the person, made at once, is made again and sees this one.

    Needs its load.
    """
    if (record := work.get(WorkerRecord, worker_id)) is not None:
        work.put(record)


HANDLERS: Final[HandlerTable] = {
    OpenPost: open_post,
    ChangePost: POSTS.change(changed, PostChanged),
    FillPost: fill_post,
    VacatePost: POSTS.change(vacated, PostVacated),
    ClosePost: POSTS.change(closed, PostClosed),
    PostDue: POSTS.remind(VacancyOverdue),
}
