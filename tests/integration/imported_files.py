"""Files of an office about people: its residents, its social workers, and the results of its screening."""

from datetime import UTC, datetime, timedelta

import httpx
from gateway_stack import created
from played_screening import agree


def residents_of(station_id: str, number: int) -> bytes:
    """Return a file of so many residents; the last one is likely the first."""
    header = "居民编号,社工站编号,姓名,电话,出生年份"
    rows = [
        f"M-{n},{station_id},马{n % (number - 1)}老人,+861390013{n % (number - 1):04d},{1930 + n % (number - 1) % 80}"
        for n in range(number)
    ]
    return "\n".join([header, *rows]).encode("gb18030")


def workers_of(station_id: str, number: int) -> bytes:
    """Return a file of so many social workers; the last one has the certificate of the first."""
    header = "工号,社工站编号,姓名,电话,证书级别,证书编号,登记有效期至,入职日期"
    until = datetime.now(UTC) + timedelta(days=300)
    rows = [
        f"W-{n},{station_id},林{n}社工,1380013{n:04d},社工师,2023{n % (number - 1):09d},{until:%Y-%m-%d},2026-01-05"
        for n in range(number)
    ]
    return "\n".join([header, *rows]).encode("utf-8-sig")


def results_of(api: httpx.Client, station_id: str, people: int) -> bytes:
    """Screen so many residents, of whom two are in danger; return the file, whose last value is in another unit."""
    now, day = datetime.now(UTC), timedelta(days=1)
    planned = {
        "station_id": station_id, "indicators": ["systolic_pressure", "fasting_glucose", "lives_alone"],
        "expected": people, "starts_at": now.isoformat(), "ends_at": (now + day).isoformat(), "external_id": "S-1",
    }  # fmt: skip
    api.post(f"/v1/screenings/{created(api, '/v1/screenings', planned)}/begin").raise_for_status()
    lines = ["筛查编号,居民编号,指标,结果,单位"]
    for n in range(people):
        person = {"station_id": station_id, "name": f"马{n}被筛", "birth_year": 1930 + n, "external_id": f"E-{n}"}
        person["location"] = {"lon": 113.1, "lat": 23.1}
        agree(api, created(api, "/v1/residents", person), (now + 9 * day).isoformat())
        pressure, glucose = (186, 17.2) if n < 2 else (118, 5.6)
        lines += [f"S-1,E-{n},收缩压,{pressure},mmHg", f"S-1,E-{n},独居,否,"]
        lines.append(f"S-1,E-{n},空腹血糖,{glucose},{'mmol/L' if n < people - 1 else 'mg/dL'}")
    return "\n".join(lines).encode("gb18030")
