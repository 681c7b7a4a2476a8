"""Reports put together: the figures of each, of all its tables."""

from services.gateway.backend import Backend
from services.gateway.features.reports.answer import (
    FigureAnswer,
    NeedsReportAnswer,
    ReportAnswer,
    ScreeningsReportAnswer,
    SpreadAnswer,
    StationsReportAnswer,
    figures_of,
    needs_report,
    spreads_of,
    stations_report,
)
from services.gateway.features.reports.hours_rows import HOURS, SERVED_NEEDS
from services.gateway.features.reports.need_rows import NEEDS
from services.gateway.features.reports.reading import read_tallies, summarise
from services.gateway.features.reports.request import Place
from services.gateway.features.reports.screened import count_screened
from services.gateway.features.reports.station_rows import STATIONS
from services.gateway.features.reports.summary import coverage_keys, coverage_of
from services.gateway.features.reports.supervision_rows import FINDINGS, VISITS
from services.gateway.features.reports.view import TABLES
from services.gateway.features.reports.volunteers import count_volunteers
from services.gateway.reading.views import Views
from shared.contracts.stations.served import CountResidentsServed


async def build_needs(views: Views, place: Place, theme: str | None) -> NeedsReportAnswer:
    """Return the report about needs."""
    summary = await summarise(views, NEEDS, place.area, place.period, theme)
    return needs_report(place.scope(theme), summary)


async def build_supervision(views: Views, place: Place) -> ReportAnswer:
    """Return the report about supervision."""
    scope, figures = place.scope(), list[FigureAnswer]()
    for table in (VISITS, FINDINGS):
        summary = await summarise(views, table, place.area, place.period)
        figures += figures_of("supervision", table, scope, summary.sums(summary.whole))
    return ReportAnswer(scope=scope, figures=figures)


async def build_participation(views: Views, place: Place) -> ReportAnswer:
    """Return the report about participation."""
    scope = place.scope()
    volunteers = await count_volunteers(views, place.area, place.period)
    figures = [FigureAnswer(figure="volunteers", labels={}, value=volunteers, rows=None)]
    for table in (HOURS, SERVED_NEEDS):
        summary = await summarise(views, table, place.area, place.period)
        figures += figures_of("participation", table, scope, summary.sums(summary.whole))
    return ReportAnswer(scope=scope, figures=figures)


async def build_people(backend: Backend, place: Place) -> ReportAnswer:
    """Return the report about people served, counted by their owner."""
    since, before = place.period.instants()
    found = await backend.queries.ask(CountResidentsServed(area=place.area, since=since, before=before))
    scope = place.scope()
    values = {"confirmed": found.needs, "residents": found.residents, "unidentified": found.unidentified}
    # The needs are those of the report about needs; the people are opened one by one, on record.
    rows = {"confirmed": scope.path("needs", "confirmed")}
    return ReportAnswer(
        scope=scope,
        figures=[FigureAnswer(figure=name, labels={}, value=n, rows=rows.get(name)) for name, n in values.items()],
    )


async def build_screenings(views: Views, place: Place) -> ScreeningsReportAnswer:
    """Return the report about screenings, their alerts, and the needs that were opened for these."""
    scope, figures, times = place.scope(), list[FigureAnswer](), list[SpreadAnswer]()
    if (people := await count_screened(views, place.area, place.period)) is not None:
        figures.append(FigureAnswer(figure="people_screened", labels={}, value=people, rows=None))
    for table in TABLES["screenings"]:
        summary = await summarise(views, table, place.area, place.period)
        figures += figures_of("screenings", table, scope, summary.sums(summary.whole))
        times += spreads_of("screenings", table, scope, summary.durations())
    return ScreeningsReportAnswer(scope=scope, figures=figures, times=times)


async def build_stations(views: Views, place: Place) -> StationsReportAnswer:
    """Return the report about stations."""
    summary = await summarise(views, STATIONS, place.area, place.period)
    tallies = await read_tallies(views, STATIONS, place.area, coverage_keys(place.period))
    return stations_report(place.scope(), summary, coverage_of(place.period, tallies))


async def build(backend: Backend, report: str, place: Place, theme: str | None) -> ReportAnswer:
    """Return the report of that name; only the one about needs has themes."""
    if report == "needs":
        return await build_needs(backend.views, place, theme)
    if report == "supervision":
        return await build_supervision(backend.views, place)
    if report == "participation":
        return await build_participation(backend.views, place)
    if report == "screenings":
        return await build_screenings(backend.views, place)
    return await (build_people(backend, place) if report == "people" else build_stations(backend.views, place))
