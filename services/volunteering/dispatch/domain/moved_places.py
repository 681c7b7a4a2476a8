"""A need whose place was moved after its volunteers were asked: the check that a volunteer can come there."""

from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing
from services.volunteering.matching.domain.distances import metres_between
from services.volunteering.matching.domain.places import places_in, write_place
from services.volunteering.matching.domain.rings import areas_around, ring_of
from services.volunteering.matching.domain.scoring import MAX_METRES
from services.volunteering.matching.domain.standing import StandingBounds
from services.volunteering.matching.domain.volunteers import Volunteer


def can_come(volunteer: Volunteer, staffing: Staffing, dispatch: Dispatch, bounds: StandingBounds) -> bool:
    """Return whether the place is near enough to the volunteer, and there is time for the way from other bookings.

    By the rules of a search: within 30 km, of the same city, and see `StandingBounds.find_unreachable`.
    """
    if metres_between(volunteer.home, staffing.place) > MAX_METRES:
        return False
    if ring_of(volunteer.area, areas_around(staffing.area)) is None:
        return False
    hold = staffing.hold(dispatch.id)
    others = tuple(booking for booking in volunteer.bookings if booking.dispatch_id != dispatch.id)
    elsewhere = volunteer.model_copy(update={"bookings": others})
    return bounds.find_unreachable(elsewhere, staffing.place, hold.starts, hold.ends) is None


def with_place(volunteer: Volunteer, dispatch_id: str, place: tuple[float, float]) -> Volunteer:
    """Return the volunteer with the booking at another place; an offer has none."""
    promised = {hold.dispatch_id for hold in volunteer.bookings}
    if dispatch_id not in promised:
        return volunteer
    others = places_in(volunteer.places, promised - {dispatch_id})
    return volunteer.model_copy(update={"places": (*others, write_place(dispatch_id, place))})
