"""`python -m tests.performance.report_pages`: reports and their rows over a full store, by HTTP.

A gateway of its own reads 1,000,000 needs of a year at 3,000 stations and as many credits of volunteers, with their
kept counts; `--parts` leaves one of both out. Prints p50, p95 and p99 of reports and pages of rows, and the time of the
same figures as plain aggregations of MongoDB over the rows.
"""

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any, Final

import httpx
from pymongo import MongoClient
from pymongo.database import Database
from rich.console import Console

from deploy.lianshan.load.figures import percentile
from services.gateway.features.reports.counting import Tally, cells_of, levels_of
from services.gateway.features.reports.hours_rows import HoursRow
from services.gateway.features.reports.need_rows import NEEDS, NeedRow
from services.gateway.features.reports.periods import MONTH_CHARACTERS, keys_of
from services.gateway.features.reports.volunteer_years import VolunteerCount, cells_of_places, count_id
from services.gateway.following.state import stored_name
from services.gateway.projection.feature import partition_of
from shared.contracts.areas import COMMUNITY_DIGITS
from shared.engine.decide.schema import Document
from tests.performance.callers import Call, Caller, calling
from tests.performance.feed_pages import CHUNK, DISTRICTS, await_gateway
from tests.performance.processes import free_port, running_programs
from tests.performance.servers import Servers, declare_topology, drop_databases, servers
from tests.performance.world import DATA_KEY

PREFIX: Final = "bench_reports_"
MANY: Final = 1_000_000
CALLS: Final = 100
PLAIN_CALLS: Final = 3
STREETS: Final = 10
COMMUNITIES: Final = 15
FIRST: Final = date(2026, 1, 1)
DAYS: Final = 365
NEAR: Final = 0.8
"""The share of a volunteer's services that are in one community."""
THEMES: Final = ("elderly_care", "children", "health", "disability", "palliative_care", "community_culture")
ENDS: Final = ("served",) * 7 + ("partly_served", "unmet", "cancelled")
VOLUNTEERS: Final = 100_000
PARTS: Final = ("needs", "credits")
Say = Callable[[str], None]


def area_of(draw: Random) -> str:
    """Return one of 3,000 communities."""
    district, street = draw.randint(1, DISTRICTS), draw.randint(1, STREETS)
    return f"1101{district:02}{street:03}{draw.randint(1, COMMUNITIES):03}"


def make_rows(many: int) -> Iterator[NeedRow]:
    """Yield needs of one year as the view has them, each with its steps within a month."""
    draw = Random(1)
    for nth in range(many):
        begin = FIRST + timedelta(days=nth * DAYS // many)
        on = [(begin + timedelta(days=draw.randint(0, 9))).isoformat() for _ in range(4)]
        on.sort()
        end = draw.choice(ENDS)
        served = end in {"served", "partly_served"}
        days = {"registered": begin.isoformat(), "published": on[0], "ready": on[1], "ended": on[3]}
        amounts = {"beneficiaries": draw.randint(1, 5), "registered_published": draw.randint(0, 2_000)}
        amounts["published_ready"] = int(draw.expovariate(1 / 400))
        if served:
            days |= {"served": on[2], "confirmed": on[3]}
            spans = ("ready_served", "served_confirmed", "published_confirmed")
            amounts |= {span: int(draw.expovariate(1 / 4_000)) for span in spans}
        labels = {"state": "confirmed" if served else end, "end": end}
        yield NeedRow(
            id=f"need_{nth:020}", version=5, seen=5, area=area_of(draw), theme=draw.choice(THEMES), days=days,
            labels=labels, amounts=amounts,
        )  # fmt: skip


def fill(database: Database[Document], many: int, say: Say) -> None:
    """Fill the views of a gateway that runs with the needs and their counts."""
    began, counted = perf_counter(), dict[tuple[str, str, str], dict[str, int]]()

    def documents() -> Iterator[Document]:
        for row in make_rows(many):
            for (name, day), share in cells_of(NEEDS, row):
                for area in levels_of(row.area):
                    # No path that is measured reads the days of a community, which are most of the counts.
                    for key in keys_of(day)[len(area) == COMMUNITY_DIGITS :]:
                        figures = counted.setdefault((area, key, row.theme), {})
                        figures[name] = figures.get(name, 0) + share
            yield row.to_document()

    insert(database, NeedRow.collection, documents())
    say(f"{many:,} needs in {perf_counter() - began:.0f} s")
    began = perf_counter()
    tallies = (
        Tally(
            id=f"needs|{area}|{key}|{theme}", version=1, table="needs", level=len(area), area=area, key=key,
            theme=theme, figures=figures,
        ).to_document()
        for (area, key, theme), figures in counted.items()
    )  # fmt: skip
    insert(database, Tally.collection, tallies)
    say(f"{len(counted):,} kept counts in {perf_counter() - began:.0f} s")


def make_credits(many: int) -> Iterator[HoursRow]:
    """Yield the credits of one year of 100,000 volunteers, most of whose services are in a street of their own."""
    draw = Random(2)
    for nth in range(many):
        day = (FIRST + timedelta(days=nth * DAYS // many)).isoformat()
        volunteer, near = draw.randrange(VOLUNTEERS), draw.random() < NEAR
        yield HoursRow(
            id=f"transfer_{nth:020}", version=1, seen=1, area=area_of(Random(volunteer) if near else draw),
            days={"moved": day, "credited": day}, amounts={"minutes": 60}, need_id=f"need_{nth:020}",
            volunteer_id=f"vol_{volunteer:020}",
        )  # fmt: skip


def fill_credits(database: Database[Document], many: int, say: Say) -> None:
    """Fill the views with the credits and the counts of volunteers. The sums of minutes are kept as those of needs."""
    began, places = perf_counter(), dict[str, set[tuple[str, str]]]()

    def documents() -> Iterator[Document]:
        for row in make_credits(many):
            places.setdefault(row.volunteer_id, set()).add((row.days["credited"][:MONTH_CHARACTERS], row.area))
            yield row.to_document()

    insert(database, HoursRow.collection, documents())
    say(f"{many:,} credits in {perf_counter() - began:.0f} s")
    began, counted = perf_counter(), Counter[str]()
    for volunteer_id, of_one in places.items():
        part = partition_of(volunteer_id)
        # No path that is measured reads the counts of a community.
        counted.update(
            count_id(area, key, part) for area, key in cells_of_places(of_one) if len(area) < COMMUNITY_DIGITS
        )
    counts = (VolunteerCount(id=one, version=1, volunteers=n).to_document() for one, n in counted.items())
    insert(database, VolunteerCount.collection, counts)
    say(f"{len(counted):,} counts of volunteers in {perf_counter() - began:.0f} s")


def insert(database: Database[Document], collection: str, rows: Iterable[Document]) -> None:
    """Insert the rows into the generation that is read."""
    chunk: list[Document] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            database[stored_name(collection, 1)].insert_many(chunk, ordered=False)
            chunk = []
    if chunk:
        database[stored_name(collection, 1)].insert_many(chunk, ordered=False)


def paths(parts: Sequence[str]) -> dict[str, Callable[[Random], str]]:
    """Return by name the paths that are measured of these parts, each for a random place."""

    def district(draw: Random) -> str:
        return f"1101{draw.randint(1, DISTRICTS):02}"

    def street(draw: Random) -> str:
        return f"{district(draw)}{draw.randint(1, STREETS):03}"

    def month(draw: Random) -> str:
        return f"2026-{draw.randint(1, 12):02}"

    rows = "/v1/reports/needs/rows?limit=50&figure="
    people = "/v1/reports/participation?area="
    of_credits: dict[str, Callable[[Random], str]] = {
        "volunteers of the city, year": lambda _: f"{people}1101&period=2026",
        "volunteers of the city, quarter": lambda draw: f"{people}1101&period=2026-Q{draw.randint(1, 4)}",
        "volunteers of the city, month": lambda draw: f"{people}1101&period={month(draw)}",
        "volunteers of the city, week": lambda draw: f"{people}1101&period=2026-W{draw.randint(1, 52):02}",
        "volunteers of a district, year": lambda draw: f"{people}{district(draw)}&period=2026",
        "volunteers of a street, month": lambda draw: f"{people}{street(draw)}&period={month(draw)}",
    }
    of_needs: dict[str, Callable[[Random], str]] = {
        "report of the city, year": lambda _: "/v1/reports/needs?area=1101&period=2026",
        "report of the city, quarter": lambda draw: f"/v1/reports/needs?area=1101&period=2026-Q{draw.randint(1, 4)}",
        "report of the city, month": lambda draw: f"/v1/reports/needs?area=1101&period={month(draw)}",
        "report of the city, week": lambda draw: f"/v1/reports/needs?area=1101&period=2026-W{draw.randint(1, 52):02}",
        "report of a district, month": lambda draw: f"/v1/reports/needs?area={district(draw)}&period={month(draw)}",
        "report of a street, year": lambda draw: f"/v1/reports/needs?area={street(draw)}&period=2026",
        "rows of the city, year": lambda _: f"{rows}registered&area=1101&period=2026",
        "rows of a district, a theme": lambda draw: (
            f"{rows}end:unmet&theme=children&area={district(draw)}&period={month(draw)}"
        ),
        "rows of a street, an end": lambda draw: f"{rows}end:partly_served&area={street(draw)}&period={month(draw)}",
    }
    return (of_needs if "needs" in parts else {}) | (of_credits if "credits" in parts else {})


async def measure(url: str, key: str, calls: int, parts: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return p50, p95 and p99 of each kind of call, in milliseconds."""
    found = {}
    async with calling(url, key, 1) as (caller,):
        for name, path in paths(parts).items():
            taken = [await take_time(caller, path(draw)) for draw in [Random(3)] for _ in range(calls)]
            shares = (0.5, 0.95, 0.99)
            found[name] = {f"p{share * 100:.0f}_ms": round(percentile(taken, share) or 0, 1) for share in shares}
    return found


async def take_time(caller: Caller, path: str) -> float:
    """Return the milliseconds of one call. Raises RuntimeError where it is not answered."""
    began = perf_counter()
    status, body = await caller.send(Call(f"GET {path}"))
    if status != httpx.codes.OK:
        raise RuntimeError(f"{path}: {status} {body[:200]!r}")
    return (perf_counter() - began) * 1000


def aggregate_plainly(database: Database[Document], parts: Sequence[str]) -> dict[str, float]:
    """Return the milliseconds that MongoDB takes for the city's figures of a month and a year from the rows.

    Needs are counted by theme and end, volunteers each once.
    """
    asked: dict[str, tuple[str, str, Document]] = {
        "needs": (NeedRow.collection, "ended", {"theme": "$theme", "end": "$labels.end"}),
        "credits": (HoursRow.collection, "credited", {"volunteer": "$volunteer_id"}),
    }
    found = {}
    for part in parts:
        collection, day, names = asked[part]
        for name, first, last in (("month", "2026-06-01", "2026-06-30"), ("year", "2026-01-01", "2026-12-31")):
            within: Document = {"area": {"$gte": "1101", "$lt": "1101:"}, f"days.{day}": {"$gte": first, "$lte": last}}
            group: Document = {"_id": names, "count": {"$sum": 1}}
            began = perf_counter()
            for _ in range(PLAIN_CALLS):
                rows = database[stored_name(collection, 1)]
                list(rows.aggregate([{"$match": within}, {"$group": group}, {"$count": "groups"}]))
            found[f"{part} of the {name}"] = round((perf_counter() - began) * 1000 / PLAIN_CALLS, 1)
    return found


def over_full_store(used: Servers, folder: Path, options: argparse.Namespace, say: Say) -> dict[str, Any]:
    """Start a gateway and its projector over a store of its own, fill that, and measure."""
    port, key_file = free_port(), folder.absolute() / "admin_key"
    key_file.unlink(missing_ok=True)
    environment = {
        "LIANSHAN_AMQP_URI": used.amqp_uri, "LIANSHAN_MONGO_URI": used.mongo_uri, "LIANSHAN_DATABASE_PREFIX": PREFIX,
        "LIANSHAN_DATA_KEY": DATA_KEY, "LIANSHAN_LOG_LEVEL": "warning", "LIANSHAN_HTTP_PORT": str(port),
        "LIANSHAN_ADMIN_KEY_FILE": str(key_file),
    }  # fmt: skip
    drop_databases(used, PREFIX)
    with closing(used.connect()) as connection:
        declare_topology(connection.channel(), gateway=True)
    try:
        with MongoClient[Document](used.mongo_uri) as client:
            database = client[f"{PREFIX}gateway"]
            with running_programs({"gateway": ["services.gateway"]}, environment, folder) as gateway:
                url = f"http://127.0.0.1:{port}"
                key = await_gateway(gateway, url, key_file)
                if "needs" in options.parts:
                    fill(database, options.many, say)
                if "credits" in options.parts:
                    fill_credits(database, options.many, say)
                answered = asyncio.run(measure(url, key, options.calls, options.parts))
            return {"answers": answered, "plain_aggregation_ms": aggregate_plainly(database, options.parts)}
    finally:
        drop_databases(used, PREFIX)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=MANY, help="needs")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--calls", type=int, default=CALLS, help="of each kind")
    parser.add_argument("--folder", type=Path, default=Path("var/report_pages"))
    options = parser.parse_args()
    console = Console(width=120)
    with servers(options.folder / "servers") as used:
        console.print_json(data=over_full_store(used, options.folder, options, console.print))
    return 0


if __name__ == "__main__":
    sys.exit(main())
