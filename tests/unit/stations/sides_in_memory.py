"""Both sides of a referral without servers: two stations of one street, and short calls for each."""

from datetime import timedelta
from typing import Any, Final

import pytest
from stations_in_memory import COMMUNITY, StationsInMemory

from services.stations.referrals.domain import Handover, Referral
from shared.contracts import Refused
from shared.contracts.access import Actor
from shared.contracts.stations.referrals import ReferNeed, RequestReferral, RevokeReferral
from shared.engine.decide.memory import START

CONSENT: Final = {"obtained": "in_writing"}


def worker(area: str) -> Actor:
    return Actor(kind="person", id=f"worker-{area}", roles=("station_worker",), area=area)


HERE: Final = worker(COMMUNITY)


class Sides:
    """Two stations of one street, a need of the first, and short calls for both sides of a referral."""

    def __init__(self, stations: StationsInMemory, **changes: Any) -> None:
        self.stations = stations
        self.to = {"kind": "station", "id": stations.open_next_door()}
        self.last = ""
        self.need_id = stations.register(due=START + timedelta(days=20), **changes).id

    def refer(self, basis: Any = CONSENT, to: Any = None, actor: Actor = HERE) -> Any:
        asked = {"need_id": self.need_id, "receiver": to or self.to, "basis": basis}
        answer: Any = self.stations.engine.command(ReferNeed.model_validate(asked), actor=actor)
        self.last = answer.id
        return answer

    def act(self, kind: Any, actor: Actor, **more: Any) -> Any:
        side = self.referral if kind in (RequestReferral, RevokeReferral) else self.handover
        return self.stations.engine.command(kind.model_validate({"id": side.id, **more}), actor=actor)

    def refusal(self, send: Any) -> tuple[str, str, str | None]:
        with pytest.raises(Refused) as refused:
            send()
        return refused.value.code, refused.value.rule, refused.value.field

    @property
    def referral(self) -> Referral:
        return self.stations.engine.all(Referral)[-1]

    @property
    def handover(self) -> Handover:
        return self.stations.engine.all(Handover)[-1]

    @property
    def states(self) -> tuple[str, str]:
        return self.referral.state, self.handover.state
