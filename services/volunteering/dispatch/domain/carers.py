"""Carers (固定照护者): the people whom a home knows from the earlier visits of its care plan. Pure."""

from collections.abc import Iterable
from typing import Final

from services.volunteering.dispatch.domain.dispatch_states import BEGUN, HELD
from services.volunteering.dispatch.domain.staffing import Staffing

MOST_CARERS: Final = 20
"""People of one home who are preferred; a visit asks for as many at most."""
SERVED: Final = 2
"""The weight of a visit that somebody has come to, beside one that is only promised."""


def find_carers(earlier: Iterable[Staffing]) -> tuple[str, ...]:
    """Return the ids of the people who came to the earlier visits or have promised to, the most familiar first.

    `earlier` are the visits, the latest first. Somebody who came once as a substitute does not take the place of the
    carer who came before.
    """
    familiar: dict[str, int] = {}
    for staffing in earlier:
        for dispatch in staffing.dispatches:
            if dispatch.state in HELD:
                weight = SERVED if dispatch.state in BEGUN else 1
                familiar[dispatch.volunteer_id] = familiar.get(dispatch.volunteer_id, 0) + weight
    # A stable sort: of two equally familiar people the one who came last stands first.
    return tuple(sorted(familiar, key=familiar.__getitem__, reverse=True)[:MOST_CARERS])
