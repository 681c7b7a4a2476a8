"""The gathering of a copy: complete only where every service has answered to its last page."""

import asyncio
from collections.abc import Callable
from typing import Any, get_args

import pytest
from actors import ANYBODY

from services.gateway.features.copies.answer import ServiceCopy
from services.gateway.features.copies.gathering import gather
from services.gateway.features.copies.request import CopyReason
from shared.contracts import Refused
from shared.contracts.copies import CopiedPart, CopyPage, CopyPeople, LeftOut
from shared.contracts.persons import PersonReference
from shared.contracts.reasons import reason

PEOPLE = (PersonReference(kind="volunteer", id="vol_1"), PersonReference(kind="need", id="need_1"))


def part(nth: int) -> CopiedPart:
    return CopiedPart(
        person_kind="volunteer", person_id="vol_1", collection="transfers", id=f"t{nth}", content=f'{{"n": {nth}}}',
        kept=reason("kept_for_hours"),
    )  # fmt: skip


class Owners:
    """Answers each service's pages by its own function."""

    def __init__(self, **answers: Callable[[str | None], CopyPage]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str | None, str]] = []

    async def ask(self, query: CopyPeople, *, actor: object, why: str) -> CopyPage:  # noqa: ARG002
        self.asked.append((query.to, query.after, why))
        await asyncio.sleep(0)
        return self.answers.get(query.to, lambda _: CopyPage())(query.after)


def pages(after: str | None) -> CopyPage:
    nth = int(after or 0)
    first = CopyPage(known=("vol_1",), letters=2, letters_read=9) if nth == 0 else CopyPage()
    return first.model_copy(update={"items": (part(nth),), "next": str(nth + 1) if nth < 2 else None})


def absent(code: Any, rule: str) -> Callable[[str | None], CopyPage]:
    def answer(_: str | None) -> CopyPage:
        raise Refused(code, rule)

    return answer


def copied(owners: Owners, reason: CopyReason = "asked_by_person", **bounds: Any) -> dict[str, ServiceCopy]:
    found = asyncio.run(gather(owners, ANYBODY, PEOPLE, reason, **bounds))  # type: ignore[arg-type]
    return {each.service: each for each in found}


@pytest.mark.parametrize("asked_by", get_args(CopyReason))
def test_every_service_is_asked_for_each_of_its_pages_with_the_reason(asked_by: CopyReason) -> None:
    owners = Owners(volunteering=pages)
    found = copied(owners, asked_by)
    assert {to for to, _, _ in owners.asked} == {"stations", "charity", "volunteering"}
    assert {why for _, _, why in owners.asked} == {asked_by}
    own = found["volunteering"]
    assert own.complete
    assert [item.content for item in own.items] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert (own.known, own.failed_messages, own.failed_messages_read) == (["vol_1"], 2, 9)
    kept = own.items[0].kept
    assert kept is not None
    assert kept.code == "kept_for_hours"


def test_a_collection_that_is_left_out_is_named_with_the_reason() -> None:
    left_out = (LeftOut(collection="inbox", reason=reason("repeats_the_rest")),)
    (named,) = copied(Owners(charity=lambda _: CopyPage(left_out=left_out)))["charity"].left_out
    assert (named.collection, named.reason.code) == ("inbox", "repeats_the_rest")


@pytest.mark.parametrize("code", ["unavailable", "deadline", "failed"])
def test_a_service_that_does_not_answer_is_named_and_the_others_are_there(code: Any) -> None:
    found = copied(Owners(volunteering=pages, charity=absent(code, "no_answer_now")))
    assert (found["charity"].complete, found["charity"].missing) == (False, "no_answer_now")
    assert found["volunteering"].complete


def test_pages_that_came_before_a_service_fell_silent_stay_and_are_not_complete() -> None:
    def falls_silent(after: str | None) -> CopyPage:
        if after == "1":
            raise Refused("deadline", "no_answer_in_time")
        return pages(after)

    own = copied(Owners(volunteering=falls_silent))["volunteering"]
    assert (own.complete, own.missing, len(own.items)) == (False, "no_answer_in_time", 1)


def test_beyond_its_bounds_of_bytes_and_time_a_copy_is_not_complete() -> None:
    for bounds, missing in (({"most_bytes": 1}, "copy_too_large"), ({"seconds": 0.0}, "copy_took_too_long")):
        own = copied(Owners(volunteering=pages), **bounds)["volunteering"]
        assert (own.complete, own.missing, len(own.items)) == (False, missing, 1)


class Changing:
    """Pages of a service whose persons get other ids `times` times, each time when the second page is asked for."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __call__(self, after: str | None) -> CopyPage:
        if after == "1" and self.times:
            self.times -= 1
            raise Refused("conflict", "copied_ids_changed")
        return pages(after)


def test_a_part_whose_persons_were_merged_meanwhile_begins_again_and_is_whole() -> None:
    own = copied(Owners(volunteering=Changing(times=2)))["volunteering"]
    assert own.complete
    assert [item.content for item in own.items] == [{"n": 0}, {"n": 1}, {"n": 2}], "none twice"


def test_ids_that_change_again_and_again_are_a_conflict_and_no_file() -> None:
    with pytest.raises(Refused, match="copied_ids_changed"):
        copied(Owners(volunteering=Changing(times=3)))


def test_a_refusal_of_the_request_itself_is_passed_on() -> None:
    with pytest.raises(Refused, match="permission_missing"):
        copied(Owners(stations=absent("not_allowed", "permission_missing")))
