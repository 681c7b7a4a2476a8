"""Files of an office: areas, needs and residents as rows of CSV, from the upload until the last row is decided."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import Any, Final

import httpx
import psutil

from deploy.lianshan.load.town import Town

SECONDS: Final = 600.0
"""The longest that one file may take."""
PAUSE: Final = 0.25
FAMILY: Final = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
GIVEN: Final = (
    "秀英华玉兰芳国强建明丽静敏勇军杰涛超刚平桂凤莲春梅志海波文武永红燕霞云峰磊洋艳娟斌鹏辉新宇浩博子轩雨欣怡"
    "晨阳思远佳慧琳琪"
)
Rows = Callable[[Town, list[str], int], Iterator[str]]


@dataclass(frozen=True)
class OfficeFile:
    """A file of one kind with so many rows."""

    kind: str
    rows: int
    make: Rows


def list_areas(town: Town, _: list[str], rows: int) -> Iterator[str]:
    """Yield the header and communities of the town's district that have no station."""
    yield "区划代码,名称"
    for nth in range(rows):
        yield f"{town.street[:6]}{100 + nth // 1_000:03}{nth % 1_000:03},社区{nth}"


def list_needs(town: Town, stations: list[str], rows: int) -> Iterator[str]:
    """Yield the header and drafts of needs for goods."""
    yield "需求编号,社工站编号,需求标题,主题,截止时间,经度,纬度,受益人数,物品,数量,单位"
    for nth in range(rows):
        body: dict[str, Any] = town.need(nth, stations).body
        place, (line,) = body["location"], body["lines"]
        yield (
            f"X-{nth},{body['station_id']},需求{nth},{body['theme']},{body['due'][:10]},{place['lon']},{place['lat']},"
            f"{body['beneficiaries']['count']},{line['item']},{line['quantity']},{line['unit']}"
        )


def list_residents(_: Town, stations: list[str], rows: int) -> Iterator[str]:
    """Yield the header and invented residents; a few of one name and year of birth are refused as likely known."""
    draw = Random(rows)
    yield "居民编号,社工站编号,姓名,电话,出生年份"
    for nth in range(rows):
        name = draw.choice(FAMILY) + draw.choice(GIVEN) + draw.choice(GIVEN)
        yield f"R-{nth},{stations[nth % len(stations)]},{name},139{nth:08},{draw.randint(1925, 2005)}"


FILES: Final = (
    OfficeFile("areas", 100_000, list_areas),
    OfficeFile("needs", 20_000, list_needs),
    OfficeFile("residents", 100_000, list_residents),
)


async def import_file(
    client: httpx.AsyncClient, worker: psutil.Process, file: OfficeFile, town: Town, stations: list[str]
) -> dict[str, Any]:
    """Send the file; return rows a second, the worker's CPU of a row in ms, and its resident MiB before and at most."""
    content = "\n".join(file.make(town, stations, file.rows)).encode("gb18030")
    began, before, memory = perf_counter(), _cpu(worker), worker.memory_info().rss
    answer = await client.post("/v1/imports", json={"kind": file.kind, "area": town.street[:6]})
    job = answer.raise_for_status().json()["id"]
    (await client.put(f"/v1/imports/{job}/file", content=content)).raise_for_status()
    peak, found = memory, {"state": ""}
    while found["state"] not in {"done", "failed"}:
        if perf_counter() - began > SECONDS:
            raise TimeoutError(f"{file.kind} are not taken in within {SECONDS:g} s")
        await asyncio.sleep(PAUSE)
        peak = max(peak, worker.memory_info().rss)
        found = (await client.get(f"/v1/jobs/{job}")).raise_for_status().json()
    assert found["state"] == "done", found
    seconds = perf_counter() - began
    return {
        "rows": file.rows,
        "taken": found["taken"],
        "seconds": round(seconds, 1),
        "rows_per_s": round(file.rows / seconds),
        "cpu_ms_per_row": round((_cpu(worker) - before) * 1000 / file.rows, 3),
        "mib_before": round(memory / 2**20, 1),
        "mib_at_most": round(peak / 2**20, 1),
    }


async def import_files(
    client: httpx.AsyncClient, worker: psutil.Process, town: Town, stations: list[str], say: Callable[[str], None]
) -> dict[str, Any]:
    """Send each of FILES, one after the other; return the figures by kind."""
    figures = {}
    for file in FILES:
        figures[file.kind] = await import_file(client, worker, file, town, stations)
        say(f"{file.rows:,} rows of {file.kind} from a CSV file: {figures[file.kind]}")
    return {"imports": figures}


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system
