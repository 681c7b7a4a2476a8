"""The stations service without servers, and short calls for the messages that it receives."""

import json
from datetime import timedelta
from typing import Any

from opened import opened

from services.stations.declaration import DECLARATION
from services.stations.needs.domain.need import Need
from services.stations.needs.domain.text import NeedText
from services.stations.needs.policy import NeedsPolicy
from shared.contracts.charity.linking import ResourcesDelivered, ResourcesLinked, ResourcesReleased
from shared.contracts.envelope import to_cloud_event
from shared.contracts.need_parts import Amount
from shared.contracts.stations.areas import AreaRow, ImportAreas
from shared.contracts.stations.need_answers import NeedAnswer
from shared.contracts.stations.needs import RegisterNeed
from shared.contracts.stations.network import OpenStation
from shared.contracts.volunteering.dispatch import StaffingChanged
from shared.engine.decide.memory import START, MemoryEngine
from shared.runtime.vault import Vault

COMMUNITY = "110102009017"
NEXT_DOOR = "110102009018"
HOUR = timedelta(hours=1)


class StationsInMemory:
    """The service with one station in it."""

    def __init__(self, policy: NeedsPolicy | None = None) -> None:
        self.vault = Vault(bytes(32))
        self.engine = MemoryEngine(DECLARATION.handlers(policy or NeedsPolicy(), vault=self.vault))
        self.engine.command(ImportAreas(rows=(AreaRow(code=COMMUNITY, name="Elm Hall"),)))
        opened = OpenStation(area=COMMUNITY, name="Elm Hall station", level="station")
        self.station_id = self.engine.command(opened).id

    def asked(self, **changes: Any) -> RegisterNeed:
        """A request as a station worker would post it: rice, money and two volunteers, unless changed."""
        posted = {
            "station_id": self.station_id,
            "title": "Rice for Grandmother Yu",
            "theme": "elderly_care",
            "urgency": "normal",
            "due": START + 8 * HOUR,
            "location": {"lon": 116.33712, "lat": 39.92891},
            "beneficiaries": {"count": 1, "groups": ["elderly_80_plus"]},
            "lines": [
                {"kind": "goods", "item": "quilt", "quantity": 3, "unit": "piece"},
                {"kind": "money", "amount_fen": 5000, "purpose": "her heating bill"},
            ],
            "volunteers": {"headcount": 2, "starts_at": START + HOUR, "ends_at": START + 2 * HOUR},
            "publish": True,
        }
        return RegisterNeed.model_validate({**posted, **changes})

    def register(self, **changes: Any) -> NeedAnswer:
        answer = self.engine.command(self.asked(**changes))
        assert isinstance(answer, NeedAnswer)
        return answer

    def need(self, need_id: str) -> Need:
        return self.engine.one(Need, need_id)

    def text(self, need_id: str) -> NeedText:
        return self.engine.one(NeedText, need_id)

    def words(self, need_id: str) -> dict[str, Any]:
        """The words of the request, opened."""
        found: dict[str, Any] = json.loads(opened(self.engine, self.vault, self.text(need_id), "asked"))
        return found

    def open_next_door(self) -> str:
        """Open a station in another community of the street; gives its id."""
        self.engine.command(ImportAreas(rows=(AreaRow(code=NEXT_DOOR, name="Oak Lane"),)))
        oak = OpenStation(area=NEXT_DOOR, name="Oak Lane station", level="station")
        station_id: str = self.engine.command(oak).id
        return station_id

    def receive(self, data: Any) -> None:
        """Receive the event, as its service would have sent it."""
        subject = f"{data.type.split('.')[1]}-{data.need_id}"
        event = to_cloud_event(
            data,
            subject=subject,
            version=data.version,
            nth=0,
            time=self.engine.now,
            area=data.area,
            correlation="c",
            causation="c",
            traceparent="",
        )
        self.engine.event(event)

    def link(self, need_id: str, version: int, *committed: int, kind: Any = None, **more: Any) -> None:
        """Receive the amount of each line that charity holds."""
        self.receive(link_event(need_id, version, committed, kind or ResourcesLinked, **more))

    def staff(self, need_id: str, version: int, confirmed: int, state: str = "staffed", **more: Any) -> None:
        """Receive the number of volunteers who come."""
        self.receive(staffing_event(need_id, version, confirmed, state, **more))

    def serve(self, **changes: Any) -> str:
        """Register a need that is linked, staffed and served; gives its id."""
        need_id = self.register(**changes).id
        self.link(need_id, 1, 3, 5000)
        self.staff(need_id, 1, 2)
        self.staff(need_id, 2, 2, "serving", checked_in=2)
        self.staff(need_id, 3, 2, "served", checked_in=2, checked_out=2)
        return need_id


def link_event(
    need_id: str,
    version: int,
    committed: Any,
    kind: type[ResourcesLinked | ResourcesReleased | ResourcesDelivered] = ResourcesLinked,
    **more: Any,
) -> Any:
    amounts = tuple(
        Amount(line_id=f"l{nth}", committed=held, fulfilled=held if kind is ResourcesDelivered else 0)
        for nth, held in enumerate(committed, 1)
    )
    state = {ResourcesReleased: "released", ResourcesDelivered: "delivered"}.get(kind, "partial")
    return kind(need_id=need_id, version=version, state=state, area=COMMUNITY, amounts=amounts, **more)


def staffing_event(need_id: str, version: int, confirmed: int, state: str, **more: Any) -> Any:
    return StaffingChanged(
        need_id=need_id,
        version=version,
        state=state,
        area=COMMUNITY,
        headcount=2,
        confirmed=confirmed,
        offered=0,
        **more,
    )
