"""Documents that are written once and sent to many: large, and for anybody who asks."""

from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE_BYTES: Final = 64 * 1024
"""The most that is handed over at a time; the server asks for the next piece once the peer has taken most of it."""


class KeptDocument(Response):
    """Sends bytes that all answers share, piece by piece.

    An answer in one piece would be copied into the buffer of each peer that does not take it.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI has it
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for begin in range(0, len(self.body), PIECE_BYTES):
            piece = bytes(self.body[begin : begin + PIECE_BYTES])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
