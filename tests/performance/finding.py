"""Measures how long volunteering takes to find somebody among very many people.

`python -m tests.performance.finding MONGO_URI [PEOPLE] [DATABASE]` fills a database of its own with so many volunteers,
sealed and marked by the service, asks it as the gateway does, prints a table, and removes the database. One that is
named is kept, and not filled again.
"""

import os
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import accumulate
from time import perf_counter
from typing import Any, Final
from uuid import uuid4

from pymongo import MongoClient
from stdnum.cn.ric import calc_check_digit

from services.volunteering.declaration import DECLARATION
from services.volunteering.people.domain import place_of
from services.volunteering.people.storage import INDEXES
from shared.contracts.access import Actor
from shared.contracts.messages import AuditedQuery, QueryEnvelope
from shared.contracts.volunteering.people import FindDuplicateVolunteers, LookUpVolunteers
from shared.engine.run.queries import QueryRunner
from shared.engine.store.replicas import Share
from shared.people import Marker, Particulars
from shared.people.keys import key_id, key_place, ring_of
from shared.runtime.audit import INDEXES as AUDIT_INDEXES
from shared.runtime.vault import Vault

PEOPLE: Final = 1_000_000
BATCH: Final = 5_000
LOOK_UPS, COMPARISONS, WARM_UP = 3_000, 1_000, 200
CITY: Final = "1101"
COMMUNITIES: Final = [f"{CITY}02{street:03d}{community:03d}" for street in range(1, 21) for community in range(1, 26)]
FAMILY: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦傅方白邹"
    "孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
"""The hundred most frequent family names in China, the most frequent first."""
GIVEN: Final = (
    "英华文玉秀明兰金国春红丽志建海平伟云芳小梅军荣永桂林德新清美龙家杰辉强凤庆立生福香光艳霞东晓静婷敏娟勇涛超波磊洋刚鹏飞宇浩然博雅欣怡"
    "佳琪子涵梓轩雨晨思嘉雪梦婉"
)
OFFICER: Final = Actor(kind="key", id="officer", roles=("volunteer_coordinator",), area=CITY)
WHY: Final = "a measurement"
SWITCHBOARD, CROWD = "+861066012345", 300
Document = dict[str, Any]


def weights(number: int) -> list[float]:
    """Zipf's law, as family names nearly follow it."""
    return list(accumulate(1 / (rank + 6) for rank in range(number)))


FAMILY_WEIGHTS, GIVEN_WEIGHTS = weights(len(FAMILY)), weights(len(GIVEN))


def someone(chance: random.Random) -> Particulars:
    """An invented person; about one in three hundred shares the telephone of somebody."""
    given = "".join(chance.choices(GIVEN, cum_weights=GIVEN_WEIGHTS, k=1 if chance.random() < 0.2 else 2))
    name = chance.choices(FAMILY, cum_weights=FAMILY_WEIGHTS)[0] + given
    year = chance.randint(1940, 2005)
    digits = f"110102{year}{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}{chance.randint(0, 999):03d}"
    return Particulars(
        name,
        f"+8613{chance.randint(0, 299_999_999):09d}",
        digits + calc_check_digit(digits + "0"),
        year,
        (round(chance.uniform(116.2, 116.6), 3), round(chance.uniform(39.8, 40.1), 3)),
    )


def stored(number: int, person: Particulars, area: str, vault: Vault, marker: Marker) -> dict[str, Document]:
    """The documents of one volunteer by their collections, as the service writes them."""
    name = f"vol_{number:012d}"
    entity = key_id(name)
    wrapped, key = vault.make_key(*key_place(entity))
    lon, lat = person.home or (0.0, 0.0)
    texts = {"name": person.name, "phone": person.phone, "identity_number": person.identity_number}
    texts["location"] = f'{{"lon":{lon},"lat":{lat}}}'
    sealed = {field: key.seal(str(text), *place_of(name, field)) for field, text in texts.items()}
    return {
        "volunteer_people": {
            "_id": name, "version": 1, **sealed, "area": area, "marks": list(marker.of_person(person)),
            "registered_at": datetime(2026, 3, 2, tzinfo=UTC),
        },
        "volunteers": {
            "_id": name, "version": 1, "area": area, "home": [lon, lat], "birth_year": person.birth_year,
            "tags": ["any"], "windows": [],
        },
        "data_keys": {"_id": entity, "version": 1, "wrapped": wrapped, "ring": ring_of(wrapped)},
    }  # fmt: skip


def fill(database: Any, vault: Vault, people: int) -> None:
    """Store so many volunteers; tells its progress."""
    marker, chance, began = Marker(vault), random.Random(1), perf_counter()
    for first in range(0, people, BATCH):
        numbers = range(first, min(first + BATCH, people))
        rows = [stored(n, someone(chance), chance.choice(COMMUNITIES), vault, marker) for n in numbers]
        for collection in rows[0]:
            database[collection].insert_many([row[collection] for row in rows], ordered=False)
        print(f"\r{numbers[-1] + 1:,} people in {perf_counter() - began:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)
    for collection, indexes in {**INDEXES, **AUDIT_INDEXES}.items():
        if indexes:
            database[collection].create_indexes(list(indexes))


def crowd(database: Any, vault: Vault) -> None:
    """Have 300 people share a telephone, more than are compared at once."""
    mark = Marker(vault).of_phone(SWITCHBOARD)
    people = [row["_id"] for row in database["volunteer_people"].find({}, {"_id": 1}).limit(CROWD)]
    database["volunteer_people"].update_many({"_id": {"$in": people}}, {"$addToSet": {"marks": mark}})


def sampled(people: int, wanted: int) -> Iterator[Particulars]:
    """Every so-manieth of the people who were stored, in their order."""
    chance, every = random.Random(1), max(1, people // wanted)
    for number in range(people):
        person = someone(chance)
        chance.choice(COMMUNITIES)
        if number % every == 0:
            yield person


def measure(ask: Any, queries: list[AuditedQuery[Any]]) -> list[float]:
    """The milliseconds of each query, sorted; the first few are not counted."""
    found = []
    for query in queries:
        began = perf_counter()
        ask(query)
        found.append((perf_counter() - began) * 1000)
    return sorted(found[WARM_UP:])


def main(uri: str, people: int, kept: str = "") -> None:
    """Fill, measure, print, remove."""
    vault = Vault(bytes(range(32)), "volunteering")
    client: MongoClient[Document] = MongoClient(uri, tz_aware=True)
    database = client[kept or f"finding_{uuid4().hex[:8]}"]
    handlers = DECLARATION.queries(vault=vault, share=Share())
    runner = QueryRunner("volunteering", handlers, database, lambda: datetime.now(UTC))
    try:
        if database["volunteer_people"].estimated_document_count() < people:
            fill(database, vault, people)
        crowd(database, vault)
        report(database, handlers, runner, people)
    finally:
        if not kept:
            client.drop_database(database.name)
        client.close()


def report(database: Any, handlers: Any, runner: QueryRunner, people: int) -> None:
    """Ask and print a table, with the load of the machine."""

    def at_owner(query: AuditedQuery[Any]) -> Any:
        return handlers[query.type](query, database, OFFICER).open()

    def on_record(query: AuditedQuery[Any]) -> Any:
        envelope = QueryEnvelope(type=query.type, data=query.model_dump(mode="json"), actor=OFFICER, why=WHY)
        reply = runner.answer(envelope.model_dump(mode="json"))
        assert "ok" in reply, reply
        return reply["ok"]

    sample = list(sampled(people, LOOK_UPS + WARM_UP))
    random.Random(2).shuffle(sample)
    look_ups: list[AuditedQuery[Any]] = [LookUpVolunteers(identity_number=p.identity_number) for p in sample]
    few = sample[: COMPARISONS + WARM_UP]
    described: list[AuditedQuery[Any]] = [
        FindDuplicateVolunteers.model_validate(
            {"details": {"name": p.name, "birth_year": p.birth_year, "phone": p.phone, "location": place(p)}}
        )
        for p in few
    ]
    crowded: list[AuditedQuery[Any]] = [
        FindDuplicateVolunteers.model_validate({"details": {"name": p.name, "phone": SWITCHBOARD}}) for p in few
    ]
    numbers = random.Random(3).sample(range(people), len(few))
    registered: list[AuditedQuery[Any]] = [FindDuplicateVolunteers(person_id=f"vol_{n:012d}") for n in numbers]
    compared = [on_record(query)["compared"] for query in described[:WARM_UP]]
    print(f"{people:,} people; compared at a time: {sum(compared) / len(compared):.0f}, at most {max(compared)}")
    kinds = {
        "by identity number": look_ups,
        "duplicates of one described": described,
        "duplicates of one registered": registered,
        "duplicates among 200": crowded,
    }
    for title, ask in (("at the owner", at_owner), ("with its row of the audit", on_record)):
        for kind, queries in kinds.items():
            times = measure(ask, queries)
            p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
            print(
                f"{kind}, {title}: p50 {p50:.1f} ms, p99 {p99:.1f} ms of {len(times):,}; load {os.getloadavg()[0]:.1f}"
            )


def place(person: Particulars) -> dict[str, float]:
    """The home as a body gives it."""
    lon, lat = person.home or (0.0, 0.0)
    return {"lon": lon, "lat": lat}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else PEOPLE, *sys.argv[3:4])
