"""The waiting deliveries of one webhook, read from the store: at the start, put back, and as their turn comes."""

from collections.abc import Collection
from typing import Final

from services.gateway.deliveries.backlog import Backlog
from services.gateway.deliveries.holding import MOST_OF_SUBJECT, MOST_READ, Holding
from services.gateway.deliveries.queue import Pending

MOST_RESUMED: Final = 20
"""Subjects whose next messages are read in one turn."""


class Loading:
    """Reads waiting deliveries as the backlog has room for them. Every coroutine raises PyMongoError.

    Not beside a flush: the store still shows messages as waiting whose end is on its way there.
    """

    def __init__(self, webhook_id: str, holding: Holding, backlog: Backlog) -> None:
        self._webhook_id, self._holding, self._backlog = webhook_id, holding, backlog
        self.is_complete = False
        """Whether the backlog knows all that wait in the store: only then the feed is read on."""
        self._asked = False
        self._upto = ""
        """The id of the last delivery that was read."""

    @property
    def has_work(self) -> bool:
        """Whether there is something to read, and room for it."""
        return self._has_page or (bool(self._backlog.dry) and self._backlog.has_room)

    @property
    def _has_page(self) -> bool:
        return self._asked or (not self.is_complete and self._backlog.has_room_for_any)

    def begin_again(self) -> None:
        """Look at all of them once more, at once: somebody has put some back."""
        self.is_complete, self._asked, self._upto = False, True, ""

    async def load(self, in_hand: Collection[str]) -> list[Pending]:
        """Take up the next ones, except those in hand; return the tests, which are sent at once."""
        tests: list[Pending] = []
        if self._has_page:
            if not self._upto:
                tests = self._backlog.take_up(await self._holding.waiting_tests(self._webhook_id), in_hand)
            waiting = await self._holding.waiting(self._webhook_id, self._upto)
            self._backlog.take_up([one for one in waiting if not one.test], in_hand)
            self.is_complete, self._asked = len(waiting) < MOST_READ, False
            self._upto = waiting[-1].id if waiting else self._upto
        for subject in list(self._backlog.dry)[:MOST_RESUMED]:
            if not self._backlog.has_room:
                break
            mine = await self._holding.waiting_of(self._webhook_id, subject)
            self._backlog.resume(subject, mine, all_read=len(mine) < MOST_OF_SUBJECT)
        return tests
