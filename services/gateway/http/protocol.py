"""HTTP/1.1 as uvicorn speaks it, with a problem document for what is no HTTP, like a URL with letters not encoded."""

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from services.gateway.http.language import speaking
from services.gateway.http.problems import MEDIA_TYPE, Problem, document
from shared.words import Wording


class ProblemProtocol(H11Protocol):
    """Answers 400 by a problem document; a subclass with the `wording` of the platform's language does the work.

    The bytes that came cannot be read, so the caller's own language is not known.
    """

    wording: Wording

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's words, which say less
        """Answer and close the connection."""
        with speaking(self.wording):
            body = document(Problem(400, "bad_request", "not_http"), "").model_dump_json(exclude_unset=True).encode()
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("content-language", self.wording.language),
            ("connection", "close"),
        ]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()


def protocol_in(wording: Wording) -> type[ProblemProtocol]:
    """Return the protocol that words its problems so."""
    return type("ProblemProtocol", (ProblemProtocol,), {"wording": wording})
