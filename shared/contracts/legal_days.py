"""The legal time of China, by which days of law, of certificates and of reports are counted.

The whole country has one legal time, Beijing time (UTC+8). Days by which rights, deadlines and statistics go are its
days in every city, so it is no setting: figures kept by day would change their meaning with it, and those of two cities
could not be added up. The clock by which people live is a setting, LIANSHAN_CITY_TIME_ZONE: that of Urumqi is two
hours behind.
"""

from typing import Final
from zoneinfo import ZoneInfo

LEGAL_ZONE: Final = ZoneInfo("Asia/Shanghai")
