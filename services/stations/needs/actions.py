"""The part that all actions on a need share: load it, refuse an old version of it, keep the words that come with it."""

from typing import Protocol

from services.stations.needs.domain.need import Need, check_version
from services.stations.needs.domain.text import NeedText, place_of
from shared.contracts import Refused
from shared.contracts.stations.needs import NeedAction
from shared.engine import Get, Incoming, Loading, UnitOfWork
from shared.engine.decide.external_ids import Namer
from shared.people import Keeper, key_loads, key_of


class Vault(Namer, Keeper, Protocol):
    """The vault, as the handlers of needs use it."""


def load_need(message: Incoming[NeedAction], with_text: bool = False) -> Loading:
    """Load the need within the actor's area, and its words and their key where they are wanted."""
    need_id = message.data.need_id
    work = yield [Get(Need, need_id, message.actor.area)]
    # Most actions come without words: then the sealed text need not be loaded. That of a need elsewhere never is.
    if with_text and work.get(Need, need_id) is not None:
        yield [Get(NeedText, need_id), *key_loads(need_id)]


def current_need(work: UnitOfWork, action: NeedAction) -> Need:
    """Return the need; Refused("not_found") outside the actor's area, and where it has changed since, see there."""
    need = work.reach(Need, action.need_id, "need_id")
    check_version(need, action.expected_version)
    return need


def keep_words(work: UnitOfWork, vault: Keeper, need: Need, field: str, words: str) -> None:
    """Seal the words that come with an action; Refused("wrong_state") where those of the need are erased."""
    if words:
        text = work.get(NeedText, need.id)
        if text is None:
            raise Refused("wrong_state", "words_erased", field=field)
        sealed = key_of(work, vault, need.id, text).seal(words, *place_of(need.id, field))
        work.put(text.model_copy(update={field: sealed}))


def delete_words(work: UnitOfWork, need_id: str, *fields: str) -> None:
    """Delete the words of an action that is undone; they must be loaded.

    Otherwise they would still stand beside the need, and count as the words of the next action of that kind.
    """
    text = work.get(NeedText, need_id)
    if text is not None and any(getattr(text, field) for field in fields):
        work.put(text.model_copy(update=dict.fromkeys(fields, "")))
