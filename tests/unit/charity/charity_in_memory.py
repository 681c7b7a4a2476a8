"""Charity without servers, and short names for the events and commands around it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from services.charity.declaration import DECLARATION
from services.charity.linking.domain.link import Link
from services.charity.linking.policy import LinkingPolicy
from shared.catalogue import NoOwner
from shared.contracts.access import Actor
from shared.contracts.charity.donations import Donate, GivenGoods, GivenService
from shared.contracts.charity.funds import OpenFund
from shared.contracts.envelope import CloudEvent, to_cloud_event
from shared.contracts.need_parts import Line, Place
from shared.contracts.stations.amending import NeedAmended
from shared.contracts.stations.needs import (
    ConfirmationUndone,
    NeedCancelled,
    NeedConfirmed,
    NeedPublished,
    NeedSnapshot,
    NeedUnmet,
)
from shared.contracts.stations.reopening import EndUndone
from shared.engine import Entity, Incoming
from shared.engine.decide.memory import START, TESTER, MemoryEngine
from shared.ledger import Account, Transfer
from shared.ledger.checks import violations
from shared.runtime.vault import Vault

CITY, DISTRICT, STREET = "1101", "110102", "110102009"
COMMUNITY, NEIGHBOUR = "110102009017", "110102009018"
OTHER_STREET, OTHER_DISTRICT, OTHER_CITY = "110102010001", "110105001001", "310101002003"
HOUR = timedelta(hours=1)
RICE = "goods:quilt"
E = TypeVar("E", bound=Entity)


def rice(quantity: int, line: str = "l1") -> Line:
    return Line(id=line, kind="goods", item="quilt", unit="piece", requested=quantity)


def oil(quantity: int, line: str = "l1") -> Line:
    return Line(id=line, kind="goods", item="shampoo", unit="bottle", requested=quantity)


def money(fen: int, line: str = "l1") -> Line:
    return Line(id=line, kind="money", requested=fen)


def counselling(sessions: int, line: str = "l1") -> Line:
    return Line(id=line, kind="service", item="counselling", requested=sessions)


def gift_of(area: str, quantity: int, item: str = "quilt", unit: str = "piece", **more: Any) -> Donate:
    """A gift of an item to the area's station."""
    goods = (GivenGoods(item=item, quantity=quantity, unit=unit),)
    return Donate(station_id=f"st_{area}", station_area=area, goods=goods, **more)


class CharityInMemory:
    """The service; a station is known by its area, a need by a name."""

    def __init__(self, policy: LinkingPolicy | None = None) -> None:
        self.vault = Vault(bytes(32))
        self.engine = MemoryEngine(
            DECLARATION.handlers(policy or LinkingPolicy(), vault=self.vault, catalogue_owner=NoOwner())
        )

    # ---- commands and events --------------------------------------------------------------------------------

    def donate(
        self, area: str, quantity: int, item: str = "quilt", unit: str = "piece", *, actor: Actor = TESTER, **more: Any
    ) -> Any:
        return self.engine.command(gift_of(area, quantity, item, unit, **more), actor=actor)

    def pledge(self, area: str, sessions: int, item: str = "counselling") -> Any:
        services = (GivenService(item=item, quantity=sessions),)
        return self.engine.command(Donate(station_id=f"st_{area}", station_area=area, services=services))

    def open_fund(self, area: str, fen: int = 0) -> str:
        fund_id = str(self.engine.command(OpenFund(area=area, name="Neighbours' fund")).id)
        if fen:
            self.give_money(fund_id, fen)
        return fund_id

    def give_money(self, fund_id: str, fen: int) -> Any:
        return self.engine.command(Donate(fund_id=fund_id, amount_fen=fen))

    def publish(self, need: str, *lines: Line, area: str = COMMUNITY, **more: Any) -> None:
        self.engine.event(happened(NeedPublished, need, lines, area=area, **more))

    def confirm(
        self, need: str, *lines: Line, version: int = 7, delivered: tuple[int, ...] | None = None, **more: Any
    ) -> None:
        """The amounts of each line, in the order of the lines; None as release 0.2.0 confirms."""
        self.engine.event(happened(NeedConfirmed, need, lines, version=version, delivered=delivered, **more))

    def undo(self, need: str, *lines: Line, version: int = 8) -> None:
        undone = happened(ConfirmationUndone, need, lines, version=version, undone_for="wrong_amounts")
        self.engine.event(undone)

    def reopen(self, need: str, *lines: Line, version: int = 9, **more: Any) -> None:
        self.engine.event(happened(EndUndone, need, lines, version=version, reopened_for="still_needed", **more))

    def amend(self, need: str, *lines: Line, version: int = 5, **more: Any) -> None:
        """The need asks for these lines from now on."""
        parts = {"amended": ("lines",), "amended_for": "entered_wrongly", **more}
        self.engine.event(happened(NeedAmended, need, lines, version=version, **parts))

    def cancel(self, need: str, *lines: Line, version: int = 8, **more: Any) -> None:
        self.engine.event(happened(NeedCancelled, need, lines, version=version, **more))

    def unmet(self, need: str, *lines: Line, version: int = 8, **more: Any) -> None:
        self.engine.event(happened(NeedUnmet, need, lines, version=version, **more))

    # ---- several messages in one batch ----------------------------------------------------------------------

    def event_message(self, event: CloudEvent) -> Incoming[Any]:
        return self.engine.incoming("event", event.data, event.type, event.key, event)

    def gift_message(self, area: str, quantity: int, item: str = "quilt", unit: str = "piece") -> Incoming[Any]:
        gift = gift_of(area, quantity, item, unit)
        return self.engine.incoming("command", gift, gift.type, f"gift-{area}-{quantity}-{item}")

    def batch(self, messages: Sequence[Incoming[Any]]) -> list[Exception | None]:
        """Decide the messages together; returns the failure or refusal of each."""
        return [outcome.failure or outcome.refusal for outcome in self.engine.batch(messages)]

    # ---- state ----------------------------------------------------------------------------------------------

    def link(self, need: str) -> Link:
        return self.engine.one(Link, need)

    def state(self, need: str) -> str:
        return self.link(need).state

    def committed(self, need: str) -> list[int]:
        return [line.committed for line in self.link(need).lines]

    def rings(self, need: str) -> list[tuple[str, int]]:
        """The rings that the reservations come from, with their amounts."""
        return [(source.ring, source.amount) for source in self.link(need).sources]

    def available(self, area: str, commodity: str = RICE) -> int:
        return self.account(f"stock:st_{area}:{commodity}").available

    def account(self, account_id: str) -> Account:
        return next(account for account in self.accounts() if account.id == account_id)

    def accounts(self) -> list[Account]:
        return [entity for entity in self.engine.entities.values() if isinstance(entity, Account)]

    def broken_laws(self) -> list[str]:
        return [str(fault) for fault in violations(self.accounts(), self.engine.all(Transfer))]


def happened(
    kind: type[NeedSnapshot],
    need: str,
    lines: Sequence[Line],
    *,
    area: str = COMMUNITY,
    version: int = 2,
    score: int = 50,
    published_at: datetime = START,
    registered_at: datetime | None = None,
    due: datetime | None = None,
    **more: Any,
) -> CloudEvent:
    """An event of stations about a need."""
    data = kind(
        need_id=need, version=version, state="published", station_id=f"st_{area}", area=area, theme="elderly_care",
        urgency="normal", score=score, due=due or START + 8 * HOUR, place=Place(lon=116.34, lat=39.93), beneficiaries=1,
        lines=tuple(lines), published_at=published_at,
        registered_at=registered_at, **more,
    )  # fmt: skip
    return to_cloud_event(
        data, subject=need, version=version, nth=0, time=published_at, area=area,
        correlation="c", causation="c", traceparent="",
    )  # fmt: skip
