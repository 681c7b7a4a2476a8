"""The posts of a station that has ended: they go on at its successor with the people in them, or end with it."""

from services.stations.network.domain import Station
from services.stations.posts.domain import Post, ended
from services.stations.posts.handlers import POSTS
from services.stations.posts.storage import PostsOf
from shared.contracts.stations.posts import PostClosed, PostHandedOver
from shared.engine import Loading, UnitOfWork


def load_posts(station_id: str) -> Loading:
    """Load the next posts of the station, with the claims of the people in them."""
    work = yield [PostsOf(station_id)]
    yield POSTS.load_claims(*work.find(PostsOf(station_id)))


def hand_over_posts(work: UnitOfWork, station_id: str, successor: Station | None) -> bool:
    """Hand over the posts that `load_posts` has loaded, or close them; return whether more may be left."""
    found = work.find(PostsOf(station_id))
    for before in found:
        if successor is None:
            POSTS.store(work, before, ended(before, "station_closed", work.now), PostClosed)
        else:
            POSTS.store(work, before, _moved(before, successor), PostHandedOver)
    return len(found) == PostsOf.limit


def _moved(before: Post, successor: Station) -> Post:
    return before.model_copy(update={"station_id": successor.id, "area": successor.area, "reminder": None})
