"""The law of amendments: the requests at charity and volunteering are the need's present one."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from services.charity.linking.domain.link import Link
from services.stations.needs.domain.need import Need
from services.volunteering.dispatch.domain.dispatch_states import BEGUN
from services.volunteering.dispatch.domain.staffing import Staffing

if TYPE_CHECKING:
    from tests.city.world import World

_AMENDABLE: Final = ("published", "ready")


def find_unheeded(world: "World") -> Iterator[str]:
    """Yield the open needs for which charity or volunteering look for something else than they ask for."""
    links, staffings = world.rows("charity", "links"), world.rows("volunteering", "staffings")
    for row in world.rows("stations", "needs").values():
        need = Need.from_document(row)
        if need.state not in _AMENDABLE:
            continue
        if need.lines and need.id in links:
            yield from _compare_link(need, Link.from_document(links[need.id]))
        if need.volunteers is not None and need.id in staffings:
            yield from _compare_staffing(need, Staffing.from_document(staffings[need.id]))


def _compare_link(need: Need, link: Link) -> Iterator[str]:
    asked = [(line.id, line.commodity, line.requested) for line in need.lines]
    known = [(line.line_id, line.commodity, line.requested) for line in link.lines]
    if (need.station_id, need.area, asked) != (link.station_id, link.area, known):
        yield f"need {need.id} asks for {asked} in {need.area}, and charity looks for {known} in {link.area}"


def _compare_staffing(need: Need, staffing: Staffing) -> Iterator[str]:
    request = need.volunteers
    if request is None or any(one.state in BEGUN for one in staffing.dispatches):
        return
    asked = (need.area, (need.place.lon, need.place.lat), request.headcount, request.starts_at.replace(microsecond=0))
    known = (staffing.area, staffing.place, staffing.headcount, staffing.starts_at)
    if asked != known or staffing.next_slot is not None:
        yield f"need {need.id} asks for people {asked}, and volunteering looks for {known}"
