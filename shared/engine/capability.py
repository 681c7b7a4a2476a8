"""The declaration of a capability: its handlers, collections and policy. Operations read it without a server."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel
from pymongo import IndexModel

from shared.engine.decide.handlers import Handler, HandlerTable
from shared.engine.decide.schema import Document, Schema
from shared.engine.observe.census import Census
from shared.engine.store.queries import QueryTable, Store
from shared.runtime.vault import Vault

MakeMarks = Callable[[Store, Vault, Sequence[Document]], Mapping[str, Document]]
"""Takes stored people and returns the fields by which each is found, by id; see `shared.people.marks`."""


class Policy(BaseModel, frozen=True):
    """The rules of one capability that a city may decide. Each field is a setting of the service, with its bounds.

    The service's settings class inherits its policies, so that a rule is declared once.
    """

    @classmethod
    def of(cls, settings: BaseModel) -> Self:
        """Return the policy that the service's settings hold.

        Raises AttributeError where the settings do not inherit the policy.
        """
        return cls.model_validate({name: getattr(settings, name) for name in cls.model_fields})


@dataclass(frozen=True)
class Capability:
    """One capability of a service, as its folder's `__init__.py` declares it.

    `handlers` maps each event, command and timer to its function; `any_event` handles every event that no table of the
    service names. `queries` maps each query to its function. `indexes` names each collection, also one without an
    index; `schemas` names the collections whose stored form has changed since their first release. `censuses` are the
    lists that the sampler counts. `sealed` names, for each collection with personal data, its sealed fields with the
    purposes of the data keys that seal them; the key's subject has the id of the document. `marked` names the
    collections of people that are found by marks, with the function that makes them.
    """

    name: str
    handlers: HandlerTable = field(default_factory=dict)
    indexes: Mapping[str, Sequence[IndexModel]] = field(default_factory=dict)
    schemas: Mapping[str, Schema] = field(default_factory=dict)
    censuses: Sequence[Census] = ()
    policy: type[Policy] | None = None
    any_event: Handler | None = None
    queries: QueryTable = field(default_factory=dict)
    sealed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    marked: Mapping[str, MakeMarks] = field(default_factory=dict)
