"""The part that all commands about a dispatch share: load it, and refuse an unknown id or an old version."""

from collections.abc import Callable, Sequence

from services.volunteering.dispatch.domain.staffing import Dispatch, Staffing, need_of
from services.volunteering.dispatch.vacancies import volunteers_of
from shared.contracts.refusals import Refused
from shared.contracts.volunteering.dispatch import (
    AcceptOffer,
    AdjustHours,
    CheckIn,
    CheckOut,
    DeclineOffer,
    StateHours,
)
from shared.engine import Get, Incoming, Load, Loading, UnitOfWork
from shared.people.identities import identity_load, identity_of

DispatchCommand = AcceptOffer | DeclineOffer | CheckIn | CheckOut | StateHours | AdjustHours


def _load_no_more(*_: object) -> list[Load]:
    return []


def load_dispatch(
    message: Incoming[DispatchCommand],
    *,
    first: Sequence[Load] = (),
    more: Callable[[Staffing], list[Load]] = _load_no_more,
    then: Callable[[UnitOfWork, Dispatch], list[Load]] = _load_no_more,
) -> Loading:
    """Load the dispatch's staffing within the actor's area, its volunteer, and `more` that the staffing calls for.

    `first` comes with the staffing. `then` follows in a third round, with the volunteer at hand.
    """
    dispatch_id = message.data.dispatch_id
    need_id = need_of(dispatch_id) or ""
    work = yield [Get(Staffing, need_id, message.actor.area), *first]
    staffing = work.get(Staffing, need_id)
    dispatch = None if staffing is None else staffing.dispatch(dispatch_id)
    if staffing is not None and dispatch is not None:
        spoken = [] if message.actor.speaks_for is None else [identity_load(dispatch.volunteer_id)]
        work = yield [*volunteers_of([dispatch]), *spoken, *more(staffing)]
        if loads := then(work, dispatch):
            yield loads


def require_dispatch(work: UnitOfWork, command: DispatchCommand) -> tuple[Staffing, Dispatch]:
    """Return the staffing and its dispatch.

    Raises Refused("not_found") for an unknown id, or one of another volunteer than the sender speaks for;
    Refused("version_mismatch") where the sender saw another version.
    """
    staffing = work.get(Staffing, need_of(command.dispatch_id) or "")
    dispatch = None if staffing is None else staffing.dispatch(command.dispatch_id)
    found = None if staffing is None or dispatch is None else (staffing, dispatch)
    spoken_for = work.message.actor.speaks_for
    # The ids of the person are loaded where somebody speaks for one.
    if spoken_for is not None and dispatch is not None and spoken_for not in _ids_of(work, dispatch.volunteer_id):
        found = None
    area = "" if staffing is None else staffing.area
    staffing, dispatch = work.reach_found(found, area, "dispatch", command.dispatch_id, "dispatch_id")
    if command.expected_version not in (None, dispatch.version):
        raise Refused(
            "version_mismatch",
            "version_not_current",
            field="If-Match",
            kind="dispatch",
            current=dispatch.version,
            expected=command.expected_version or 0,
        )
    return staffing, dispatch


def _ids_of(work: UnitOfWork, volunteer_id: str) -> set[str]:
    identity = identity_of(work, volunteer_id)
    return {*identity.ids, identity.survivor}
