"""The tables of reports: their rows and counts, kept from the feed."""

from collections.abc import Mapping, Sequence
from typing import Final

from pymongo import IndexModel

from services.gateway.features.reports import hours_rows, need_rows, screening_rows, station_rows, supervision_rows
from services.gateway.features.reports.counting import TALLY_INDEXES, Table
from services.gateway.projection.feature import ProjectionTable

TABLES: Final[Mapping[str, tuple[Table, ...]]] = {
    "needs": (need_rows.NEEDS,),
    "supervision": (supervision_rows.VISITS, supervision_rows.FINDINGS),
    "participation": (hours_rows.HOURS, hours_rows.SERVED_NEEDS),
    "stations": (station_rows.STATIONS,),
    "screenings": (screening_rows.SCREENINGS, screening_rows.ALERTS, screening_rows.ALERT_NEEDS),
}
"""The tables of each report, by the last part of its path."""
INDEXES: Final[Mapping[str, Sequence[IndexModel]]] = {
    **TALLY_INDEXES,
    **{table.row.collection: table.indexes() for tables in TABLES.values() for table in tables},
    hours_rows.HoursRow.collection: [*hours_rows.HOURS.indexes(), hours_rows.BY_VOLUNTEER],
}
PROJECTIONS: Final[ProjectionTable] = {
    **need_rows.PROJECTIONS,
    **supervision_rows.PROJECTIONS,
    **hours_rows.PROJECTIONS,
    **station_rows.PROJECTIONS,
    **screening_rows.PROJECTIONS,
}
