"""The sender: notices that are due are taken by lease, judged, handed to their adapter, and their results recorded."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pymongo.database import Database

from services.volunteering.dispatch.domain.staffing import Staffing
from services.volunteering.dispatch.storage import MAX_MILLIS
from services.volunteering.notices.domain.notices import Notice, Part
from services.volunteering.notices.domain.planning import Rules
from services.volunteering.notices.domain.sending import Accepted, NotAccepted, Result, Sending, Skipped, Way, judge
from services.volunteering.notices.domain.texts import subject_of, text_of
from services.volunteering.notices.recipients import FIELDS, Recipient, find_recipients, open_address, read_addresses
from services.volunteering.notices.steps import NoticeBegun, NoticeTried, begin_step, link_step, record_step
from services.volunteering.worker.adapters.message import Adapter, Message
from services.volunteering.worker.figures import OVERDUE, TRIES
from services.volunteering.worker.links import Links
from shared.contracts.access import SYSTEM
from shared.contracts.reasons import Reason, reason
from shared.engine.decide.schema import Document
from shared.engine.run.units import Units
from shared.engine.store.due_rows import DueRows
from shared.people import OpenKeys
from shared.runtime.audit import build_row
from shared.runtime.clock import Clock
from shared.runtime.logging import get_logger
from shared.runtime.vault import Vault, VaultError
from shared.words import Wording

MOST_TOGETHER: Final = 8
"""Notices of one round: as many as are handed on at once."""
SEND_SECONDS: Final = 6.0
"""How long the adapter may take for one round. Shorter than the lease of a notice, so that no other worker has it."""


@dataclass(frozen=True, slots=True)
class Due:
    """A notice that is due, with its dispatch and its person."""

    notice: Notice
    part: Part
    recipient: Recipient


class Sender:
    """Sends due notices, round by round, for one thread."""

    def __init__(
        self, database: Database[Document], units: Units, vault: Vault, adapters: Mapping[Way, Adapter], *,
        links: Links, rules: Rules, clock: Clock,
    ) -> None:  # fmt: skip
        self._database, self._units, self._vault, self._adapters = database, units, vault, adapters
        self._rules, self._clock, self._record = rules, clock, record_step(rules)
        self._links = links
        self._due = DueRows(database, Notice.collection)
        self._threads = ThreadPoolExecutor(MOST_TOGETHER, thread_name_prefix="notices")

    def round(self) -> int:
        """Try the notices that are due, the most overdue first; return how many were.

        Raises PyMongoError, Conflict or StoreUnreachableError: a notice whose result was not recorded is tried again
        under the same id after a growing pause, as often as one that was not accepted.
        """
        now = self._clock.city()
        notices = [Notice.from_document(row) for row in self._due.take(now, MOST_TOGETHER)]
        OVERDUE.set(max((now.timestamp() - one.due.timestamp() for one in notices if one.due is not None), default=0.0))
        if not notices:
            return 0
        results: list[tuple[Notice, Result]] = []
        to_send: list[Due] = []
        known = self._find(notices)
        for notice in notices:
            found = known.get(notice.id)
            verdict = _NO_DISPATCH if found is None else self._judge(found, now)
            if found is not None and isinstance(verdict, Sending):
                to_send.append(found)
            elif not isinstance(verdict, Sending):
                results.append((notice, verdict))
        ready = self._begin(to_send) if to_send else []
        results += self._send(ready, now) if ready else []
        self._keep(results)
        return len(notices)

    def close(self) -> None:
        """End the threads, without waiting for an adapter that hangs."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _find(self, notices: Sequence[Notice]) -> Mapping[str, Due]:
        """Return by id the notices whose dispatches still stand, by one read of each kind for all of them."""
        rule = {"_id": {"$in": list({notice.need_id for notice in notices})}}
        rows = self._database[Staffing.collection].find(rule).limit(len(notices)).max_time_ms(MAX_MILLIS)
        staffings = {row["_id"]: Staffing.from_document(row) for row in rows}
        parts: dict[str, Part] = {}
        for notice in notices:
            staffing = staffings.get(notice.need_id)
            dispatch = None if staffing is None else staffing.dispatch(notice.dispatch_id)
            if staffing is not None and dispatch is not None:
                parts[notice.id] = Part(staffing, dispatch)
        asked = [part.dispatch.volunteer_id for part in parts.values()]
        people = find_recipients(self._database, asked, self._adapters)
        return {
            notice.id: Due(notice, part, people[part.dispatch.volunteer_id])
            for notice in notices
            if (part := parts.get(notice.id)) is not None
        }

    def _judge(self, due: Due, now: datetime) -> Sending | Result:
        who = due.recipient
        return judge(due.notice, due.part, wanted=who.wanted, contact=who.contact, now=now, rules=self._rules)

    def _begin(self, wanted: Sequence[Due]) -> list[Due]:
        """Count the tries; return those that are counted. One that cannot be counted would be sent without an end."""
        steps = [(due.notice.id, NoticeBegun(due.notice.id), begin_step) for due in wanted]
        failed = self._units.run(steps)
        return [due for due in wanted if due.notice.id not in failed]

    def _send(self, wanted: Sequence[Due], now: datetime) -> list[tuple[Notice, Result]]:
        """Open the addresses, on record, and hand the messages on, all at once."""
        links = {due.notice.id: self._links.make(due.notice.template, due.part, now) for due in wanted}
        steps = [(one, made[1], link_step) for one, made in links.items() if made is not None]
        self._units.run(steps, audit=[_audited(due, now) for due in wanted])
        # All are written before the first is handed on: a store that fails in between has nothing sent twice.
        addresses = {one: made[0] for one, made in links.items() if made is not None}
        keys = read_addresses(self._database, self._vault, [due.recipient for due in wanted])
        written = [(due, self._write(due, addresses.get(due.notice.id, ""), keys)) for due in wanted]
        results = [(due.notice, result) for due, result in written if not isinstance(result, Message)]
        under_way = {
            self._threads.submit(self._adapters[due.recipient.way].send, message): due.notice
            for due, message in written
            if isinstance(message, Message)
        }
        done, late = wait(under_way, SEND_SECONDS)
        for each in late:
            each.cancel()
        sent: list[tuple[Notice, Result]] = [(under_way[each], _result_of(each.result)) for each in done]
        silent = NotAccepted(reason("notice_gateway_silent"))
        return [*results, *sent, *((under_way[each], silent) for each in late)]

    def _write(self, due: Due, address: str, keys: OpenKeys) -> Message | Result:
        try:
            to = open_address(keys, due.recipient)
        except VaultError as error:
            get_logger().error("address_unreadable", notice=due.notice.id, error=type(error).__name__)
            return NotAccepted(_UNREADABLE[due.recipient.way])
        if to is None:
            return Skipped(reason("notice_to_nobody"))
        notice = due.notice
        language = due.recipient.language or self._rules.notices.notice_language
        text = text_of(notice, due.part)
        words = Wording(language, self._rules.zone)
        parts = [words.sentence(text.code, text.args)]
        if address:
            parts.append(words.sentence("text_of_link", {"link": address}))
        subject = words.sentence(subject_of(notice).code, {})
        return Message(notice.id, notice.template, language, to, " ".join(parts), subject)

    def _keep(self, results: Sequence[tuple[Notice, Result]]) -> None:
        self._units.run(
            [
                (one.id, NoticeTried(one.id, one.need_id, one.dispatch_id, one.template, result), self._record)
                for one, result in results
            ]
        )
        for notice, result in results:
            TRIES.labels(notice.template, _OUTCOMES[type(result).__name__]).inc()


_UNREADABLE: Final[Mapping[Way, Reason]] = {
    "telephone": reason("notice_phone_unreadable"),
    "mail": reason("notice_email_unreadable"),
}
_NO_DISPATCH: Final = Skipped(reason("notice_to_nobody"))
_OUTCOMES: Final = {"Accepted": "sent", "NotAccepted": "failed", "Skipped": "skipped", "Later": "later"}


def _result_of(ask: Callable[[], Accepted | NotAccepted]) -> Accepted | NotAccepted:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - one message must not hold up the others
        get_logger().error("notice_adapter_failed", error=type(error).__name__)
        return NotAccepted(reason("notice_gateway_silent"))


def _audited(due: Due, now: datetime) -> Document:
    who = due.recipient
    return build_row(
        SYSTEM,
        f"volunteer_{FIELDS[who.way]}",
        [who.volunteer_id],
        now,
        areas=[who.area] if who.area else [],
        correlation=due.notice.id,
        why=f"notice_{due.notice.template}",
    )
