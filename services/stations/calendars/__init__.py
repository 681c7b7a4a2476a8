"""Working-day calendars (工作日历): the days off of a year, and the weekend days worked for them.

Owns `calendar_turns` and `calendars`, which a city uploads. For the years without an upload the country's days count,
as far as the package `chinesecalendar` knows them; a later year has no calendar yet.
"""

from typing import Final

from services.stations.calendars.domain import Calendar, CalendarTurn
from services.stations.calendars.handlers import HANDLERS
from shared.engine import Capability

CAPABILITY: Final = Capability("calendars", HANDLERS, {Calendar.collection: [], CalendarTurn.collection: []})
"""The collection, the messages and the rules of this capability."""
