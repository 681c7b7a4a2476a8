"""Calls of posts: written by `python -m tests.client_writer` from /openapi.json."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from ..answers.common import ChangeAnswer, CountsAnswer, HistoryAnswer
from ..answers.posts import Post, PostFunction, PostPage, PostShape, PostState
from ..bodies.posts import ChangePostBody, ClosePostBody, FillPostBody, OpenPost, VacatePostBody
from ..calls import Call, Listing, new_key


def open_post(body: OpenPost, *, idempotency_key: str | None = None) -> Call[Post]:
    """Open a post at a station or a street centre."""
    return Call("POST", "/v1/posts", body=body, idempotency_key=idempotency_key or new_key())


def list_posts(
    *,
    limit: int | None = None,
    after: str | int | None = None,
    area: str | None = None,
    external_id: str | None = None,
    station_id: str | None = None,
    function: Sequence[PostFunction] | None = None,
    state: Sequence[PostState] | None = None,
    workers: str | None = None,
) -> Listing[PostPage, Post]:
    """List posts, newest first."""
    return Listing(
        "GET",
        "/v1/posts",
        query={
            "limit": limit,
            "after": after,
            "area": area,
            "external_id": external_id,
            "station_id": station_id,
            "function": function,
            "state": state,
            "workers": workers,
        },
    )


def count_posts(*, area: str | None = None) -> Call[CountsAnswer]:
    """Count posts by function and state."""
    return Call("GET", "/v1/posts:count", query={"area": area})


def read_post(post_id: str) -> Call[Post]:
    """Show one post."""
    return Call("GET", f"/v1/posts/{quote(post_id, safe='')}")


def read_post_history(
    post_id: str, *, limit: int | None = None, after: str | int | None = None
) -> Listing[HistoryAnswer, ChangeAnswer]:
    """Show the changes of one post, oldest first."""
    return Listing("GET", f"/v1/posts/{quote(post_id, safe='')}/history", query={"limit": limit, "after": after})


def change_post(
    post_id: str,
    body: ChangePostBody | None = None,
    *,
    expected: int | str | None = None,
    idempotency_key: str | None = None,
) -> Call[PostShape]:
    """Give a post another headcount, or another time by which it is filled; null stays."""
    return Call(
        "POST",
        f"/v1/posts/{quote(post_id, safe='')}/change",
        body={} if body is None else body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def fill_post(
    post_id: str, body: FillPostBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[PostShape]:
    """Give a post to a social worker of its station."""
    return Call(
        "POST",
        f"/v1/posts/{quote(post_id, safe='')}/fill",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def vacate_post(
    post_id: str, body: VacatePostBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[PostShape]:
    """Record that a social worker no longer has the post, which is vacant then."""
    return Call(
        "POST",
        f"/v1/posts/{quote(post_id, safe='')}/vacate",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )


def close_post(
    post_id: str, body: ClosePostBody, *, expected: int | str | None = None, idempotency_key: str | None = None
) -> Call[PostShape]:
    """Close a post."""
    return Call(
        "POST",
        f"/v1/posts/{quote(post_id, safe='')}/close",
        body=body,
        expected=expected,
        idempotency_key=idempotency_key or new_key(),
    )
