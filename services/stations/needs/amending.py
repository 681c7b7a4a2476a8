"""The handlers of corrections: a draft is edited, a published need is amended."""

from functools import partial
from typing import Final

from pydantic_core import from_json

from services.stations.needs.actions import current_need, delete_words, keep_words, load_need
from services.stations.needs.announcing import announce, remind
from services.stations.needs.domain.amendment import Terms, amended
from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.assessment import with_assessment_due
from services.stations.needs.domain.deadline import find_next_deadline
from services.stations.needs.domain.editing import edited
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import (
    NeedText,
    list_purposes,
    number_lines,
    place_of,
    with_words,
    write_point,
)
from services.stations.needs.policy import NeedsPolicy
from services.stations.network.domain import Station, require_open
from shared.catalogue import catalogue_of, load_catalogue
from shared.contracts import Refused
from shared.contracts.stations.amending import AmendNeed, EditNeed, NeedAmended, NeedAmendment, NeedEdited
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.people import key_of
from shared.people.reading import loaded_keys
from shared.runtime.vault import Vault

Words = dict[str, object]
"""Words of the request that are to be others: `title`, `location`, `purposes`."""


def edit_need(message: Incoming[EditNeed], vault: Vault, policy: NeedsPolicy) -> Handling:
    """Edit a draft: nothing was linked for it yet, and nobody asked.

    Raises Refused as `edited` does, and "wrong_state" for a station that is closed and where its words are erased.
    """
    asked = message.data
    words = _list_words(asked)
    if asked.lines is not None:
        words["purposes"] = list_purposes(number_lines(asked.lines))
    work = yield from take_turn(partial(_load, message, bool(words)))
    before = current_need(work, asked)
    after = edited(before, asked, catalogue_of(work), work.now, _find_area(work, asked, before.area))
    after = with_assessment_due(after, policy.assessment_terms)
    if words:
        text = require_text(work, before.id)
        work.put(with_words(text, {**open_words(work, vault, text), **words}, key_of(work, vault, before.id, text)))
    stored = announce(work, after, before, policy, NeedEdited)
    # Its deadline counts from the registration: where somebody was reminded already, the next reminder stands.
    remind(work, stored, find_next_deadline(stored, policy.periods) or stored.due)
    return to_answer(stored)


def amend_need(message: Incoming[AmendNeed], vault: Vault, policy: NeedsPolicy) -> Handling:
    """Amend a published need, and keep the note sealed: charity and volunteering follow its event.

    Raises Refused as `amended` does, and "wrong_state" for a station that is closed and where its words are erased.
    """
    asked = message.data
    words = _list_words(asked)
    relined = bool(asked.new_lines or asked.dropped_lines)
    work = yield from take_turn(partial(_load, message, True))
    before = current_need(work, asked)
    terms = Terms(_find_area(work, asked, before.area), policy.longest_extension)
    after = amended(before, asked, catalogue_of(work), work.now, terms)
    if words or relined:
        text = require_text(work, before.id)
        known = open_words(work, vault, text)
        words["purposes"] = amend_purposes(known, before, after, asked)
        work.put(with_words(text, {**known, **words}, key_of(work, vault, before.id, text)))
    delete_words(work, before.id, "amend_note")  # of an earlier amendment
    keep_words(work, vault, before, "amend_note", asked.note)
    stored = announce(work, after, before, policy, NeedAmended)
    remind(work, stored, find_next_deadline(stored, policy.periods) or stored.due)
    return to_answer(stored)


def _load(message: Incoming[EditNeed] | Incoming[AmendNeed], with_text: bool) -> Loading:
    station_id = message.data.station_id
    loads: list[Load] = [] if station_id is None else [Get(Station, station_id, message.actor.area)]
    yield from load_catalogue(*loads)
    yield from load_need(message, with_text)


def _find_area(work: UnitOfWork, asked: EditNeed | AmendNeed, area: str) -> str:
    if asked.station_id is None:
        return area
    station = work.reach(Station, asked.station_id, "station_id")
    require_open(station, "station_id")
    return station.area


def _list_words(asked: EditNeed | AmendNeed) -> Words:
    words: Words = {} if asked.title is None else {"title": asked.title}
    return words if asked.location is None else {**words, "location": write_point(asked.location)}


def amend_purposes(known: Words, before: Need, after: Need, asked: NeedAmendment) -> dict[str, str]:
    """Return the purposes of the need's present lines."""
    former = known["purposes"]
    kept = {line.id for line in after.lines} & {line.id for line in before.lines}
    new = (line.id for line in after.lines if line.id not in kept)
    stay = {one: words for one, words in former.items() if one in kept} if isinstance(former, dict) else {}
    return {**stay, **list_purposes(zip(new, asked.new_lines, strict=True))}


def require_text(work: UnitOfWork, need_id: str) -> NeedText:
    """Return the words of the need; Refused("wrong_state") where they are erased."""
    text = work.get(NeedText, need_id)
    if text is None:
        raise Refused("wrong_state", "words_erased", field="need_id")
    return text


def open_words(work: UnitOfWork, vault: Vault, text: NeedText) -> Words:
    """Return the words of the request in clear."""
    sealed = loaded_keys(work, vault, text.id, text).open(text.asked, text.id, *place_of(text.id, "asked"))
    words: Words = from_json(sealed)
    return words


HANDLERS: Final[HandlerTable] = {EditNeed: edit_need, AmendNeed: amend_need}
