"""Another request of the same need: reopened or amended, for other people, another slot or another place. Pure.

Existing bookings come first: a new slot counts once nobody is booked for the former one, a headcount falls as people
are released, and a new place is compared with each booking by itself.
"""

from services.volunteering.dispatch.domain.dispatch_states import OPEN
from services.volunteering.dispatch.domain.staffing import Staffing


def asks_the_same(staffing: Staffing, fresh: Staffing) -> bool:
    """Return whether the need, as `fresh` has it from a newer event, asks for the same as the staffing knows."""
    slot = staffing.next_slot or (staffing.starts_at, staffing.ends_at)
    headcount = staffing.headcount if staffing.lower_to is None else staffing.lower_to
    known = (staffing.area, staffing.place, headcount, slot)
    return not staffing.ended and known == (fresh.area, fresh.place, fresh.headcount, (fresh.starts_at, fresh.ends_at))


def opened_again(staffing: Staffing, fresh: Staffing) -> Staffing:
    """Return the staffing open for the request in `fresh`, which is that of a newer event of its need.

    Where the need had ended, the volunteers asked before may be asked again, except those who declined or withdrew for
    the same slot. Those who have promised to come for another slot are not held to it: the new one counts as soon as
    they are free. Where the need asks for fewer people than it has, the headcount falls with them.
    """
    slot, moved = (fresh.starts_at, fresh.ends_at), (fresh.area, fresh.place) != (staffing.area, staffing.place)
    place = {"area": fresh.area, "place": fresh.place, "moves": staffing.moves + 1}
    after = staffing.model_copy(
        update={
            "score": fresh.score,
            "next_slot": None if slot == (staffing.starts_at, staffing.ends_at) else slot,
            "asks_since": len(staffing.dispatches) if staffing.ended else staffing.asks_since,
            "ended": "",
            "ended_at": None,
            "searches": 0,
            "wave_open": False,
            "tried": (),
            "waiting": (),
            **({**place, "place_since": len(staffing.dispatches)} if moved else {}),
        }
    )
    return with_next_slot(with_headcount(after, fresh.headcount))


def with_last_request(staffing: Staffing, fresh: Staffing) -> Staffing:
    """Return the staffing of a need that has ended, with the place and the headcount that it asked for last.

    Its slot stays, because the service took place in it.
    """
    if (staffing.area, staffing.place, staffing.headcount) == (fresh.area, fresh.place, fresh.headcount):
        return staffing
    after = staffing.model_copy(update={"area": fresh.area, "place": fresh.place})
    return with_headcount(after, fresh.headcount)


def with_headcount(staffing: Staffing, asked: int) -> Staffing:
    """Return the staffing with this headcount; at first with the number of people it has, where that is larger."""
    headcount = max(asked, staffing.held)
    return staffing.model_copy(update={"headcount": headcount, "lower_to": asked if asked < headcount else None})


def with_next_slot(staffing: Staffing) -> Staffing:
    """Return the staffing with its next slot as its own, once nobody is asked or booked for the former one.

    Where somebody has begun to serve, the former slot stays: their hours are counted within it.
    """
    if staffing.next_slot is None:
        return staffing
    if staffing.begun:
        return staffing.model_copy(update={"next_slot": None})
    if any(one.state in OPEN for one in staffing.dispatches):
        return staffing
    starts_at, ends_at = staffing.next_slot
    asked = len(staffing.dispatches)
    slot = {"starts_at": starts_at, "ends_at": ends_at, "next_slot": None}
    return staffing.model_copy(update={**slot, "asks_since": asked, "slot_since": asked})
