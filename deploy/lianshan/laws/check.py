"""All the laws, one after the other."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from deploy.lianshan.laws.booking import nobody_is_booked_twice
from deploy.lianshan.laws.nothing_lost import nothing_is_lost
from deploy.lianshan.laws.once import effects_happen_once
from deploy.lianshan.laws.stores import Stores, opened
from deploy.lianshan.laws.value import value_is_conserved

Check = Callable[[Stores, str, int | None], Iterator[str]]

LAWS: Final[dict[str, tuple[str, Check]]] = {
    "L1": ("Nothing is lost", lambda stores, amqp_uri, _: nothing_is_lost(stores, amqp_uri)),
    "L2": ("Effects happen once", lambda stores, _, newest: effects_happen_once(stores, newest)),
    "L3": ("Value is conserved", lambda stores, *_: value_is_conserved(stores)),
    "L4": ("Nobody is booked twice", lambda stores, *_: nobody_is_booked_twice(stores)),
}
"""Each law's words and what finds its breaches."""
_LONGEST_FIRST: Final = ("L2", "L1", "L4", "L3")


def check_each_law(mongo_uri: str, prefix: str, amqp_uri: str) -> dict[str, list[str]]:
    """Each law with its breaches in words.

    `prefix` is put before the services' names to give their databases (LIANSHAN_DATABASE_PREFIX). Raises
    pymongo.errors.PyMongoError and shared.engine.amqp.broker.BrokerUnreachableError where a server does not answer.
    """
    return {law: check_law(law, mongo_uri, prefix, amqp_uri) for law in LAWS}


def check_law(law: str, mongo_uri: str, prefix: str, amqp_uri: str, newest: int | None = None) -> list[str]:
    """One law's breaches in words; of the feed `newest` events are read, all by default. Raises as above."""
    with opened(mongo_uri, prefix) as stores:
        return list(LAWS[law][1](stores, amqp_uri, newest))


def check_side_by_side(
    mongo_uri: str, prefix: str, amqp_uri: str, newest: int | None, processes: int
) -> dict[str, list[str]]:
    """As `check_each_law`, several laws at once, for large stores."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        asked = {law: pool.submit(check_law, law, mongo_uri, prefix, amqp_uri, newest) for law in _LONGEST_FIRST}
        return {law: asked[law].result() for law in LAWS}


def check_laws(mongo_uri: str, prefix: str, amqp_uri: str) -> list[str]:
    """Every breach in words, each beginning with its law; empty where the laws are kept."""
    found = check_each_law(mongo_uri, prefix, amqp_uri)
    return [f"{law}: {words}" for law, breaches in found.items() for words in breaches]
