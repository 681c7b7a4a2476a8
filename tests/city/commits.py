"""The commits of one replica: their outcome may stay unknown, or be taken back by a failover."""

from typing import TYPE_CHECKING, Final

from pymongo.errors import OperationFailure

from tests.city.process import unknown_outcome
from tests.city.store import Pending

if TYPE_CHECKING:
    from tests.city.replica import Replica

FAILOVER_MS: Final = 4_000
"""The least time for which an old primary keeps writes that no majority has: a row of the outbox is swept sooner."""


class Commits:
    """Settles the transactions of a replica as the adversary likes."""

    def __init__(self, replica: "Replica") -> None:
        self._replica = replica

    def settle(self, pending: Pending) -> None:
        """Commit; where the adversary strikes, the outcome stays unknown for some tries or for good."""
        adversary = self._replica.world.adversary
        if pending.tries is None:
            self._replica.io("commit")
            if self._loses_majority(pending):
                raise unknown_outcome()
            unknown = adversary.strikes("unknown", self._replica.batch, adversary.trouble.unknown)
            pending.tries = 1 + adversary.draw(f"tries {self._replica.batch}") % 8 if unknown else 0
            if unknown:
                self._decide_unknown(pending)
        if pending.tries > 0:
            pending.tries -= 1
            self._replica.sleep(50)
            raise unknown_outcome()
        if pending.open:
            self._apply(pending)
        elif not pending.applied:
            raise OperationFailure("NoSuchTransaction", 251, {"errorLabels": ["TransientTransactionError"]})
        self._replica.io("committed")

    def _decide_unknown(self, pending: Pending) -> None:
        fate = self._replica.world.adversary.draw(f"fate {self._replica.batch}") % 3
        if fate == 0:
            self._apply(pending)
        elif fate == 1:
            self._replica.service.memory.end(pending)
        else:  # the command is still on its way to the server
            wait = 20 + self._replica.world.adversary.draw(f"on its way {self._replica.batch}") % 5_000
            self._replica.world.after(wait, self._apply, pending)

    def _loses_majority(self, pending: Pending) -> bool:
        """Commit on the primary alone, which is replaced soon: then the commit is taken back."""
        memory, adversary = self._replica.service.memory, self._replica.world.adversary
        first = not memory.minority
        if first and not adversary.strikes("failover", self._replica.batch, adversary.trouble.failover):
            return False
        pending.tries = 99  # no answer before the new primary is there
        pending.applied = True
        memory.end(pending)
        memory.apply(pending.writes, majority=False)
        if first:
            away = FAILOVER_MS + adversary.draw(f"failover {self._replica.batch}") % FAILOVER_MS
            self._replica.world.after(away, self._replica.service.fail_over)
        return True

    def _apply(self, pending: Pending) -> None:
        if pending.open:
            pending.applied = True
            self._replica.service.memory.end(pending)
            self._replica.service.memory.apply(pending.writes)
