"""The transaction of a decided part: the changes of its messages, and their keys for the inbox."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from shared.engine.amqp.decoding import Received
from shared.engine.decide.batch import Decisions, Outcome
from shared.engine.decide.unit_of_work import TimerRow
from shared.engine.run import answers
from shared.engine.run.audit import build_audit
from shared.engine.store.collections import INBOX_KEEPS
from shared.engine.store.commit import Transaction
from shared.engine.store.outbox import to_rows
from shared.runtime.clock import CityTime, MachineTime


def prepare_transaction(
    decisions: Decisions, outcomes: Mapping[str, Outcome], done: Sequence[Received], now: CityTime,
    *, stored_at: MachineTime, events_kept: timedelta,
) -> Transaction:  # fmt: skip
    """Return the transaction that commits the decisions and the messages that are `done` with them.

    `outcomes` are those of the decisions by message key; `stored_at` is the date of the rows of inbox and outbox; the
    inbox keeps the keys of events for `events_kept`.
    """
    return Transaction(
        decisions,
        keys=[m.message.key for m in done],
        since=find_oldest(done, now),
        events_kept=events_kept,
        now=stored_at,
        answers=[
            answers.build_answer(m.message, outcomes.get(m.message.key), m.asked)
            for m in done
            if m.message.realm == "command"
        ],
        reopened=[m.closed for m in done if m.closed],
        outbox=to_rows(decisions.events, decisions.bodies),
        audit=build_audit(decisions.outcomes, now),
        fired=[TimerRow(m.row["_id"], m.row["due"]) for m in done if m.row is not None],
        claims=[m.delivery.claim for m in done if m.delivery is not None and m.delivery.claim is not None],
    )


def find_oldest(messages: Sequence[Received], now: CityTime) -> CityTime | None:
    """Return the time of the oldest event among the messages, without those that had failed before; None without one.

    A restore delivers again from about there: the last events that a service has handled show its progress.
    The time that another program has given an event counts between INBOX_KEEPS ago and `now`.
    """
    times = (
        m.message.event.instant
        for m in messages
        if m.message.event is not None and m.delivery is not None and m.delivery.claim is None
    )
    oldest = min(times, default=None)
    return None if oldest is None else CityTime(min(max(oldest, now - INBOX_KEEPS), now))
