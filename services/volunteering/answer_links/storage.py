"""The stored links: ended ones are deleted by the store."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import ASCENDING, IndexModel

from services.volunteering.answer_links.domain import AnswerLink

INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    AnswerLink.collection: [IndexModel([("kept_until", ASCENDING)], expireAfterSeconds=0, name="forget")]
}
"""A link is found by its id alone."""
