"""The handlers of needs: load, decide with `domain`, store, announce."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from services.stations.needs import amending, assessing, erasure, merging, triaging
from services.stations.needs.actions import Vault, current_need, delete_words, keep_words, load_need
from services.stations.needs.announcing import announce, meet_deadline, remind, store_progress
from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.assessment import with_assessment_due
from services.stations.needs.domain.cancellation import cancelled
from services.stations.needs.domain.confirmation import confirmed, require_another
from services.stations.needs.domain.due_time import NeedDue
from services.stations.needs.domain.evaluation import evaluated
from services.stations.needs.domain.extension import extended
from services.stations.needs.domain.intake import registered, to_stored
from services.stations.needs.domain.named import named
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.progress import linked, staffed
from services.stations.needs.domain.publication import published
from services.stations.needs.domain.reopening import reopened
from services.stations.needs.domain.text import NeedText, seal_text
from services.stations.needs.domain.undoing import restate_until, undone
from services.stations.needs.handing_over import follow_station
from services.stations.needs.naming import reach_residents
from services.stations.needs.policy import NeedsPolicy
from services.stations.network.domain import Station, require_open
from services.stations.network.keeping import is_left
from services.stations.residents.domain import Resident
from shared.catalogue import catalogue_of, load_catalogue
from shared.contracts import Refused
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.need_batch import Refusal, RegisterNeedsAnswer, RegisterNeedsItem
from shared.contracts.stations.needs import (
    CancelNeed,
    ConfirmationUndone,
    ConfirmNeed,
    EvaluateNeed,
    ExtendNeed,
    NeedExtended,
    PublishNeed,
    RegisterNeed,
    RegisterNeeds,
    UndoConfirmation,
)
from shared.contracts.stations.reopening import EndUndone, ReopenNeed
from shared.contracts.volunteering.dispatch import (
    StaffingChanged,
    VolunteersAwaited,
    VolunteersConfirmed,
    VolunteersOffered,
    VolunteersReleased,
)
from shared.engine import TURN, Get, HandlerTable, Handling, Incoming, Load, UnitOfWork
from shared.engine.decide.actor_references import Blinder, refer, reference_load
from shared.engine.decide.external_ids import keep_name, name_load
from shared.engine.decide.handlers import Loading, take_turn
from shared.people import Keeper

Link = ResourcesLinked | ResourcesReleased | ResourcesDelivered
Staffing = VolunteersOffered | VolunteersConfirmed | StaffingChanged | VolunteersAwaited | VolunteersReleased


# ---- intake --------------------------------------------------------------------------------------------


def register_need(message: Incoming[RegisterNeed], vault: Vault, policy: NeedsPolicy) -> Handling:
    """Take in a need as a draft, or published at once. Refuses an unknown station and a request against a rule."""
    work = yield from take_turn(lambda: _load_intake(message, [message.data], vault))
    return take_in(work, message.data, vault, policy)


def register_needs(message: Incoming[RegisterNeeds], vault: Vault, policy: NeedsPolicy) -> Handling:
    """Take in several needs; each is taken or refused on its own, and answered in its place."""
    work = yield from take_turn(lambda: _load_intake(message, message.data.needs, vault))
    taken = (_take_in_or_refuse(work, asked, vault, policy) for asked in message.data.needs)
    return RegisterNeedsAnswer(items=tuple(taken))


def _load_intake(message: Incoming[object], needs: Sequence[RegisterNeed], vault: Vault) -> Loading:
    loads: list[Load] = [Get(Station, asked.station_id, message.actor.area) for asked in needs]
    loads += [Get(Resident, one, message.actor.area) for asked in needs for one in asked.residents]
    for asked in needs:
        loads += name_load(vault, message.actor.principal, "need", asked.external_id)
    loads.append(reference_load(message.actor))
    yield from load_catalogue(*loads)


def _take_in_or_refuse(work: UnitOfWork, asked: RegisterNeed, vault: Vault, policy: NeedsPolicy) -> RegisterNeedsItem:
    try:
        return RegisterNeedsItem(ok=take_in(work, asked, vault, policy))
    except Refused as refusal:
        return RegisterNeedsItem(error=Refusal.model_validate(refusal.to_json()))


def take_in(work: UnitOfWork, asked: RegisterNeed, vault: Vault, policy: NeedsPolicy) -> NeedAnswer:
    """Take in one need, as a draft or published; needs the loads of `register_need`. Raises Refused before any change.

    A refused item of several leaves nothing behind.
    """
    station = work.reach(Station, asked.station_id, "station_id")
    require_open(station, "station_id")
    need = registered(asked, catalogue_of(work), need_id=work.new_id("need"), area=station.area, now=work.now)
    need = with_assessment_due(need, policy.assessment_terms)
    reach_residents(work, asked.residents, station.area)
    if asked.publish:
        need = published(need, work.now)
    keep_name(work, vault, "need", need.id, asked.external_id)
    if asked.publish:
        need = need.model_copy(update={"published_by": refer(work, vault)})
    work.put(seal_text(need.id, asked, vault))
    if asked.residents:
        work.put(named(need.id, need.area, asked.residents))
    return to_answer(announce(work, need, None, policy))


# ---- actions of the station ----------------------------------------------------------------------------


def publish_need(message: Incoming[PublishNeed], vault: Blinder, policy: NeedsPolicy) -> Handling:
    """Publish a draft: charity links resources and volunteering dispatches volunteers upon its event."""
    yield [reference_load(message.actor)]
    work = yield from take_turn(partial(load_need, message))
    before = current_need(work, message.data)
    after = published(before, work.now).model_copy(update={"published_by": refer(work, vault)})
    return to_answer(announce(work, after, before, policy))


def extend_need(message: Incoming[ExtendNeed], policy: NeedsPolicy) -> Handling:
    """Give a need that is under way more time."""
    work = yield from take_turn(partial(load_need, message))
    before = current_need(work, message.data)
    due, because = to_stored(message.data.due), message.data.reason_code
    stored = announce(
        work, extended(before, work.now, due, because, policy.longest_extension), before, policy, NeedExtended
    )
    remind(work, stored, stored.due)
    return to_answer(stored)


def cancel_need(message: Incoming[CancelNeed], vault: Keeper, policy: NeedsPolicy) -> Handling:
    """Cancel a need that is not served yet, and keep the reason sealed."""
    reason = message.data.reason
    work = yield from take_turn(partial(load_need, message, bool(reason)))
    before = current_need(work, message.data)
    after = announce(work, cancelled(before, work.now, message.data.reason_code), before, policy)
    keep_words(work, vault, after, "cancel_reason", reason)
    return to_answer(after)


def reopen_need(message: Incoming[ReopenNeed], policy: NeedsPolicy) -> Handling:
    """Open an unmet or cancelled need again, and delete the words of its cancellation.

    Raises Refused("wrong_state") where its words are erased, too.
    """
    asked = message.data
    work = yield from take_turn(partial(load_need, message, with_text=True))
    before = current_need(work, asked)
    yield [Get(Station, before.station_id)]
    due, within, most = to_stored(asked.due), policy.reopen_period, policy.longest_extension
    after = reopened(before, work.now, asked.reason_code, due, asked.slot, within=within, most=most)
    if work.get(NeedText, before.id) is None:
        raise Refused("wrong_state", "words_erased", field="need_id")
    delete_words(work, before.id, "cancel_reason")
    stored = announce(work, after, before, policy, EndUndone)
    remind(work, stored, stored.due)
    follow_station(work, stored)
    return to_answer(stored)


def confirm_need(message: Incoming[ConfirmNeed], vault: Vault, policy: NeedsPolicy) -> Handling:
    """Confirm that a need was served with the delivered amounts, and keep the note sealed.

    Raises Refused("not_allowed") for the actor who published it, where the policy asks for another.
    """
    note = message.data.note
    yield [reference_load(message.actor)]
    work = yield from take_turn(partial(load_need, message, bool(note)))
    before = current_need(work, message.data)
    after = confirmed(before, work.now, message.data.delivered)
    actor = refer(work, vault)
    if policy.need_confirmed_by_another:
        require_another(before, actor)
    after = announce(work, after.model_copy(update={"confirmed_by": actor}), before, policy)
    keep_words(work, vault, after, "confirm_note", note)
    return to_answer(after)


def undo_confirmation(message: Incoming[UndoConfirmation], policy: NeedsPolicy) -> Handling:
    """Take back a wrong confirmation, with its rating and the words of both.

    Charity reverses its postings, and the delivery is stated again.
    """
    work = yield from take_turn(partial(load_need, message, with_text=True))
    before = current_need(work, message.data)
    yield [Get(Station, before.station_id)]
    after = undone(before, work.now, message.data.reason_code, policy.undo_period)
    delete_words(work, before.id, "confirm_note", "evaluation_comment")
    stored = announce(work, after, before, policy, ConfirmationUndone)
    remind(work, stored, restate_until(stored, work.now, policy.restate_time))
    follow_station(work, stored)
    return to_answer(stored)


def evaluate_need(message: Incoming[EvaluateNeed], vault: Keeper, policy: NeedsPolicy) -> Handling:
    """Rate a confirmed need, and keep the comment sealed."""
    comment = message.data.comment
    work = yield from take_turn(partial(load_need, message, bool(comment)))
    before = current_need(work, message.data)
    after = announce(work, evaluated(before, work.now, message.data.rating), before, policy)
    keep_words(work, vault, after, "evaluation_comment", comment)
    return to_answer(after)


# ---- answers of the other services, and due time -------------------------------------------------------


def follow_link(message: Incoming[Link], policy: NeedsPolicy) -> Handling:
    """Store the amounts that charity holds for a need, and announce the state where they change it."""
    yield [Get(Need, message.data.need_id)]
    work = yield TURN
    need = work.get(Need, message.data.need_id)
    # Another city's need may be unknown here: its answer is passed over.
    if need is not None:
        store_progress(work, linked(need, message.data, work.now), need, policy)


def follow_staffing(message: Incoming[Staffing], policy: NeedsPolicy) -> Handling:
    """Store the volunteers who come for a need, and announce the state where they change it."""
    yield [Get(Need, message.data.need_id)]
    work = yield TURN
    need = work.get(Need, message.data.need_id)
    if need is not None:
        store_progress(work, staffed(need, message.data, work.now), need, policy)


def follow_deadline(message: Incoming[NeedDue], policy: NeedsPolicy) -> Handling:
    """End a published need as unmet at its due time; remind the owner of the next step of any other need."""
    yield [Get(Need, message.data.need_id)]
    work = yield TURN
    need = work.get(Need, message.data.need_id)
    if need is None:
        return
    reminds = need.state != "published"  # which ends instead
    if reminds:
        yield [Get(Station, need.station_id)]
    meet_deadline(work, need, policy, left=reminds and is_left(work, need.station_id))


HANDLERS: Final[HandlerTable] = {
    RegisterNeed: register_need,
    RegisterNeeds: register_needs,
    PublishNeed: publish_need,
    ExtendNeed: extend_need,
    CancelNeed: cancel_need,
    ReopenNeed: reopen_need,
    ConfirmNeed: confirm_need,
    UndoConfirmation: undo_confirmation,
    EvaluateNeed: evaluate_need,
    ResourcesLinked: follow_link,
    ResourcesReleased: follow_link,
    ResourcesDelivered: follow_link,
    VolunteersOffered: follow_staffing,
    VolunteersConfirmed: follow_staffing,
    StaffingChanged: follow_staffing,
    VolunteersAwaited: follow_staffing,
    VolunteersReleased: follow_staffing,
    NeedDue: follow_deadline,
    **amending.HANDLERS,
    **assessing.HANDLERS,
    **triaging.HANDLERS,
    **merging.HANDLERS,
    **erasure.HANDLERS,
}
