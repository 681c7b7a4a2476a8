"""A post (岗位) through its life: opened, filled, vacated, closed. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Final

from services.stations.network.domain import Station, require_open
from services.stations.workers.domain import Worker, require_at_work
from shared.contracts.plain import NextStep
from shared.contracts.refusals import Refused
from shared.contracts.stations.posts import (
    MOST_POSTS,
    ChangePost,
    ClosePost,
    OpenPost,
    PostClosing,
    PostShape,
    VacatePost,
)
from shared.engine.plain import Aggregate, Exclusive
from shared.engine.reminders import Due, Reminders

LATEST: Final = timedelta(days=365)
"""The longest time until a vacancy is filled."""
REFILLED_WITHIN: Final = timedelta(days=60)
"""The time for a vacancy that nobody has set one for: the social worker has left, or works elsewhere."""


class Post(PostShape, Aggregate):
    """A post as it is stored."""

    collection: ClassVar[str] = "posts"


class PostDue(Due):
    """A vacancy was not filled in time: the next level is reminded."""

    type: ClassVar[str] = "stations.post_due"


STEPS: Final = frozenset({"fill_post"})
REMINDERS: Final = Reminders(PostDue, STEPS, escalate=timedelta(days=14), above=STEPS)
"""Building posts is a task of the street centre, and not of the station."""


def opened(asked: OpenPost, station: Station, post_id: str, now: datetime) -> Post:
    """Return a new, vacant post.

    Raises Refused: "wrong_state" for a station that is not open, "invalid" for the time.
    """
    require_open(station, "station_id")
    _require_ahead(asked.fill_by, now)
    return Post(
        id=post_id, version=0, area=station.area, station_id=station.id, function=asked.function,
        headcount=asked.headcount, full_time=asked.full_time, vacant=asked.headcount, state="vacant",
        fill_by=asked.fill_by, opened_at=now,
    )  # fmt: skip


def changed(asked: ChangePost, before: Post, now: datetime) -> Post:
    """Return the post with another headcount or time; itself where both are as before.

    Raises Refused: "wrong_state" for a closed post, "invalid" for the time and a headcount below the people in it.
    """
    _require_standing(before)
    headcount, fill_by = asked.headcount or before.headcount, asked.fill_by or before.fill_by
    if headcount < len(before.workers):
        raise Refused("invalid", "headcount_below_filled", field="headcount", filled=len(before.workers))
    if (headcount, fill_by) == (before.headcount, before.fill_by):
        return before
    # A filled post gets a vacancy whose time must lie ahead, whether or not it is given now.
    if asked.fill_by is not None or (headcount > len(before.workers) and before.state == "filled"):
        _require_ahead(fill_by, now)
    return counted(before.model_copy(update={"headcount": headcount, "fill_by": fill_by}))


def filled(before: Post, worker: Worker, others: Sequence[Post]) -> Post:
    """Return the post with the social worker in it; `others` are the posts that the person has now.

    Raises Refused: "wrong_state" for a post without a vacancy and for one who is not employed, "invalid" for one of
    another station, "conflict" for one who has this post, or has too many.
    """
    _require_standing(before)
    require_at_work(worker, "worker_id")
    if worker.station_id != before.station_id:
        raise Refused("invalid", "worker_of_another_station", field="worker_id", station=worker.station_id)
    if worker.id in before.workers:
        raise Refused("conflict", "post_filled_by_them", field="worker_id", worker=worker.id)
    if before.vacant == 0:
        raise Refused("wrong_state", "post_without_vacancy", field="id", headcount=before.headcount)
    if len(others) >= MOST_POSTS:
        raise Refused("conflict", "worker_posts_full", field="worker_id", most=MOST_POSTS)
    return counted(before.model_copy(update={"workers": (*before.workers, worker.id)}))


def vacated(asked: VacatePost, before: Post, now: datetime) -> Post:
    """Return the post without the social worker.

    Raises Refused: "wrong_state" for a closed post and for one who does not have it, "invalid" for the time.
    """
    _require_standing(before)
    _require_ahead(asked.fill_by, now)
    if asked.worker_id not in before.workers:
        raise Refused("wrong_state", "post_not_of_worker", field="worker_id", worker=asked.worker_id)
    return without(before, asked.worker_id, asked.fill_by)


def without(before: Post, worker_id: str, fill_by: datetime) -> Post:
    """Return the post without that social worker, to be filled by then, or earlier where it has a vacancy already."""
    workers = tuple(one for one in before.workers if one != worker_id)
    due = min(before.fill_by, fill_by) if before.vacant else fill_by
    return counted(before.model_copy(update={"workers": workers, "fill_by": due}))


def closed(asked: ClosePost, before: Post, now: datetime) -> Post:
    """Return the post as closed, with nobody in it. Raises Refused("wrong_state") where it is closed already."""
    _require_standing(before)
    return ended(before, asked.reason, now)


def ended(before: Post, reason: PostClosing, now: datetime) -> Post:
    """Return the post as closed for that reason, with nobody in it."""
    update = {"state": "closed", "workers": (), "vacant": 0, "closed_at": now, "reason": reason}
    return before.model_copy(update=update)


def counted(post: Post) -> Post:
    """Return the post with its vacancies counted, and the state that follows."""
    vacant = post.headcount - len(post.workers)
    return post.model_copy(update={"vacant": vacant, "state": "vacant" if vacant else "filled"})


def find_next_step(post: Post) -> NextStep | None:
    """Return the next step: to fill the vacancies; None where there is none."""
    if post.state != "vacant":
        return None
    return NextStep(code="fill_post", args={"count": post.vacant, "function": post.function}, due=post.fill_by)


def list_exclusive(post: Post) -> Sequence[Exclusive]:
    """Return the people in a full-time post: each has one full-time post alone."""
    if not post.full_time or post.state == "closed":
        return ()
    return tuple(Exclusive(worker, "worker_id") for worker in post.workers)


def _require_standing(post: Post) -> None:
    if post.state == "closed":
        raise Refused("wrong_state", "post_closed", field="id")


def _require_ahead(fill_by: datetime, now: datetime) -> None:
    if not now < fill_by <= now + LATEST:
        raise Refused("invalid", "fill_by_range", field="fill_by", days=LATEST.days)
