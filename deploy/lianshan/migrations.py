"""Which stores there are and what is still to migrate in them: for `lianshan migrate`, `status` and `up`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pymongo import IndexModel, MongoClient
from pymongo.database import Database

from services.charity import storage as charity
from services.gateway.declaration import DECLARATION as GATEWAY
from services.stations import storage as stations
from services.volunteering import storage as volunteering
from shared.engine.decide.schema import Schema
from shared.engine.store.migration import Pending, pending
from shared.engine.store.schema_registry import read_rows, refusal

Document = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A service's collections as its code wants them."""

    indexes: Mapping[str, Sequence[IndexModel]]
    schemas: Mapping[str, Schema]


PLANS: Final = {
    "stations": Plan(stations.INDEXES, stations.SCHEMAS),
    "charity": Plan(charity.INDEXES, charity.SCHEMAS),
    "volunteering": Plan(volunteering.INDEXES, volunteering.SCHEMAS),
    "gateway": Plan(GATEWAY.indexes, GATEWAY.schemas),
}


def store(client: MongoClient[Document], prefix: str, service: str) -> Database[Document]:
    """The service's database."""
    return client[f"{prefix}{service}"]


def to_do(
    client: MongoClient[Document], prefix: str, services: Sequence[str] = tuple(PLANS), *, thorough: bool = False
) -> list[Pending]:
    """What is to migrate in the services' stores. Raises StoreTooNewError."""
    found = []
    for service in services:
        plan, database = PLANS[service], store(client, prefix, service)
        found += pending(database, service, plan.indexes, plan.schemas, thorough=thorough)
    return found


def refusals(client: MongoClient[Document], prefix: str) -> list[str]:
    """A line for each store that this release must not work on."""
    said = (
        refusal(service, read_rows(store(client, prefix, service)), plan.schemas) for service, plan in PLANS.items()
    )
    return [line for line in said if line is not None]
