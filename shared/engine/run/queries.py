"""The answers of queries: one entry a service, `{"ok": answer}` or `{"error": {code, rule, field, args}}`.

The runner validates a query, finds its handler, and records the reads of personal data before anything is opened:
Personal Information Protection Law, art. 54 and 55. It keeps queries to a few at a time and to a few seconds each, so
that the batches of the process keep their share of the store.
"""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json, to_jsonable_python
from pymongo import timeout
from pymongo.errors import PyMongoError

from shared.contracts.access import Actor, Permission
from shared.contracts.access.sealed import query_context
from shared.contracts.broken_rules import read_broken_rule, read_errors
from shared.contracts.messages import QUERIES, AuditedQuery, AuditedSearch, QueryEnvelope
from shared.contracts.refusals import Refused
from shared.engine.amqp.wire import open_sealed
from shared.engine.decide.schema import Document
from shared.engine.store.queries import QueryHandler, Sealed, Store
from shared.runtime.audit import record, require_reader
from shared.runtime.sealed_box import AnswerKey
from shared.runtime.vault import Vault

MOST_AT_ONCE: Final = 8
"""Queries that one process answers at a time."""
ROOM_SECONDS: Final = 1.0
"""How long a further one waits until another has its answer; then it is refused, and may be asked again."""
ANSWER_SECONDS: Final = 5.0
"""The longest that the store may take over one query: as long as the gateway waits by default."""

M = TypeVar("M", bound=BaseModel)


class QueryRunner:
    """Answers the queries of one service. `handlers` are bound, by the query's type; `clock` gives the time in UTC."""

    def __init__(
        self, service: str, handlers: Mapping[str, QueryHandler], store: Store, clock: Callable[[], datetime],
        vault: Vault | None = None,
    ) -> None:  # fmt: skip
        self._service = service
        self._handlers = handlers
        self._store = store
        self._clock = clock
        self._vault = vault
        self._room = BoundedSemaphore(MOST_AT_ONCE)

    def answer(self, asked: object) -> Document:
        """Return the reply to a query as it arrived. Raises only where its handler fails: PyMongoError, a fault.

        Refused are a query that breaks its form, `unavailable` one beyond MOST_AT_ONCE that found no room within
        ROOM_SECONDS, and `deadline` one that takes longer than ANSWER_SECONDS.
        """
        try:
            envelope, answer_key = self._open(_validate(QueryEnvelope, asked))
        except Refused as refusal:
            return {"error": refusal.to_json()}
        reply = self._reply(envelope)
        if answer_key is None:
            return reply
        return {"sealed": base64.urlsafe_b64encode(answer_key.seal(to_json(reply))).decode()}

    def _open(self, envelope: QueryEnvelope) -> tuple[QueryEnvelope, AnswerKey | None]:
        """Return the envelope in clear, and the key for its answer where it came sealed."""
        if not envelope.box:
            return envelope, None
        if self._vault is None:
            raise Refused("invalid", "sealed_not_openable")
        context = query_context(self._service, envelope.type)
        try:
            box = base64.urlsafe_b64decode(envelope.box)
        except ValueError:
            raise Refused("invalid", "sealed_not_openable") from None
        opener, content = open_sealed(box, envelope.sealed_for, context, self._vault)
        try:
            inner = _validate(QueryEnvelope, from_json(content))
        except ValueError:  # sealed for the service, but no JSON
            raise Refused("invalid", "sealed_not_openable") from None
        return inner.model_copy(update={"type": envelope.type}), opener.answer_key(box)

    def _reply(self, envelope: QueryEnvelope) -> Document:
        try:
            return {"ok": to_jsonable_python(self._answer_in_time(envelope))}
        except Refused as refusal:
            return {"error": refusal.to_json()}

    def _answer_in_time(self, envelope: QueryEnvelope) -> object:
        if not self._room.acquire(timeout=ROOM_SECONDS):
            raise Refused("unavailable", "too_many_waiting")
        try:
            with timeout(ANSWER_SECONDS):  # of all that the handler asks of the store together
                return self._answer(envelope)
        except PyMongoError as error:
            if not error.timeout:
                raise
            seconds = int(ANSWER_SECONDS)
            raise Refused("deadline", "no_answer_in_time", service=self._service, seconds=seconds) from error
        finally:
            self._room.release()

    def _answer(self, envelope: QueryEnvelope) -> object:
        model, handler = QUERIES.get((self._service, envelope.type)), self._handlers.get(envelope.type)
        if model is None or handler is None:
            # A gateway of the next release may ask so during an upgrade.
            raise Refused("unavailable", "no_answer_now", service=self._service)
        query = _validate(model, envelope.data)
        if isinstance(query, AuditedQuery):
            return self._answer_on_record(query, handler, envelope)
        return handler(query, self._store)

    def _answer_on_record(self, query: AuditedQuery[Any], handler: QueryHandler, envelope: QueryEnvelope) -> object:
        # First, so that the refusal tells nobody whether the subject exists.
        actor = envelope.actor
        if actor is None:
            raise Refused("invalid", "actor_missing", field="actor")
        require_reader(actor, envelope.why, _permission_for(actor, query))
        if actor.kind == "agency" and not query.by_consent:
            # Even with the roles for it: PIPL, art. 23. Before the look-up, so that nobody learns whether the subject
            # exists.
            raise Refused("not_allowed", "agency_needs_consent", field="permission")
        # By the city's time of this moment: consent that has just ended opens nothing.
        at = (self._clock(),) if query.by_consent or query.timed else ()
        sealed = handler(query, self._store, actor, *at)
        if sealed is None:
            return None
        searches = isinstance(query, AuditedSearch)
        if not isinstance(sealed, Sealed) or not (searches or set(sealed.subjects) <= set(query.subjects)):
            raise TypeError(f"{query.type} is audited: its handler returns Sealed, about the subjects of the query")
        # A subject that does not exist leaves no row, a search does: it has asked about somebody, found or not.
        if sealed.subjects or searches:
            record(
                self._store, query.recorded_as, [*sealed.subjects, *sealed.also],
                actor=actor, why=envelope.why, now=self._clock(), areas=sealed.areas, correlation=envelope.correlation,
            )  # fmt: skip
        return sealed.open()


def _permission_for(actor: Actor, query: AuditedQuery[Any]) -> Permission:
    """Return the permission that the actor needs: a smaller one for their own data."""
    own = actor.speaks_for is not None and query.subjects == (actor.speaks_for,)
    return "own:read" if own and query.permission == "personal:read" else query.permission


def _validate(model: type[M], value: object) -> M:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        broken = read_broken_rule(read_errors(error)[0])
        raise Refused("invalid", broken.rule, field=broken.field, **broken.args) from None
