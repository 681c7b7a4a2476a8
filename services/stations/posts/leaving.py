"""A social worker who leaves or works elsewhere from now on: the person's posts are vacant then, to be filled again."""

from typing import Final

from services.stations.network.domain import Station
from services.stations.posts.domain import REFILLED_WITHIN, without
from services.stations.posts.handlers import POSTS, guard_record
from services.stations.posts.storage import PostsWith
from services.stations.workers.domain import left, transferred
from services.stations.workers.handlers import WORKERS, move_record, person_loads, reach_worker
from shared.contracts.stations.posts import PostVacated
from shared.contracts.stations.workers import EmploymentEnded, EndEmployment, TransferWorker, WorkerTransferred
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, UnitOfWork


def transfer_worker(message: Incoming[TransferWorker]) -> Handling:
    """Have a social worker work at another station; the posts at the former one are vacant. Answers WorkerShape.

    Raises the errors of `transferred` and of every plain change.
    """
    asked, area = message.data, message.actor.area
    yield [*person_loads(asked, area), Get(Station, asked.station_id, area), PostsWith(asked.id)]
    work = yield TURN
    before = reach_worker(work, asked)
    after = transferred(before, work.reach(Station, asked.station_id, "station_id"))
    if after is before:
        return WORKERS.describe(before)
    yield [*WORKERS.load_claims(before, after), *POSTS.load_claims(*work.find(PostsWith(asked.id)))]
    guard_record(work, before.id)
    move_record(work, after)
    _vacate_posts(work, before.id)
    return WORKERS.store(work, before, after, WorkerTransferred)


def end_employment(message: Incoming[EndEmployment]) -> Handling:
    """End the employment of a social worker; the person's posts are vacant. Answers WorkerShape.

    Raises the errors of `left` and of every plain change.
    """
    asked = message.data
    yield [*person_loads(asked, message.actor.area), PostsWith(asked.id)]
    work = yield TURN
    before = reach_worker(work, asked)
    after = left(asked, before, work.now)
    yield [*WORKERS.load_claims(before, after), *POSTS.load_claims(*work.find(PostsWith(asked.id)))]
    guard_record(work, before.id)
    _vacate_posts(work, before.id)
    return WORKERS.store(work, before, after, EmploymentEnded)


def _vacate_posts(work: UnitOfWork, worker_id: str) -> None:
    for post in work.find(PostsWith(worker_id)):
        POSTS.store(work, post, without(post, worker_id, work.now + REFILLED_WITHIN), PostVacated)


HANDLERS: Final[HandlerTable] = {TransferWorker: transfer_worker, EndEmployment: end_employment}
