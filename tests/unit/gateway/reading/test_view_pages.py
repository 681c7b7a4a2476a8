"""A page of a list comes after a cursor, with any other filter."""

import asyncio
from typing import Any

from services.gateway.features.timebank.view import TimebankView
from services.gateway.reading.cursors import encode_cursor
from services.gateway.reading.views import Page, Views
from shared.engine.decide.schema import Document


class Asked:
    """A collection that holds nothing, and keeps the rule by which it was asked."""

    rule: Document

    def find(self, rule: Document, _left_out: object) -> "Asked":
        self.rule = rule
        return self

    def sort(self, *_: object) -> "Asked":
        return self

    limit = max_time_ms = sort

    async def to_list(self) -> list[Document]:
        return []


class ViewsOfNothing(Views):
    def __init__(self) -> None:
        self.asked = Asked()

    def _stored(self, _model: Any) -> Any:
        return self.asked


def _ask(rule: Document) -> Document:
    views = ViewsOfNothing()
    page: Page[TimebankView] = asyncio.run(views.page(TimebankView, rule, limit=1, after=encode_cursor("volunteer_2")))
    assert page.views == []
    return views.asked.rule


def test_of_one_id_the_page_after_a_cursor_holds_it_only_behind_the_cursor() -> None:
    assert _ask({"_id": "volunteer_1"})["_id"] == {"$eq": "volunteer_1", "$lt": "volunteer_2"}


def test_of_several_ids_the_page_after_a_cursor_holds_those_behind_it() -> None:
    assert _ask({"_id": {"$in": ["volunteer_1"]}})["_id"] == {"$in": ["volunteer_1"], "$lt": "volunteer_2"}
    assert _ask({})["_id"] == {"$lt": "volunteer_2"}
