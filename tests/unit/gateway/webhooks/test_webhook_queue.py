"""The queue of one webhook: in order for each subject, and the cursor never passes an event that is not safe."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.deliveries.queue import Pending, Queue

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def message(position: int, subject: str = "need_1", due: datetime = NOON) -> Pending:
    return Pending(f"w.{position}", position, subject, due)


def test_the_second_message_of_a_subject_waits_for_the_first_and_other_subjects_pass() -> None:
    queue = Queue()
    first, second, other = message(1), message(2), message(3, "need_2")
    assert [queue.add(each) for each in (first, second, other)] == [False, True, False]
    assert (queue.take(NOON), queue.take(NOON), queue.take(NOON)) == (first, other, None)
    first.due = NOON + timedelta(hours=1)
    queue.put_back(first)
    assert queue.take(NOON) is None, "the second does not overtake"
    assert queue.take(NOON + timedelta(hours=1)) is first
    queue.remove(first)
    assert queue.take(NOON) is second


def test_the_cursor_waits_for_the_lowest_message_that_is_neither_delivered_nor_stored() -> None:
    queue = Queue()
    messages = [message(5, "a"), message(7, "b"), message(8, "a")]
    for each in messages:
        queue.add(each)
    assert queue.floor(10) == 4
    assert queue.take(NOON) is messages[0]
    queue.keep([messages[0], messages[2]])
    assert queue.floor(10) == 6
    assert queue.take(NOON) is messages[1]
    queue.remove(messages[1])
    assert queue.floor(10) == 10


def test_all_are_due_at_once_when_an_endpoint_is_back() -> None:
    queue = Queue()
    for position in range(5):
        queue.add(message(position, f"need_{position}", NOON + timedelta(hours=position + 1)))
    assert queue.take(NOON) is None
    queue.hasten(NOON)
    assert [queue.take(NOON) is not None for _ in range(6)] == [True] * 5 + [False]


def test_a_probe_is_the_message_that_is_due_first_also_before_that() -> None:
    queue = Queue()
    refused, fresh = message(1, "a", NOON + timedelta(days=2)), message(2, "b", NOON + timedelta(days=1))
    queue.add(refused)
    queue.add(fresh)
    assert [queue.take_probe() for _ in range(3)] == [fresh, refused, None]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["taken", "failed", "given up"])), max_size=60))
def test_every_subject_is_delivered_in_order_and_all_below_the_cursor_is_safe(fates: list[tuple[str, str]]) -> None:
    queue, now, safe, delivered = Queue(), NOON, set(), {"a": [], "b": [], "c": []}  # type: ignore[var-annotated]
    for position, (subject, _) in enumerate(fates, 1):
        queue.add(message(position, subject))
    fate = {position: fate for position, (_, fate) in enumerate(fates, 1)}
    for _ in range(200):
        pending = queue.take(now)
        if pending is None:
            if not len(queue):
                break
            now += timedelta(minutes=1)
            continue
        if fate[pending.position] == "failed":
            fate[pending.position] = "taken"
            pending.due = now + timedelta(minutes=1)
            kept = [pending, *queue.take_behind(pending)]
            unsafe = [each.position for each in kept if each.position not in safe]
            assert queue.floor(len(fates)) < min(unsafe, default=len(fates) + 1), "it waits for those taken out, too"
            queue.keep(kept)
            safe |= {each.position for each in kept}
            for each in kept[1:]:
                queue.add(each)
            queue.put_back(pending)
        else:
            safe.add(pending.position)
            delivered[pending.subject].append(pending.position)
            queue.remove(pending)
        assert set(range(1, queue.floor(len(fates)) + 1)) <= safe
    assert not len(queue)
    assert all(positions == sorted(positions) for positions in delivered.values())
    assert queue.floor(len(fates)) == len(fates)
