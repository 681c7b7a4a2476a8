"""Calls of stations: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.stations import (
    CoverageAnswer,
    CoveredCommunity,
    Station,
    StationFunction,
    StationLevel,
    StationPage,
    StationShape,
    StationState,
)
from ..bodies.stations import (
    BeginPilotBody,
    ChangeStationBody,
    CloseStationBody,
    MergeStationBody,
    MoveStationBody,
    OpenInFullBody,
    OpenStation,
    RescheduleStationBody,
)
from ..calls import Call, Listing, new_key


def open_station(body: OpenStation, *, idempotency_key: str | None = None) -> Call[Station]:
    """Open or plan a station in a community, or a centre in a street, that has none."""
    return Call("POST", "/v1/stations", body=body, idempotency_key=idempotency_key or new_key())


def list_stations(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    level: Sequence[StationLevel] | None = None,
    state: Sequence[StationState] | None = None,
    functions: Sequence[StationFunction] | None = None,
) -> Listing[StationPage, Station]:
    """List stations, newest first."""
    return Listing(
        "GET",
        "/v1/stations",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "level": level,
            "state": state,
            "functions": functions,
        },
    )


def count_stations(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count stations by level and state."""
    return Call("GET", "/v1/stations:count", query={"area": area})


def read_station(station_id: str) -> Call[Station]:
    """Show one station."""
    return Call("GET", f"/v1/stations/{quote(station_id, safe='')}")


def read_station_history(
    station_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one station, oldest first."""
    return Listing("GET", f"/v1/stations/{quote(station_id, safe='')}/history", query={"limit": limit, "after": after})


def change_station(
    station_id: str, body: ChangeStationBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[StationShape]:
    """Replace the name, the functions, the brand and the feature of a station."""
    return Call(
        "POST",
        f"/v1/stations/{quote(station_id, safe='')}/change",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def reschedule_station(
    station_id: str,
    body: RescheduleStationBody,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[StationShape]:
    """Plan the opening of a station for another day, or let its pilot last until another."""
    return Call(
        "POST",
        f"/v1/stations/{quote(station_id, safe='')}/reschedule",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def begin_pilot(
    station_id: str,
    body: BeginPilotBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[StationShape]:
    """Let a planned station take in needs in a pilot."""
    return Call(
        "POST",
        f"/v1/stations/{quote(station_id, safe='')}/begin-pilot",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def open_in_full(
    station_id: str,
    body: OpenInFullBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[StationShape]:
    """Open a planned station, or one in a pilot, in full."""
    return Call(
        "POST",
        f"/v1/stations/{quote(station_id, safe='')}/open",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def move_station(
    station_id: str, body: MoveStationBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[StationShape]:
    """Move a station to another community of its city, or a centre to another street."""
    return Call(
        "POST",
        f"/v1/stations/{quote(station_id, safe='')}/move",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def merge_station(
    station_id: str, body: MergeStationBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[StationShape]:
    """Merge a station into another of its level in the same city."""
    return Call(
        "POST",
        f"/v1/stations/{quote(station_id, safe='')}/merge",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def close_station(
    station_id: str,
    body: CloseStationBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[StationShape]:
    """Close a station, or drop its plan. Its open needs go on; it takes in no new ones."""
    return Call(
        "POST",
        f"/v1/stations/{quote(station_id, safe='')}/close",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def read_coverage(
    *, area: str | None = None, covered: bool | None = None, limit: int | None = None, after: str | int | None = None
) -> Listing[CoverageAnswer, CoveredCommunity]:
    """Count and list the communities of an area with and without a station."""
    return Listing("GET", "/v1/coverage", query={"area": area, "covered": covered, "limit": limit, "after": after})
