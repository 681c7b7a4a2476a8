"""An owner on a store of MongoDB: it decides and commits commands as its process does, without a broker."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from pymongo.database import Database

from shared.catalogue import NoOwner
from shared.contracts.messages import Command
from shared.engine.decide.batch import decide
from shared.engine.decide.incoming import Incoming
from shared.engine.run.service import Declaration
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.reader import Reader
from shared.engine.store.replicas import Share

Document = dict[str, Any]
CATALOGUE_USERS: Final = ("charity", "volunteering")


class Owner:
    """The handlers of one service over a database of its own; `vault` may be any that its handlers take."""

    def __init__(self, declared: Declaration, database: Database[Document], vault: Any) -> None:
        self.database = database
        more = {"catalogue_owner": NoOwner()} if declared.name in CATALOGUE_USERS else {}
        more |= {"share": Share()} if declared.name == "volunteering" else {}
        self._handlers = declared.handlers(vault=vault, **more)
        ensure_indexes(database, {name: list(indexes) for name, indexes in declared.indexes.items()})

    def do(self, *commands: Command) -> Any:
        """Decide and commit these commands in one transaction; return the last answer. Raises what refuses them."""
        now, batch = datetime.now(UTC), []
        for data in commands:
            handler = self._handlers.find("command", data.type)
            assert handler is not None, data.type
            key = str(uuid4())
            message: Incoming[Any] = Incoming("command", key, key, data.type, data, now, key, "")
            batch.append((message, handler))
        decided = decide(batch, Reader(self.database).fetch, now)
        for outcome in decided.outcomes:
            if (trouble := outcome.failure or outcome.refusal) is not None:
                raise trouble
        commit(self.database, Transaction(decided, keys=[one.message.key for one in decided.outcomes], now=now))
        return decided.outcomes[-1].answer
