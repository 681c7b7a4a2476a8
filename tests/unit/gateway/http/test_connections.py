"""The open connections are bounded, in all and for each peer, and the one that is idle longest makes room."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.http.connections import ConnectionBounds, Connections

UNREAD = 100


class Line:
    """A connection that notes that it was dropped."""

    def __init__(self) -> None:
        self.dropped = False
        self.unread = 0

    def drop(self, _: str) -> None:
        self.dropped = True


def registry(most: int = 3, most_of_one: int = 3) -> Connections:
    return Connections(ConnectionBounds(10, 30, 60, most, most_of_one, UNREAD))


def admitted(open_ones: Connections, *addresses: str | None) -> list[Line]:
    lines = [Line() for _ in addresses]
    assert all(open_ones.admit(line, address) for line, address in zip(lines, addresses, strict=True))
    return lines


def test_the_connection_that_is_idle_longest_makes_room_for_a_new_one() -> None:
    open_ones = registry()
    first, second, third = admitted(open_ones, "10.0.0.1", "10.0.0.2", "10.0.0.3")
    open_ones.mark_busy(first)
    open_ones.mark_idle(first)  # idle again, and later than the others
    admitted(open_ones, "10.0.0.4")
    assert [line.dropped for line in (first, second, third)] == [False, True, False]


def test_a_connection_with_a_request_is_never_dropped_and_a_new_one_is_refused_instead() -> None:
    open_ones = registry()
    lines = admitted(open_ones, "10.0.0.1", "10.0.0.2", "10.0.0.3")
    for line in lines:
        open_ones.mark_busy(line)
    assert not open_ones.admit(Line(), "10.0.0.4")
    assert not any(line.dropped for line in lines)
    open_ones.forget(lines[0])
    assert open_ones.admit(Line(), "10.0.0.4")


def test_a_peer_at_its_limit_loses_its_own_connection_and_nobody_elses() -> None:
    open_ones = registry(most=10, most_of_one=2)
    other, mine, _ = admitted(open_ones, "10.0.0.9", "10.0.0.1", "10.0.0.1")
    admitted(open_ones, "10.0.0.1")
    assert (other.dropped, mine.dropped) == (False, True)


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_a_peer_is_an_address_or_a_network_of_ipv6(one: str, another: str, same: bool) -> None:
    open_ones = registry(most=10, most_of_one=1)
    (first,) = admitted(open_ones, one)
    admitted(open_ones, another)
    assert first.dropped is same


def test_local_sockets_have_no_address_and_no_limit_of_their_own() -> None:
    open_ones = registry(most=10, most_of_one=1)
    assert not any(line.dropped for line in admitted(open_ones, None, None, ""))


def unread(open_ones: Connections, line: Line, size: int) -> None:
    line.unread = size
    open_ones.mark_unread(line)


def test_answers_that_nobody_takes_fill_no_more_memory_than_there_is_for_them() -> None:
    open_ones = registry(most=10, most_of_one=10)
    other, first, second = admitted(open_ones, "10.0.0.9", "10.0.0.1", "10.0.0.1")
    unread(open_ones, other, 40)
    unread(open_ones, first, 30)
    unread(open_ones, second, 30)
    assert not any(line.dropped for line in (other, first, second))
    unread(open_ones, second, 60)
    assert [line.dropped for line in (other, first, second)] == [False, True, False], "of the greediest the slowest"


def test_a_peer_that_takes_its_answer_after_all_leaves_the_room_to_others() -> None:
    open_ones = registry(most=10, most_of_one=10)
    first, second = admitted(open_ones, "10.0.0.1", "10.0.0.2")
    unread(open_ones, first, UNREAD)
    first.unread = 0
    open_ones.mark_read(first)
    unread(open_ones, second, UNREAD)
    assert not first.dropped
    assert not second.dropped


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=80))
def test_no_order_of_events_leaves_more_open_than_the_limits(steps: list[tuple[int, int]]) -> None:
    open_ones, lines = registry(most=4, most_of_one=2), []
    for kind, number in steps:
        line = lines[number % len(lines)] if lines else Line()
        if kind == 0:
            line = Line()
            if open_ones.admit(line, f"10.0.0.{number}"):
                lines.append(line)
        elif kind == 1:
            open_ones.mark_busy(line)
        elif kind == 2:
            open_ones.mark_idle(line)
        else:
            open_ones.forget(line)
        assert len(open_ones) <= 4
        assert len(open_ones) == len(set(open_ones._peers))
        assert max(open_ones._of_peer.values(), default=0) <= 2
        assert sum(open_ones._of_peer.values()) == len(open_ones)
        assert open_ones._idle.keys() <= open_ones._peers.keys()
