"""A service whose queries take twenty seconds in the store, for `test_engine_queries_beside`: run it as a program."""

from shared.runtime.process import run  # isort: skip - makes the standard library cooperative, so it comes first

from collections.abc import Sequence

from boxes import INDEXES, SERVICE, build

from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.need_queries import ReadNeed
from shared.engine.amqp.broker import Delivery
from shared.engine.decide.schema import Document
from shared.engine.run.nameko_extension import Engine, messages
from shared.engine.run.service import ServiceSpec
from shared.engine.store.queries import Store
from shared.runtime.rpc import rpc
from shared.runtime.settings import ServiceSettings

SLOW = {"$function": {"body": "function() { sleep(20000); return 1 }", "args": [], "lang": "js"}}


def read_slowly(_: ReadNeed, store: Store) -> NeedAnswer | None:
    """Return nothing, after a long time."""
    list(store.aggregate([{"$documents": [{"x": 1}]}, {"$project": {"y": SLOW}}]))
    return None


def assemble(_: ServiceSettings) -> ServiceSpec:
    return ServiceSpec(SERVICE, build(), INDEXES, queries={ReadNeed.type: read_slowly})


class SlowService:
    name = SERVICE
    engine = Engine(ServiceSettings, assemble)

    @messages  # type: ignore[untyped-decorator]
    def on_messages(self, deliveries: Sequence[Delivery], timers: Sequence[Document]) -> None:
        self.engine.process(deliveries, timers)

    @rpc  # type: ignore[untyped-decorator]
    def ask(self, query: Document) -> Document:
        reply: Document = self.engine.answer(query)
        return reply


if __name__ == "__main__":
    run(SlowService)
