"""All the laws, one after the other."""

from collections.abc import Callable, Iterator
from typing import Final

from deploy.laws.booking import nobody_is_booked_twice
from deploy.laws.nothing_lost import nothing_is_lost
from deploy.laws.once import effects_happen_once
from deploy.laws.stores import Stores, opened
from deploy.laws.value import value_is_conserved

Check = Callable[[Stores, str], Iterator[str]]

LAWS: Final[dict[str, tuple[str, Check]]] = {
    "L1": ("Nothing is lost", nothing_is_lost),
    "L2": ("Effects happen once", lambda stores, _: effects_happen_once(stores)),
    "L3": ("Value is conserved", lambda stores, _: value_is_conserved(stores)),
    "L4": ("Nobody is booked twice", lambda stores, _: nobody_is_booked_twice(stores)),
}
"""Each law's words and what finds its breaches."""


def check_each_law(mongo_uri: str, prefix: str, amqp_uri: str) -> dict[str, list[str]]:
    """Each law with its breaches in words.

    `prefix` is put before the services' names to give their databases (LIANSHAN_DATABASE_PREFIX). Raises
    pymongo.errors.PyMongoError and shared.engine.broker.BrokerUnreachableError where a server does not answer.
    """
    with opened(mongo_uri, prefix) as stores:
        return {law: list(check(stores, amqp_uri)) for law, (_, check) in LAWS.items()}


def check_laws(mongo_uri: str, prefix: str, amqp_uri: str) -> list[str]:
    """Every breach in words, each beginning with its law; empty where the laws are kept."""
    found = check_each_law(mongo_uri, prefix, amqp_uri)
    return [f"{law}: {words}" for law, breaches in found.items() for words in breaches]
