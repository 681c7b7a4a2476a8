"""A store whose boxes were written by the release before, and the migration of them."""

from datetime import UTC, datetime
from typing import Any, cast

from pymongo import IndexModel

from shared.engine.decide.schema import Schema, Step
from shared.engine.store.migration import Migration, Pending, pending
from shared.engine.store.release_mark import mark_store
from shared.engine.store.schema_registry import SCHEMA
from tests.city.prepared import PreparedDatabase

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
Row = dict[str, Any]


def apart(box: Row) -> Row:
    box["tens"], box["ones"] = divmod(box["amount"], 10)
    return box


STEP = Step("tens and ones apart", change=apart, drops=("by_amount",), readable_from=2)
BOXES = Schema((STEP,))
OLD = [IndexModel([("amount", 1)], name="by_amount")]
NEW = {"boxes": [IndexModel([("tens", 1)], name="by_tens")]}


class Boxes:
    """A store whose boxes were written by the release before."""

    def __init__(self, number: int = 5) -> None:
        self.database = cast("Any", PreparedDatabase())
        mark_store(self.database, AT)
        self.rows = self.database["boxes"]
        self.rows.create_indexes(OLD)
        self.rows.insert_many({"_id": f"box-{n}", "version": 1, "amount": 10 + n} for n in range(number))
        self.told: list[int] = []
        self.rests: list[float] = []

    def pending(self, schema: Schema = BOXES, *, thorough: bool = False) -> list[Pending]:
        return pending(self.database, "charity", NEW, {"boxes": schema}, thorough=thorough)

    def migrate(self, schema: Schema = BOXES, batch: int = 2) -> int:
        (work,) = self.pending(schema, thorough=True)
        return Migration(self.database, work, batch=batch, rest=0.5, tell=self.told.append).run(NEW["boxes"])

    def row(self) -> Row:
        return dict(self.database[SCHEMA].find_one({"_id": "boxes"}) or {})

    def box(self, number: int) -> Row:
        return dict(self.rows.find_one({"_id": f"box-{number}"}))
