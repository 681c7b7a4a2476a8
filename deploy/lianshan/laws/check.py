"""The check of all laws, one after the other or several at once."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from deploy.lianshan.laws.effects_happen_once import effects_happen_once
from deploy.lianshan.laws.nobody_is_booked_twice import nobody_is_booked_twice
from deploy.lianshan.laws.nothing_is_lost import nothing_is_lost
from deploy.lianshan.laws.value_is_conserved import value_is_conserved
from deploy.lianshan.stores import Stores, open_stores
from shared.contracts.reasons import Reason
from shared.words import Wording

Check = Callable[[Stores, str, int | None], Iterator[Reason]]
"""Takes the stores, the address of RabbitMQ and the number of newest events to read; yields breaches."""

LAWS: Final[dict[str, tuple[str, Check]]] = {
    "L1": ("Nothing is lost", lambda stores, *_: nothing_is_lost(stores)),
    "L2": ("Effects happen once", lambda stores, _, newest: effects_happen_once(stores, newest)),
    "L3": ("Value is conserved", lambda stores, *_: value_is_conserved(stores)),
    "L4": ("Nobody is booked twice", lambda stores, *_: nobody_is_booked_twice(stores)),
}
"""Each law's words, and the check that finds its breaches."""
_LONGEST_FIRST: Final = ("L2", "L1", "L4", "L3")
"""So that the longest check does not begin when the others have ended."""


def check_each_law(mongo_uri: str, prefix: str, amqp_uri: str) -> dict[str, list[Reason]]:
    """Return each law with its breaches.

    `prefix` stands before the services' names in the names of their databases (LIANSHAN_DATABASE_PREFIX). Raises
    pymongo.errors.PyMongoError and shared.engine.amqp.broker.BrokerUnreachableError where a server does not answer.
    """
    return {law: check_law(law, mongo_uri, prefix, amqp_uri) for law in LAWS}


def check_law(law: str, mongo_uri: str, prefix: str, amqp_uri: str, newest: int | None = None) -> list[Reason]:
    """Return one law's breaches; `newest` bounds the events of the feed that are read. Raises as above."""
    with open_stores(mongo_uri, prefix) as stores:
        return list(LAWS[law][1](stores, amqp_uri, newest))


def check_side_by_side(
    mongo_uri: str, prefix: str, amqp_uri: str, newest: int | None, processes: int
) -> dict[str, list[Reason]]:
    """Return the same as `check_each_law`, with the laws spread over several processes, for large stores."""
    # A forked child would inherit the parent's connections, which two processes must not share.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        asked = {law: pool.submit(check_law, law, mongo_uri, prefix, amqp_uri, newest) for law in _LONGEST_FIRST}
        return {law: asked[law].result() for law in LAWS}


def check_laws(mongo_uri: str, prefix: str, amqp_uri: str, words: Wording | None = None) -> list[str]:
    """Return every breach in words (English by default), each beginning with its law; none where the laws are kept."""
    found = check_each_law(mongo_uri, prefix, amqp_uri)
    return [f"{law}: {line}" for law, breaches in found.items() for line in word_breaches(breaches, words)]


def word_breaches(breaches: Iterable[Reason], words: Wording | None = None) -> list[str]:
    """Return the sentences of breaches, or of pending work, in English by default."""
    words = words or Wording("en")
    return [words.sentence(breach.code, breach.args) for breach in breaches]
