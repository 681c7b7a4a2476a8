"""The handlers of corrections: a draft is edited."""

from functools import partial
from typing import Final

from services.stations.needs.actions import current_need, load_need
from services.stations.needs.announcing import announce, remind
from services.stations.needs.domain.answer import to_answer
from services.stations.needs.domain.deadline import find_next_deadline
from services.stations.needs.domain.editing import edited
from services.stations.needs.domain.text import NeedText, list_purposes, place_of, reseal_text
from services.stations.needs.policy import NeedsPolicy
from services.stations.network.domain import Station, require_open
from shared.catalogue import catalogue_of, load_catalogue
from shared.contracts import Refused
from shared.contracts.stations.amending import EditNeed, NeedEdited
from shared.engine import Get, HandlerTable, Handling, Incoming, Load, Loading, UnitOfWork, take_turn
from shared.people import key_of
from shared.people.reading import loaded_keys
from shared.runtime.vault import Vault


def edit_need(message: Incoming[EditNeed], vault: Vault, policy: NeedsPolicy) -> Handling:
    """Edit a draft: nothing was linked for it yet, and nobody asked.

    Raises Refused as `edited` does, and "wrong_state" for a station that is closed and where its words are erased.
    """
    asked = message.data
    words = _list_words(asked)
    work = yield from take_turn(partial(_load, message, bool(words)))
    before = current_need(work, asked)
    after = edited(before, asked, catalogue_of(work), work.now, _find_area(work, asked, before.area))
    _change_words(work, vault, before.id, words)
    stored = announce(work, after, before, policy, NeedEdited)
    # Its deadline counts from the registration: where somebody was reminded already, the next reminder stands.
    remind(work, stored, find_next_deadline(stored, policy.periods) or stored.due)
    return to_answer(stored)


def _load(message: Incoming[EditNeed], with_text: bool) -> Loading:
    station_id = message.data.station_id
    loads: list[Load] = [] if station_id is None else [Get(Station, station_id, message.actor.area)]
    yield from load_catalogue(*loads)
    yield from load_need(message, with_text)


def _find_area(work: UnitOfWork, asked: EditNeed, area: str) -> str:
    if asked.station_id is None:
        return area
    station = work.reach(Station, asked.station_id, "station_id")
    require_open(station, "station_id")
    return station.area


def _list_words(asked: EditNeed) -> dict[str, object]:
    words: dict[str, object] = {
        name: value for name in ("title", "location") if (value := getattr(asked, name)) is not None
    }
    return words if asked.lines is None else {**words, "purposes": list_purposes(asked.lines)}


def _change_words(work: UnitOfWork, vault: Vault, need_id: str, words: dict[str, object]) -> None:
    if not words:
        return
    text = work.get(NeedText, need_id)
    if text is None:
        raise Refused("wrong_state", "words_erased", field="need_id")
    former = loaded_keys(work, vault, need_id, text).open(text.asked, need_id, *place_of(need_id, "asked"))
    work.put(reseal_text(text, words, former, key_of(work, vault, need_id, text)))


HANDLERS: Final[HandlerTable] = {EditNeed: edit_need}
