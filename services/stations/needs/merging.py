"""The handler of a merge: one need ends as a duplicate, and the other takes over the lines that are named."""

from functools import partial
from typing import Final

from services.stations.needs.actions import current_need, load_need
from services.stations.needs.amending import amend_purposes, open_words, require_text
from services.stations.needs.announcing import announce, announce_change, remind
from services.stations.needs.attaching import take_over_attachments
from services.stations.needs.domain.announcement import build_event
from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.attached import NeedAttachments
from services.stations.needs.domain.deadline import find_next_deadline
from services.stations.needs.domain.merging import amendment_of, merged, require_mergeable, with_taken
from services.stations.needs.domain.named import NeedResidents
from services.stations.needs.domain.need import Need, check_version
from services.stations.needs.domain.text import NeedText, with_words
from services.stations.needs.naming import take_over_residents
from services.stations.needs.policy import NeedsPolicy
from shared.catalogue import catalogue_of, load_catalogue
from shared.contracts.stations.amending import NeedAmended, NeedAmendment, NeedEdited
from shared.contracts.stations.need_merging import MergeNeed, NeedMerged
from shared.engine import Get, HandlerTable, Handling, Incoming, Loading, UnitOfWork, take_turn
from shared.people import key_loads, key_of
from shared.runtime.vault import Vault


def merge_need(message: Incoming[MergeNeed], vault: Vault, policy: NeedsPolicy) -> Handling:
    """End the need as a duplicate, and have the other go on, with the lines that it takes over.

    Both are stored together: no commitment counts for both, and none is left with a need that nobody follows. Raises
    Refused as `require_mergeable` and `with_taken` do, and "wrong_state" where words that are wanted are erased.
    """
    asked = message.data
    work = yield from take_turn(partial(_load, message))
    before = current_need(work, asked)
    into = work.reach(Need, asked.into_id, "into_id")
    check_version(into, asked.expected_into_version)
    require_mergeable(before, into)
    purposes = open_words(work, vault, require_text(work, before.id)).get("purposes") if asked.lines else None
    take_over_residents(work, before, into)
    take_over_attachments(work, before, into)
    amendment = amendment_of(asked, before, purposes if isinstance(purposes, dict) else {})
    # Its end first: supply and people that it gives back are then there for the need that asks for them.
    ended = announce(work, merged(before, into, work.now), before, policy)
    if amendment is None:
        told = into.model_copy(update={"announced": into.version + 1})
        announce_change(work, told, into, NeedMerged, merged_id=before.id)
    else:
        _amend(work, vault, into, amendment, policy)
        stored = work.reach(Need, into.id, "into_id")
        event = build_event(stored, into, NeedMerged, merged_id=before.id)
        work.emit(event, about=stored, area=stored.area)
    return to_answer(ended)


def _load(message: Incoming[MergeNeed]) -> Loading:
    asked = message.data
    beside = [Get(model, one) for one in (asked.need_id, asked.into_id) for model in (NeedResidents, NeedAttachments)]
    yield from load_catalogue(Get(Need, asked.into_id, message.actor.area), *beside)
    yield from load_need(message, with_text=bool(asked.lines))
    work = yield []
    if asked.lines and work.get(Need, asked.into_id) is not None:
        yield [Get(NeedText, asked.into_id), *key_loads(asked.into_id)]


def _amend(work: UnitOfWork, vault: Vault, into: Need, asked: NeedAmendment, policy: NeedsPolicy) -> None:
    after = with_taken(into, asked, catalogue_of(work), work.now, policy.longest_extension)
    if asked.new_lines:
        text = require_text(work, into.id)
        known = open_words(work, vault, text)
        words = {**known, "purposes": amend_purposes(known, into, after, asked)}
        work.put(with_words(text, words, key_of(work, vault, into.id, text)))
    stored = announce(work, after, into, policy, NeedEdited if into.state == "draft" else NeedAmended)
    remind(work, stored, find_next_deadline(stored, policy.periods) or stored.due)


HANDLERS: Final[HandlerTable] = {MergeNeed: merge_need}
