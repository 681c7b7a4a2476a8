"""The events of one day in a town, made up from a seed: stations, stock, volunteers, needs, cancellations.

Everything but the scarce blankets is there in plenty, so that how the day ends does not hang on who came first.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

COMMUNITIES = 5
VOLUNTEERS = 10
"""In each community."""
PLENTY = 10**6
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class NeedPlan:
    """One need, and its later course."""

    nth: int
    community: int
    rice: int
    money: int
    blankets: int
    headcount: int
    slot: int
    cancelled: bool
    served: bool

    def lines(self) -> list[dict[str, Any]]:
        """As they are posted."""
        lines: list[dict[str, Any]] = [{"kind": "goods", "item": "quilt", "quantity": self.rice, "unit": "piece"}]
        if self.money:
            lines.append({"kind": "money", "amount_fen": self.money, "purpose": "heating"})
        if self.blankets:
            lines.append({"kind": "goods", "item": "blanket", "quantity": self.blankets, "unit": "piece"})
        return lines


@dataclass
class Day:
    """The plan. `number` gives the town an area code of its own, so that days do not share supply."""

    number: int
    seed: str
    size: int
    with_service: bool = True
    """Whether some needs are served, confirmed and evaluated on the same day."""
    needs: list[NeedPlan] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    blankets: tuple[int, int] = (0, 0)
    """In stock in the morning, and given at noon."""

    def __post_init__(self) -> None:
        random = Random(self.seed)
        slots = max(10, self.size // 25)
        self.needs = [self._need(nth, random, slots, self.with_service) for nth in range(self.size)]
        wanted = sum(need.blankets for need in self.needs)
        self.blankets = (wanted // 3, wanted // 3)

    @property
    def city(self) -> str:
        """Four digits."""
        return f"{20 + self.number // 90}{10 + self.number % 90}"

    @property
    def street(self) -> str:
        """Nine digits."""
        return f"{self.city}01001"

    @property
    def communities(self) -> list[str]:
        """Twelve digits each."""
        return [f"{self.street}{n:03}" for n in range(1, COMMUNITIES + 1)]

    @property
    def areas(self) -> list[str]:
        """All of them, the larger ones first."""
        return [self.city[:2], self.city, f"{self.city}01", self.street, *self.communities]

    def location(self, community: int) -> dict[str, float]:
        """Within the town, every community in its own place."""
        return {"lon": 100.0 + self.number * 0.1 + community * 0.004, "lat": 30.0}

    def volunteer(self, community: int, nth: int) -> dict[str, Any]:
        """As posted."""
        return {
            "name": f"Invented Name {community}-{nth}",
            "phone": f"138{self.number % 1000:03}{community:02}{nth:03}",
            "area": self.communities[community],
            "location": self.location(community),
            "birth_year": 1960 + nth,
            "skills": ["first_aid"],
            "standing_acceptance": True,
        }

    def need(self, plan: NeedPlan, station_id: str) -> dict[str, Any]:
        """As posted."""
        posted: dict[str, Any] = {
            "station_id": station_id,
            "title": f"Help for household {plan.nth}",
            "theme": "elderly_care",
            "urgency": "normal",
            "due": (self.now + timedelta(days=300)).isoformat(),
            "location": self.location(plan.community),
            "beneficiaries": {"count": 1, "groups": []},
            "lines": plan.lines(),
            "publish": True,
        }
        if plan.headcount:
            start = self.now + (timedelta() if plan.served else timedelta(days=plan.slot + 1))
            posted["volunteers"] = {
                "headcount": plan.headcount,
                "skills": ["first_aid"],
                "languages": [],
                "starts_at": start.isoformat(),
                "ends_at": (start + 2 * HOUR).isoformat(),
            }
        return posted

    def probe(self) -> NeedPlan:
        """Return a need beside the day, long after all others: the day ends as without it."""
        return NeedPlan(
            self.size, community=0, rice=1, money=0, blankets=0, headcount=1, slot=280, cancelled=False, served=False
        )

    @staticmethod
    def _need(nth: int, random: Random, slots: int, with_service: bool) -> NeedPlan:
        served = with_service and nth % 40 == 3
        cancelled = not served and random.random() < 0.06
        return NeedPlan(
            nth=nth,
            community=random.randrange(COMMUNITIES),
            rice=random.randint(1, 5),
            money=0 if random.random() < 0.7 else random.randint(100, 9900),
            blankets=random.randint(1, 3) if not served and not cancelled and random.random() < 0.1 else 0,
            headcount=1 if served else random.choice((0, 0, 1, 1, 2)),
            slot=nth % slots,
            cancelled=cancelled,
            served=served,
        )
