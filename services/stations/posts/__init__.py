"""Posts (岗位) of stations and street centres: their headcount, the social workers in them, and their vacancies.

Owns `posts`. Nobody has two full-time posts: each of them is claimed. Stands above the social workers, because the end
of an employment, or a transfer, vacates the person's posts.
"""

from typing import Final

from services.stations.posts.domain import Post
from services.stations.posts.handlers import HANDLERS
from services.stations.posts.leaving import HANDLERS as LEAVING
from services.stations.posts.storage import INDEXES
from shared.engine import Capability, Document, Holding
from shared.engine.plain import Claim
from shared.people.holdings import KEPT_NAMELESS


def _of_one(row: Document, person_id: str) -> Document:
    """Return the post without the other social workers in it."""
    return {**row, "workers": [person_id]}


def _claim_of(person_id: str) -> str:
    """Return the id of the claim on the one full-time post of a social worker."""
    return f"post:worker_id:{person_id}"


CAPABILITY: Final = Capability(
    "posts",
    {**HANDLERS, **LEAVING},
    INDEXES,
    holdings=(
        Holding(Post.collection, "worker", ("workers",), part=_of_one, kept=KEPT_NAMELESS),
        Holding(Claim.collection, "worker", key=_claim_of, kept=KEPT_NAMELESS),
    ),
)
