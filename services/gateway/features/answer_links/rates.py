"""The rates of requests without a key to the pages of answer links: of each peer, and of all together. Pure."""

from dataclasses import dataclass
from typing import Final, Self

from services.gateway.access.peers import name_peer
from services.gateway.access.rate_limit import RateLimit

PEERS_IN_ALL: Final = 10
"""All peers together have so many times the rate of one."""
BURST_SECONDS: Final = 5
_ALL: Final = "all"


@dataclass(slots=True)
class AnswerRates:
    """`take` a token for each request; time is an argument, in seconds of any steady clock."""

    of_peer: RateLimit
    of_all: RateLimit

    @classmethod
    def of(cls, per_second: float) -> Self:
        """Return the rates for so many requests a second of one peer."""
        rates = (per_second, per_second * PEERS_IN_ALL)
        return cls(*(RateLimit(rate, max(1, int(rate * BURST_SECONDS))) for rate in rates))

    def take(self, address: str, now: float) -> float:
        """Return 0 when the request may pass, otherwise the seconds until one may."""
        # One peer beyond its rate takes nothing from the others.
        return self.of_peer.take(name_peer(address).hex(), now) or self.of_all.take(_ALL, now)
