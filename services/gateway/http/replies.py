"""HTTP responses from typed answers."""

from pydantic import BaseModel
from starlette.responses import Response

from services.gateway.http.language import words
from services.gateway.http.preference import APPLIED


def reply(body: BaseModel, status: int = 200, *, location: str | None = None) -> Response:
    """Return the answer as JSON, with its version and language as ETag and `location` as Location.

    Only fields that were set are written: a line of money has no `unit`, and a need without `explain` no `severity`.
    Sentences differ by language, so an ETag names the language too; If-Match heeds the version alone.
    """
    headers = {}
    version = getattr(body, "version", None)
    # The health check's version is that of the package, a text, and no ETag.
    if isinstance(version, int):
        headers["ETag"] = f'"{version}-{words().language}"'
    if location is not None:
        headers["Location"] = location
    content = body.model_dump_json(exclude_unset=True)
    return Response(content, status_code=status, headers=headers, media_type="application/json")


def reply_created(body: BaseModel, location: str, *, minimal: bool = False) -> Response:
    """Return 201 with the new thing and its path; of a `minimal` answer it says that it is one (RFC 7240)."""
    answer = reply(body, 201, location=location)
    if minimal:
        answer.headers["Preference-Applied"] = APPLIED
    return answer
