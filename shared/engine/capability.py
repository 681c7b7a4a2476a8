"""The declaration of a capability: its handlers, collections and policy. Operations read it without a server."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from pydantic import BaseModel
from pymongo import IndexModel

from shared.contracts.reasons import Reason
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
class Holding:
    """The documents of one collection that hold something about a person (个人), found by the person's id.

    `kind` is that of the person, see `shared/contracts/persons.py`; empty for a person of any kind. A document is
    about the person whose id `key` turns into a value of one of the `fields`. `part` returns the part of a document
    that is about this person alone, where the document is about others, too. With `registers` the person is known to
    the service by this document, whose `area` bounds the readers. Without an index on the fields (`indexed`) the
    collection is read in windows. With `marks` the documents are marks by which the person is found: a replay of the
    journal of erasures deletes them. `kept` is the reason for which an erasure leaves the document, `left_out` that for
    which a copy does not repeat it.
    """

    collection: str
    kind: str = ""
    fields: tuple[str, ...] = ("_id",)
    key: Callable[[str], str] = str
    part: Callable[[Document, str], Document] | None = None
    registers: bool = False
    indexed: bool = True
    marks: bool = False
    kept: Reason | None = None
    left_out: Reason | None = None

    def rule(self, person_id: str) -> Document:
        """Return the MongoDB rule of the documents about the person."""
        value = self.key(person_id)
        rules: list[Document] = [{name: value} for name in self.fields]
        return rules[0] if len(rules) == 1 else {"$or": rules}


@dataclass(frozen=True)
class Capability:
    """One capability of a service, as its folder's `__init__.py` declares it.

    `handlers` maps each event, command and timer to its function; `any_event` handles every event that no table of the
    service names. `queries` maps each query to its function. `indexes` names each collection, also one without an
    index; `schemas` names the collections whose stored form has changed since their first release. `censuses` are the
    lists that the sampler counts. `sealed` names, for each collection with personal data, its sealed fields with the
    purposes of the data keys that seal them; the key's subject has the id of the document, or the id in the field that
    `subjects` names for the collection. `holdings` names every collection that holds something about a person.
    `marked` names the collections of people that are found by marks, with the function that makes them.
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
    subjects: Mapping[str, str] = field(default_factory=dict)
    holdings: Sequence[Holding] = ()
