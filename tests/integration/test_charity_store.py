"""Charity over a real MongoDB: searches, the conflicts of two replicas, the ledger, the queries."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from actors import ANYBODY
from asking import ask
from pymongo import MongoClient
from pymongo.database import Database

from services.charity.declaration import DECLARATION
from services.charity.linking.domain.link import Link
from services.charity.linking.storage import WaitingFor, place_in
from services.charity.linking.waiting_list import ServeWaiting
from services.charity.stock.domain import Supply, new_stock
from services.charity.stock.storage import MAX_PER_RING, SupplyNear
from shared.catalogue import NoOwner
from shared.contracts import Command, EventData, Query, Refused
from shared.contracts.charity.donations import Donate, GivenGoods, ReadDonation
from shared.contracts.charity.donors import DonorDetails, ReadDonor
from shared.contracts.charity.funds import OpenFund, ReadFund
from shared.contracts.charity.linking import LinkAnswer, ListWaitingNeeds, ReadLink
from shared.contracts.charity.stock import ReadAccountStatement
from shared.contracts.need_parts import Line, Place
from shared.contracts.stations.needs import NeedCancelled, NeedConfirmed, NeedPublished, NeedSnapshot
from shared.engine.decide.batch import Decisions, decide
from shared.engine.decide.incoming import Incoming
from shared.engine.store.collections import ensure_indexes
from shared.engine.store.commit import Transaction, commit
from shared.engine.store.errors import Conflict
from shared.engine.store.reader import Reader
from shared.ledger.checks import database_violations
from shared.runtime.audit import AUDIT
from shared.runtime.vault import Vault

pytestmark = pytest.mark.integration
A = TypeVar("A")

COMMUNITY, NEIGHBOUR, OTHER_DISTRICT = "110102009017", "110102009018", "110105001001"
RICE = "goods:quilt"


class Service:
    """The handlers over a database: a batch a transaction."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self.database = database
        self.vault = Vault(bytes(range(32)))
        self.now = datetime.now(UTC).replace(microsecond=0)
        self._handlers = DECLARATION.handlers(vault=self.vault, catalogue_owner=NoOwner())
        self._numbers = count(1)

    def decide(self, *messages: Any) -> Decisions:
        batch = []
        for data in messages:
            realm = "command" if isinstance(data, Command) else "event" if isinstance(data, EventData) else "timer"
            handler = self._handlers.find(realm, data.type)
            assert handler is not None
            key = f"{uuid4()}-{next(self._numbers)}"
            message: Incoming[Any] = Incoming(realm, key, key, data.type, data, self.now, key, "")  # type: ignore[arg-type]
            batch.append((message, handler))
        return decide(batch, Reader(self.database).fetch, self.now)

    def commit(self, decided: Decisions) -> Any:
        for outcome in decided.outcomes:
            if outcome.failure or outcome.refusal:
                raise outcome.failure or outcome.refusal  # type: ignore[misc]
        commit(self.database, Transaction(decided, keys=[o.message.key for o in decided.outcomes], now=self.now))
        return decided.outcomes[-1].answer

    def do(self, *messages: Any) -> Any:
        return self.commit(self.decide(*messages))

    def ask(self, query: Query[A], **reader: str) -> A:
        return ask(DECLARATION, self.database, query, self.now, vault=self.vault, **reader)

    def link(self, need_id: str) -> LinkAnswer:
        found = self.ask(ReadLink(need_id=need_id))
        assert found is not None
        return found

    def need(self, kind: type[NeedSnapshot], need_id: str, *lines: Line, **more: Any) -> NeedSnapshot:
        posted = {
            "need_id": need_id, "version": 2, "state": "published", "area": COMMUNITY, "theme": "elderly_care",
            "urgency": "normal", "score": 50, "due": self.now + timedelta(hours=8),
            "place": Place(lon=116.34, lat=39.93), "beneficiaries": 1, "lines": lines, "published_at": self.now,
            **more,
        }  # fmt: skip
        return kind(station_id=f"st_{posted['area']}", **posted)

    def published(self, need_id: str, *lines: Line, **more: Any) -> NeedSnapshot:
        return self.need(NeedPublished, need_id, *lines, **more)


def rice(quantity: int) -> Line:
    return Line(id="l1", kind="goods", item="quilt", unit="piece", requested=quantity)


def gift(area: str, quantity: int, **more: Any) -> Donate:
    goods = (GivenGoods(item="quilt", quantity=quantity, unit="piece"),)
    return Donate(station_id=f"st_{area}", station_area=area, goods=goods, **more)


@pytest.fixture
def service(mongo_uri: str) -> Iterator[Service]:
    client: MongoClient[dict[str, Any]] = MongoClient(mongo_uri, tz_aware=True, serverSelectionTimeoutMS=10_000)
    database = client[f"t{uuid4().hex[:12]}_charity"]
    ensure_indexes(database, DECLARATION.indexes)
    yield Service(database)
    client.drop_database(database.name)
    client.close()


def test_a_need_is_linked_ring_by_ring_and_delivered_and_the_ledger_balances(service: Service):
    fund = service.do(OpenFund(area="110102", name="District fund")).id
    service.do(gift(COMMUNITY, 2), gift(NEIGHBOUR, 1), gift(OTHER_DISTRICT, 50), Donate(fund_id=fund, amount_fen=900))
    money = Line(id="l2", kind="money", requested=400)
    service.do(service.published("need_1", rice(5), money))
    link = service.link("need_1")
    assert [(s.ring, s.amount) for s in link.sources] == [
        ("station", 2), ("street", 1), ("city", 2), ("district", 400),
    ]  # fmt: skip
    service.do(service.need(NeedConfirmed, "need_1", rice(5), money, version=4))
    assert service.link("need_1").state == "delivered"
    found = service.ask(ReadFund(fund_id=fund))
    assert found is not None
    assert (found.balance_fen, found.reserved_fen) == (500, 0)
    assert database_violations(service.database) == []


def test_stored_supply_is_found_by_the_same_rules_as_in_memory(service: Service):
    for number in range(3 * MAX_PER_RING):
        service.do(gift(f"110102009{number + 100:03d}", number + 1))
    service.do(gift("310101002003", 999), gift(COMMUNITY, 1))
    near = SupplyNear(RICE, COMMUNITY)
    [found] = SupplyNear.fetch(service.database, [near])
    assert len(found) == 1 + MAX_PER_RING, "the community's one, and of the street those with the most"
    stored = [Supply.from_document(document) for document in found]
    assert stored[0].area == COMMUNITY
    assert all(near.matches(supply) for supply in stored)
    ranks = [near.rank(supply) for supply in stored]
    assert ranks == sorted(ranks)
    assert all(supply.available >= 16 for supply in stored[1:]), "of 1 to 24 bags the most, by powers of two"


def test_an_empty_stock_leaves_the_search(service: Service):
    service.do(gift(NEIGHBOUR, 1))
    service.do(service.published("need_1", rice(1)))
    assert SupplyNear.fetch(service.database, [SupplyNear(RICE, COMMUNITY)]) == [[]]
    service.do(service.need(NeedCancelled, "need_1", rice(1), version=3))
    assert len(SupplyNear.fetch(service.database, [SupplyNear(RICE, COMMUNITY)])[0]) == 1


def test_a_city_with_thousands_of_stocks_reads_only_the_few_it_looks_at(service: Service):
    stocks = [new_stock(f"st_{n}", f"1101{n % 16:02d}{n % 50:03d}{n % 30:03d}", RICE) for n in range(3000)]
    service.database["accounts"].insert_many(
        s.model_copy(update={"credits_posted": 1 + n}).to_document() for n, s in enumerate(stocks)
    )
    rule = {"reach": f"{RICE}@1101", "plenty": {"$gt": 0}}
    cursor = service.database["accounts"].find(rule).sort([("plenty", -1), ("_id", 1)]).limit(MAX_PER_RING)
    assert cursor.explain()["executionStats"]["totalKeysExamined"] <= MAX_PER_RING + 1


def test_the_waiting_list_is_read_in_order_of_priority_then_of_registration(service: Service):
    earlier, later = service.now - timedelta(minutes=1), service.now + timedelta(minutes=1)
    service.do(
        service.published("need_a", rice(1), score=50, published_at=later, registered_at=earlier),
        service.published("need_b", rice(1), score=50),
        service.published("need_c", rice(1), score=90, published_at=later, area=OTHER_DISTRICT),
    )
    [found] = WaitingFor.fetch(service.database, [WaitingFor(place_in(RICE, "1101"), service.now)])
    assert [document["_id"] for document in found] == ["need_c", "need_a", "need_b"]
    items = service.ask(ListWaitingNeeds(area="11", limit=10)).items
    assert [item.need_id for item in items] == ["need_c", "need_a", "need_b"]
    assert items[0].waiting[0].for_what.args == {"missing": 1, "commodity": RICE}
    assert [i.need_id for i in service.ask(ListWaitingNeeds(area=COMMUNITY, limit=1)).items] == ["need_a"]
    with pytest.raises(Refused) as refused:
        service.ask(ListWaitingNeeds.model_construct(area=".*", limit=10))
    assert refused.value.field == "area"
    service.do(gift(COMMUNITY, 2))
    assert [i.need_id for i in service.ask(ListWaitingNeeds(area="1101", limit=10)).items] == ["need_b"]


@pytest.mark.parametrize("first", ["need", "donation"])
def test_a_donation_and_a_need_that_are_decided_at_once_do_not_miss_each_other(service: Service, first: str):
    need, donation = service.published("need_1", rice(1)), gift(OTHER_DISTRICT, 1)
    one, other = (need, donation) if first == "need" else (donation, need)
    decided, late = service.decide(one), service.decide(other)
    service.commit(decided)
    with pytest.raises(Conflict):
        service.commit(late)
    service.do(other)
    assert service.link("need_1").state == "committed"
    assert database_violations(service.database) == []


def test_freed_stock_and_a_need_that_are_decided_at_once_do_not_miss_each_other(service: Service):
    service.do(gift(NEIGHBOUR, 1), service.published("need_1", rice(1)))
    waits = service.decide(service.published("need_2", rice(1), area=OTHER_DISTRICT))
    service.do(service.need(NeedCancelled, "need_1", rice(1), version=3))
    with pytest.raises(Conflict):
        service.commit(waits)
    service.do(service.published("need_2", rice(1), area=OTHER_DISTRICT))
    assert service.link("need_2").state == "committed"


def test_two_needs_that_want_the_last_bag_at_once_do_not_both_get_it(service: Service):
    service.do(gift(COMMUNITY, 1))
    one, other = (service.decide(service.published(f"need_{n}", rice(1))) for n in (1, 2))
    service.commit(one)
    with pytest.raises(Conflict):
        service.commit(other)
    service.do(service.published("need_2", rice(1)))
    assert (service.link("need_1").state, service.link("need_2").state) == ("committed", "waiting")
    assert database_violations(service.database) == []


def test_the_recheck_finds_stored_supply_that_no_step_announced(service: Service):
    service.do(service.published("need_1", rice(2)))
    supply = new_stock("st_x", NEIGHBOUR, RICE).model_copy(update={"credits_posted": 5, "version": 1})
    service.database["accounts"].insert_one(supply.to_document())
    service.do(ServeWaiting(commodity=RICE, city="1101"))
    assert service.link("need_1").state == "committed"


def test_an_accounts_statement_pages_in_order_of_time(service: Service):
    account = f"stock:st_{COMMUNITY}:{RICE}"
    for number in range(3):
        service.now += timedelta(seconds=1, microseconds=123_456)
        service.do(gift(COMMUNITY, 10))
        service.do(service.published(f"need_{number}", rice(1)))
    first = service.ask(ReadAccountStatement(account_id=account, after=None, limit=3))
    assert first is not None
    assert (first.account.balance, first.account.available) == (30, 27)
    rest = service.ask(ReadAccountStatement(account_id=account, after=first.next, limit=3))
    assert rest is not None
    assert rest.next is None
    items = first.items + rest.items
    assert sorted(item.amount for item in items) == [-1, -1, -1, 10, 10, 10]
    assert [item.at for item in items] == sorted(item.at for item in items)
    assert len({item.id for item in items}) == 6
    with pytest.raises(Refused):
        service.ask(ReadAccountStatement(account_id=account, after="yesterday", limit=4))
    assert service.ask(ReadAccountStatement(account_id="stock:none", after=None, limit=4)) is None


def test_a_donors_name_is_opened_only_for_a_named_reader_with_a_reason_and_the_read_is_recorded(service: Service):
    answer = service.do(gift(COMMUNITY, 1, donor=DonorDetails(name="Qiao Lan", phone="+861055500101")))
    asked = {"actor": ANYBODY, "why": "yearly audit"}
    found = service.ask(ReadDonor(donor_id=answer.donor_id), **asked)
    assert found is not None
    assert (found.name, found.phone) == ("Qiao Lan", "+861055500101")
    row = service.database[AUDIT].find_one({"about": answer.donor_id})
    assert row is not None
    assert (row["by"][0], row["why"], row["at"]) == (ANYBODY.id, "yearly audit", service.now)
    assert row["what"] == "donor"
    with pytest.raises(Refused):
        service.ask(ReadDonor(donor_id=answer.donor_id), actor=ANYBODY, why=" ")
    assert service.ask(ReadDonor(donor_id="donor_none"), **asked) is None
    elsewhere = ANYBODY.model_copy(update={"area": OTHER_DISTRICT})
    assert service.ask(ReadDonor(donor_id=answer.donor_id), actor=elsewhere, why="yearly audit") is None
    assert service.database[AUDIT].count_documents({}) == 1, "a donor that does not exist is not on record"
    with pytest.raises(Refused):  # nor does a read without a reason tell whether a donor exists
        service.ask(ReadDonor(donor_id="donor_none"), actor=ANYBODY, why=" ")
    dump = str([list(service.database[name].find()) for name in service.database.list_collection_names()])
    assert "Qiao" not in dump


def test_a_donation_is_read_back_as_it_was_answered(service: Service):
    answer = service.do(gift(COMMUNITY, 4))
    assert service.ask(ReadDonation(donation_id=answer.id)) == answer
    assert service.ask(ReadDonation(donation_id="donation_none")) is None


def test_a_link_comes_back_from_the_store_as_it_was_decided(service: Service):
    decided = service.decide(gift(COMMUNITY, 1), service.published("need_1", rice(2)))
    link = decided.identities.entities[Link, "need_1"]
    service.commit(decided)
    stored = service.database["links"].find_one({"_id": "need_1"})
    assert stored is not None
    assert Link.from_document(stored) == link
