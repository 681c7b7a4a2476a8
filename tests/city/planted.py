"""Planted faults: each breaks one rule of the product for a while, and the city must find it within a minute.

A fault is a patch in memory of the product's own functions, never of its files. `trouble` and `size` are those under
which the rule matters; without them many seeds would pass before the first breach.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import count
from time import process_time
from typing import Any, Final
from unittest.mock import patch

from pymongo import WriteConcern

from services.charity.linking import compensation, delivering, reservation
from services.stations.needs import handlers as need_handlers
from services.volunteering.dispatch import progress
from services.volunteering.dispatch.domain import decision
from services.volunteering.matching import storage as search_rule
from services.volunteering.matching.domain import scoring, standing, volunteers
from shared.engine.decide import limits
from shared.engine.decide.fence import Fence
from shared.engine.decide.unit_of_work import UnitOfWork
from shared.engine.run import catch_up, processor
from shared.engine.run.failures import FailureHandler
from shared.engine.run.processor import Processor
from shared.engine.store import commit, outbox
from shared.engine.store.outbox import Outbox, to_outgoing
from shared.ledger import void
from shared.runtime.clock import Clock
from tests.city import planted_people as people
from tests.city import planted_screenings as screenings
from tests.city import replica
from tests.city.adversary import CALM, ROUGH, Trouble
from tests.city.log import smallest_queue
from tests.city.mongo import LOCAL
from tests.city.planted_people import together
from tests.city.play import HISTORY, Plan, Played, play
from tests.city.reader import CityReader
from tests.city.store import Memory
from tests.city.town import Size

SECONDS: Final = 60.0
"""How long the city may search for a fault."""
CROWD: Final = replace(CALM, replicas=2, batch=2, pause=0.3)  # often between a read and a commit at the same moment
REPEATED: Final = replace(CALM, repeat=0.05)
DEADLY: Final = replace(ROUGH, replicas=2, batch=3, pause=0.2, crash=0.02)
FAILOVERS: Final = replace(ROUGH, replicas=2, failover=0.05)
ABANDONED: Final = replace(CALM, replicas=2, failover=0.1, crash=0.02)
"""Commits whose process dies before it publishes, and which no majority has."""
AWAY: Final = replace(ROUGH, replicas=2, batch=2, away=0.06, holds=smallest_queue(2, 2))
"""Services that are away for minutes, and queues that drop their oldest events meanwhile."""
SLEEPY: Final = replace(CALM, replicas=2, batch=2, pause=0.1, suspend=0.1)
"""Two sequencers, of which one often stands still for longer than its lease lasts."""
FULL: Final = Size(needs=20, people=10, hurry=30)
RUSH: Final = Size(needs=12, people=10, hurry=600)
DAYS: Final = replace(HISTORY, days=5)
HAMLET: Final = Size(needs=2, people=2)
"""So few people that a city without rest is soon given up."""
OFFICE: Final = Size(office=4)
"""A town that does much about its people's data."""
SILENCE: Final = Size(needs=3, people=150, headcount=45, silent=True)


@dataclass(frozen=True)
class Fault:
    """One rule that is broken while `plant()` is open, and the laws of which one must break then."""

    name: str
    plant: Callable[[], AbstractContextManager[Any]]
    laws: frozenset[str]
    trouble: Trouble = ROUGH
    size: Size | None = None


@dataclass(frozen=True)
class Found:
    """The first city that has found a fault, and the seconds that it took."""

    fault: Fault
    played: Played | None
    seconds: float


def search(fault: Fault, seconds: float = SECONDS) -> Found:
    """Play cities with the fault until one breaks a law of it; `played` is None where none does in the time."""
    started = process_time()
    with fault.plant():
        for seed in count():
            played = play(Plan(seed, trouble=fault.trouble, size=fault.size))
            spent = process_time() - started
            if fault.laws & played.laws:
                return Found(fault, played, spent)
            if spent > seconds:
                break
    return Found(fault, None, process_time() - started)


# ---- the engine ------------------------------------------------------------------------------------------------


def skip_version_guard() -> AbstractContextManager[Any]:
    """Update a document without a look at its version."""
    by_collection = commit._by_collection

    def unguarded(decisions: Any) -> Any:
        return [
            (name, inserts, [{**update, "q": {"_id": update["q"]["_id"]}} for update in updates])
            for name, inserts, updates in by_collection(decisions)
        ]

    return patch.object(commit, "_by_collection", unguarded)


def believe_uncommitted() -> AbstractContextManager[Any]:
    """Take another replica's uncommitted writes for stored."""
    return patch.object(Memory, "dirty_reads", new=True)


def forget_inbox() -> AbstractContextManager[Any]:
    """Take every message for new."""
    return patch.object(CityReader, "find_seen", lambda *_: {})


def drop_retries() -> AbstractContextManager[Any]:
    """Forget a message that has failed, instead of trying it again."""
    return patch.object(FailureHandler, "keep", lambda *_: None)


def publish_before_commit() -> AbstractContextManager[Any]:
    """Send the events of a batch and commit afterwards."""
    commit_part = Processor._commit

    def early(self: Any, decided: Any) -> None:
        self.publisher.send([to_outgoing(row) for row in decided.transaction.outbox])
        commit_part(self, decided)

    return patch.object(Processor, "_commit", early)


def ignore_refused_publication() -> AbstractContextManager[Any]:
    """Count an event as published that the broker has refused."""

    def careless(self: Any, publisher: Any, messages: Any, ids: Any) -> bool:
        publisher.send([to_outgoing(row) for row in messages])
        publisher.confirm()
        self._unacknowledged.delete_many({"_id": {"$in": list(ids)}})
        return True

    return patch.object(Outbox, "publish", careless)


def ignore_dropped_events() -> AbstractContextManager[Any]:
    """Take a queue that has dropped events for one that has not."""
    return patch.object(catch_up, "may_have_dropped", lambda *_: False)


def stop_fetching_early() -> AbstractContextManager[Any]:
    """End the fetch of missed events with its first batch."""
    return patch.object(catch_up.CatchUp, "_is_done", lambda *_: True)


def allow_large_events() -> AbstractContextManager[Any]:
    """Store events of any size, and have a staffing of any size proceed in one part."""
    return together(
        patch.object(limits, "MAX_EVENT_BYTES", 1 << 30),
        patch.object(decision, "STEP_BYTES", 1 << 30),
        patch.object(decision, "MAX_CHANGES", 1 << 10),
        patch.object(progress, "MOST_DUE", 1 << 10),
    )


def ignore_lease() -> AbstractContextManager[Any]:
    """Let a sequencer go on that another has replaced."""
    return patch.object(Fence, "check", lambda fence, _: fence.number)


# ---- the services ----------------------------------------------------------------------------------------------


def forget_deadline() -> AbstractContextManager[Any]:
    """Set no timer for the due time of a need."""
    remind = UnitOfWork.remind

    def forgetful(self: Any, key: str, due: Any, timer: Any) -> None:
        if not key.startswith("due:"):
            remind(self, key, due, timer)

    return patch.object(UnitOfWork, "remind", forgetful)


def release_twice() -> AbstractContextManager[Any]:
    """Give a reservation back twice."""

    def twice(debit: Any, credit: Any, pending: Any) -> Any:
        moved = void(debit, credit, pending)
        once = moved.debit.debits_pending
        return moved._replace(debit=moved.debit.model_copy(update={"debits_pending": once - pending.amount}))

    return patch.object(reservation, "void", twice)


def leak_reservation() -> AbstractContextManager[Any]:
    """Keep the last reservation of a need that has ended."""
    give_back = compensation.void_reservations  # type: ignore[attr-defined]

    def all_but_last(work: Any, link: Any) -> Any:
        return give_back(work, link.model_copy(update={"sources": link.sources[:-1]}))

    return patch.object(compensation, "void_reservations", all_but_last)


def deliver_everything() -> AbstractContextManager[Any]:
    """Post all that is reserved for a need, without regard to its station's statement."""
    return patch.object(delivering, "divide_delivery", lambda link, _: [(s, s.amount) for s in link.sources])


def ignore_overlap() -> AbstractContextManager[Any]:
    """Offer people a slot that overlaps one they have promised, and take no time for the way: that would show it."""
    return together(
        *(patch.object(module, "is_free", lambda *_: True) for module in (volunteers, scoring, search_rule)),
        patch.object(standing.StandingBounds, "find_unreachable", lambda *_: None),
    )


def swallow_refusal() -> AbstractContextManager[Any]:
    """Pass an answer of volunteering over, as a refusal in an event's handler that nobody sees would."""
    staffed = need_handlers.staffed  # type: ignore[attr-defined]

    def refused_in_silence(need: Any, data: Any, now: Any) -> Any:
        return need if data.version % 3 == 2 else staffed(need, data, now)

    return patch.object(need_handlers, "staffed", refused_in_silence)


def read_locally() -> AbstractContextManager[Any]:
    """Read writes that the primary alone has, as MongoDB does by default."""
    return patch.object(replica, "SETTLED", LOCAL)


def sweep_unsettled() -> AbstractContextManager[Any]:
    """Publish a row of the outbox that the primary alone has."""
    return patch.object(outbox, "DURABLE", WriteConcern(1))


def blame_for_unsettled() -> AbstractContextManager[Any]:
    """Give a message up that meets its own commit before a majority has it."""
    return patch.object(processor, "settle", lambda _: None)


def believe_the_host() -> AbstractContextManager[Any]:
    """Go by the clock of the process's own host."""
    return patch.object(Clock, "observe", lambda *_: None)


FAULTS: Final = (
    Fault("version guard skipped", skip_version_guard, frozenset({"L1", "L2", "L3", "L4"}), CROWD, RUSH),
    Fault("uncommitted read believed", believe_uncommitted, frozenset({"L1", "L2"}), DEADLY),
    Fault("inbox forgotten", forget_inbox, frozenset({"L1", "L2"}), REPEATED, HAMLET),
    Fault("retry dropped", drop_retries, frozenset({"L1", "L2"})),
    Fault("published before commit", publish_before_commit, frozenset({"L2"}), DEADLY),
    Fault("refused publication forgotten", ignore_refused_publication, frozenset({"L1"})),
    Fault("dropped events not fetched", ignore_dropped_events, frozenset({"L1", "L2"}), AWAY, FULL),
    Fault("fetch of dropped events cut short", stop_fetching_early, frozenset({"L1", "L2"}), AWAY, FULL),
    Fault("event too large", allow_large_events, frozenset({"size"}), CALM, SILENCE),
    Fault("deadline forgotten", forget_deadline, frozenset({"L1"}), CALM),
    Fault("lease ignored", ignore_lease, frozenset({"L2"}), SLEEPY),
    Fault("released twice", release_twice, frozenset({"L3"}), CALM),
    Fault("reservation leaked", leak_reservation, frozenset({"L3"}), CALM),
    Fault("delivery as reserved", deliver_everything, frozenset({"L3"}), CALM),
    Fault("amendment unheeded", people.ignore_amendments, frozenset({"L1", "L2"}), CALM),
    Fault("overlap ignored", ignore_overlap, frozenset({"L4"}), CALM, RUSH),
    Fault("local reads believed", read_locally, frozenset({"L1", "L2"}), FAILOVERS),
    Fault("unsettled event swept", sweep_unsettled, frozenset({"L2"}), ABANDONED),
    Fault("unsettled commit blamed", blame_for_unsettled, frozenset({"L1"}), FAILOVERS),
    Fault("clock of the host believed", believe_the_host, frozenset({"L1"}), CALM),
    Fault("refusal in an event handler swallowed", swallow_refusal, frozenset({"L1", "L2"}), CALM),
    Fault("past slots counted", people.keep_past_slots, frozenset({"L1"}), CALM, DAYS),
    Fault("data key kept", people.keep_data_key, frozenset({"L5"}), CALM),
    Fault("consents of the erased kept", people.keep_consents, frozenset({"L5"}), CALM, OFFICE),
    Fault("failed commands kept", people.keep_failed_commands, frozenset({"L5"}), CALM, OFFICE),
    Fault("marks kept", people.keep_marks, frozenset({"L5"}), CALM),
    Fault("tags kept with a merge", people.keep_tags, frozenset({"L5"}), CALM, OFFICE),
    Fault("hours erased", people.forget_hours, frozenset({"L3"}), CALM, OFFICE),
    Fault("gifts erased", people.forget_gifts, frozenset({"L3"}), CALM, OFFICE),
    Fault("shortfall of a correction forgotten", people.forget_what_a_correction_owes, frozenset({"L3"}), CALM),
    Fault("double promises merged", people.keep_double_promises, frozenset({"L4"}), CALM, OFFICE),
    Fault("slots of the parted kept", people.keep_slots_of_the_parted, frozenset({"L4"}), CALM, OFFICE),
    Fault("record of the parted kept", people.keep_record_of_the_parted, frozenset({"L4"}), CALM, DAYS),
    Fault("consents forgotten by a merge", people.merge_without_consents, frozenset({"L5"}), CALM, OFFICE),
    Fault("consents forgotten by a parting", people.part_without_consents, frozenset({"L5"}), CALM, OFFICE),
    Fault("withdrawn consent believed", people.believe_withdrawn_consent, frozenset({"L5"}), CALM, OFFICE),
    Fault("matched without consent", people.match_without_consent, frozenset({"L5"}), CALM, OFFICE),
    Fault("old words kept", people.keep_old_words, frozenset({"L5"}), CALM, DAYS),
    Fault("old results kept", screenings.keep_old_results, frozenset({"L5"}), CALM, replace(DAYS, office=4)),
    *(Fault(name, plant, frozenset({law}), CALM, OFFICE) for name, plant, law in screenings.OF_A_DAY),
    Fault("consent to what is gone", people.consent_to_what_is_gone, frozenset({"L5"}), CALM, DAYS),
)
