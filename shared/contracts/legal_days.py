"""The legal time of China, by which days of law, of certificates and of reports are counted.

The whole country has one legal time, Beijing time (UTC+8). Days by which rights, deadlines and statistics go are its
days in every city, so it is no setting: figures kept by day would change their meaning with it, and those of two cities
could not be added up. The clock by which people live is a setting, LIANSHAN_CITY_TIME_ZONE: that of Urumqi is two
hours behind.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

LEGAL_ZONE: Final = ZoneInfo("Asia/Shanghai")


def periods_around(day: str) -> Mapping[str, str]:
    """Return the names of the periods around a legal day, `2026-11-03`, by their kinds, from the day to the year.

    A week is that of ISO 8601: `2026-W45`.
    """
    year, week, _ = date.fromisoformat(day).isocalendar()
    month, quarter = day[:7], (int(day[5:7]) + 2) // 3
    return {
        "day": day,
        "week": f"{year}-W{week:02}",
        "month": month,
        "quarter": f"{day[:4]}-Q{quarter}",
        "year": day[:4],
    }
