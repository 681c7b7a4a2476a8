"""A plain feature's views: the newest shape, the whole history, and counts that repetition cannot double."""

from itertools import permutations
from typing import Any, TypeVar

import pytest
from gateway_events import ProjectorInMemory

from services.gateway.features.organisations import FEATURE
from services.gateway.plain.answer import describe_changes
from services.gateway.projection.plain import PlainFeature, plain_feature
from shared.contracts import CloudEvent, to_cloud_event
from shared.contracts.messages import EventData
from shared.contracts.stations.network import StationOpened
from shared.contracts.stations.organisations import (
    OrganisationChanged,
    OrganisationEnded,
    OrganisationRegistered,
    OrganisationShape,
    RegisterOrganisation,
)
from shared.engine import Entity
from shared.engine.decide.memory import START

T = TypeVar("T", bound=Entity)


def event(of: type[EventData], version: int, **changes: Any) -> CloudEvent:
    shape = {
        "id": "organisation_1", "version": version, "area": "110102009", "name": "Elm Hall Centre",
        "credit_code": "52110102MJ0123456B", "kind": "foundation", "state": "active", **changes,
    }  # fmt: skip
    data = of.model_validate(shape)
    return to_cloud_event(
        data, subject=shape["id"], version=version, nth=0, time=START, area=shape["area"], correlation="c",
        causation="c", traceparent="",
    )  # fmt: skip


LIFE = [
    event(OrganisationRegistered, 1),
    event(OrganisationChanged, 2, kind="enterprise"),
    event(OrganisationEnded, 3, kind="enterprise", state="ended", reason="merged"),
]
OTHER = event(OrganisationRegistered, 1, id="organisation_2", area="110105001")


def stored(projector: ProjectorInMemory, model: type[T]) -> list[T]:
    found = [(thing_id, entity) for (of, thing_id), entity in projector.followed.entities.items() if of is model]
    return [entity for _, entity in sorted(found, key=lambda one: one[0])]  # type: ignore[misc]


def counts(projector: ProjectorInMemory) -> dict[tuple[str, str, str], int]:
    found: dict[tuple[str, str, str], int] = {}
    for cell in stored(projector, FEATURE.count):
        key = (cell.area, cell.values["kind"], cell.values["state"])
        found[key] = found.get(key, 0) + cell.count
    return {key: count for key, count in found.items() if count}


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_any_order_and_repetition_counts_each_organisation_once(order: tuple[int, ...], together: bool) -> None:
    events = [*(LIFE[nth] for nth in order), OTHER, *LIFE, OTHER]
    projector = ProjectorInMemory()
    projector.project_together(events) if together else projector.project(*events)
    assert counts(projector) == {
        ("110102009", "enterprise", "ended"): 1,
        ("110105001", "foundation", "active"): 1,
    }
    assert projector.view(FEATURE.view, "organisation_1").shape["state"] == "ended"
    assert len(stored(projector, FEATURE.history)) == 4


def test_the_history_names_the_fields_that_each_change_changed() -> None:
    projector = ProjectorInMemory().project(*reversed(LIFE))
    first, *later = describe_changes(None, stored(projector, FEATURE.history))
    assert (first.happened, first.changed["name"]) == ("registered", "Elm Hall Centre")
    assert [(one.happened, one.changed) for one in later] == [
        ("changed", {"kind": "enterprise"}),
        ("ended", {"state": "ended", "reason": "merged"}),
    ]


def declare(**changes: Any) -> PlainFeature:
    return plain_feature(
        "things", path="things", noun="thing", shape=OrganisationShape,
        **{"events": [OrganisationRegistered], "create": RegisterOrganisation, "actions": {}, "example": {}, **changes},
    )  # fmt: skip


def test_a_declaration_that_does_not_fit_the_shape_does_not_start() -> None:
    with pytest.raises(ValueError, match="has no field colour"):
        declare(filters=["colour"])
    with pytest.raises(ValueError, match=r"stations\.station\.opened does not have the shape"):
        declare(events=[StationOpened])
