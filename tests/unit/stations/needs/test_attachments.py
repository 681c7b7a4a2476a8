"""Files of a need are kept sealed, judged by their content, read in pieces on record, and go with the need's words."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from residents_in_memory import ELM, OAK, ResidentsInMemory, audited, worker
from stations_in_memory import COMMUNITY

from services.stations.needs.attaching import PartsOf
from services.stations.needs.domain.attached import AttachmentPart, NeedAttachments
from services.stations.needs.retention import OldNeedTexts
from shared.contracts import Refused
from shared.contracts.persons import PersonReference
from shared.contracts.stations.attachments import (
    MOST_ATTACHED_BYTES,
    MOST_ATTACHMENTS,
    MOST_JOINED,
    PIECE_PARTS,
    AddAttachmentPart,
    ListAttachments,
    ReadAttachment,
    RemoveAttachment,
)
from shared.contracts.stations.erasures import RequestErasure
from shared.contracts.stations.need_merging import MergeNeed
from shared.contracts.stations.needs import CancelNeed
from shared.contracts.stations.reopening import ReopenNeed
from shared.people import DataKey

PDF, JPEG, PNG = b"%PDF-1.7 about Ma Invented", b"\xff\xd8\xff\xe0 photo", b"\x89PNG\r\n\x1a\n photo"
MINUTE = timedelta(minutes=1)


class Files(ResidentsInMemory):
    """A need with files."""

    def __init__(self) -> None:
        super().__init__()
        self.need_id = self.register().id

    def add(self, content: bytes, number: int = 0, *, upload: str = "u1", last: bool = True, actor: Any = ELM) -> Any:
        asked = AddAttachmentPart(
            need_id=self.need_id, kind="photo", upload=upload, number=number, last=last,
            content=base64.b64encode(content).decode(),
        )  # fmt: skip
        return self.engine.command(asked, actor=actor)

    def add_long(self, first: bytes, parts: int, upload: str = "u1") -> Any:
        """Add a file of so many parts, the first as given."""
        for number in range(parts):
            content = first if number == 0 else b"x"
            kept = self.add(content, number, upload=upload, last=number == parts - 1)
        return kept

    def listed(self, actor: Any = ELM) -> list[tuple[str, str, int]] | None:
        found = self.ask(ListAttachments(need_id=self.need_id), actor)
        return None if found is None else [(one.id, one.media_type, one.size) for one in found.items]

    def content(self, attachment: str, actor: Any = ELM) -> bytes | None:
        read, number = b"", 0
        while True:
            query = ReadAttachment(need_id=self.need_id, attachment_id=attachment, number=number)
            piece = self.ask(query, actor)
            if piece is None:
                return None
            read += base64.b64decode(piece.content)
            if piece.next is None:
                return read
            number = piece.next

    def remove(self, attachment: str, actor: Any = ELM) -> Any:
        asked = RemoveAttachment(need_id=self.need_id, attachment_id=attachment, reason="no_longer_needed")
        return self.engine.command(asked, actor=actor)

    def cancel(self) -> None:
        asked = CancelNeed.model_validate({"need_id": self.need_id, "reason_code": "no_longer_needed"})
        self.engine.command(asked, actor=ELM)

    @property
    def parts(self) -> list[AttachmentPart]:
        return self.engine.all(AttachmentPart)


@pytest.fixture
def city() -> Files:
    return Files()


def test_a_file_comes_in_parts_and_is_read_as_it_was(city: Files) -> None:
    kept = city.add_long(PDF, PIECE_PARTS + 2)
    assert (kept.kept, kept.media_type, kept.size) == (True, "application/pdf", len(PDF) + PIECE_PARTS + 1)
    assert city.listed() == [(kept.id, "application/pdf", kept.size)]
    assert city.content(kept.id) == PDF + b"x" * (PIECE_PARTS + 1)
    stored = repr(city.engine.entities)
    assert "Ma Invented" not in stored
    assert base64.b64encode(PDF).decode() not in stored


@pytest.mark.parametrize(("content", "form"), [(PDF, "application/pdf"), (JPEG, "image/jpeg"), (PNG, "image/png")])
def test_the_form_goes_by_the_content(city: Files, content: bytes, form: str) -> None:
    assert city.add(content).media_type == form


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"MZ program", b"GIF89a", b" %PDF-1.7"])
def test_no_other_file_is_taken(city: Files, content: bytes) -> None:
    with pytest.raises(Refused, match="attachment_of_other_form"):
        city.add(content)
    assert city.parts == []


def test_files_are_bounded_in_number_and_bytes(city: Files) -> None:
    for nth in range(MOST_ATTACHMENTS):
        city.add(JPEG, upload=f"u{nth}")
    with pytest.raises(Refused, match="attachments_full"):
        city.add(JPEG, upload="more")
    first, *_ = city.listed() or []
    city.remove(first[0])
    big = city.add(JPEG, upload="more", last=False)
    known = city.engine.one(NeedAttachments, city.need_id)
    grown = [one.model_copy(update={"size": MOST_ATTACHED_BYTES}) if one.id == big.id else one for one in known.items]
    city.engine.entities[NeedAttachments, known.id] = known.model_copy(update={"items": tuple(grown)})
    with pytest.raises(Refused, match="attachment_too_large"):
        city.add(b"x", 1, upload="more")


def test_parts_out_of_order_and_of_two_requests_never_mix(city: Files) -> None:
    city.add(JPEG, last=False)
    with pytest.raises(Refused, match="file_part_out_of_order"):
        city.add(b"x", 2)
    with pytest.raises(Refused, match="attachment_not_begun"):
        city.add(b"x", 1, upload="u2")
    again = city.add(PNG, last=False)
    assert (city.add(b"x", 1).size, again.media_type) == (len(PNG) + 1, "image/png"), "the first part begins again"
    with pytest.raises(Refused, match="attachment_kept"):
        city.add(b"x", 2)


def test_a_file_that_does_not_come_whole_is_forgotten(city: Files) -> None:
    city.add(JPEG, last=False)
    whole = city.add(PNG, upload="u2").id
    assert [one[0] for one in city.listed() or ()] == [whole]
    city.engine.advance(timedelta(hours=1, minutes=1))
    assert [part.attachment_id for part in city.parts] == [whole]
    with pytest.raises(Refused, match="attachment_not_begun"):
        city.add(b"x", 1)


def test_a_removed_file_is_read_by_nobody_and_its_parts_go(city: Files) -> None:
    gone = city.add_long(JPEG, PartsOf.limit + 2).id
    stays = city.add(PNG, upload="u2").id
    assert [one.id for one in city.remove(gone).items] == [stays]
    assert city.content(gone) is None
    city.engine.advance(MINUTE)
    assert [part.attachment_id for part in city.parts] == [stays]
    with pytest.raises(Refused, match="unknown_id"):
        city.remove(gone)


def test_parts_of_removed_files_go_at_once_and_bound_what_is_added(city: Files) -> None:
    for nth in range(MOST_ATTACHMENTS):
        city.remove(city.add(JPEG, upload=f"u{nth}").id)
    with pytest.raises(Refused, match="attachments_full"):
        city.add(PNG, upload="more")
    city.engine.advance(MINUTE)
    city.remove(city.add(PNG, upload="more").id)
    coming = city.add(PNG, upload="coming", last=False).id
    city.engine.advance(MINUTE)
    assert [part.attachment_id for part in city.parts] == [coming], "without waiting for the file that comes"


def test_a_neighbouring_worker_adds_sees_and_removes_nothing(city: Files) -> None:
    kept = city.add(JPEG).id
    assert (city.listed(OAK), city.content(kept, OAK)) == (None, None)
    for attempt in (lambda: city.add(JPEG, upload="u2", actor=OAK), lambda: city.remove(kept, OAK)):
        with pytest.raises(Refused, match="unknown_id"):
            attempt()
    with pytest.raises(Refused, match="permission"):
        city.content(kept, worker("account_fir", COMMUNITY, "reader"))


def test_each_read_is_on_record(city: Files) -> None:
    kept = city.add(JPEG).id
    store = city.store
    city.ask(ReadAttachment(need_id=city.need_id, attachment_id=kept), ELM, store)
    assert ("need_attachment", [city.need_id]) in audited(store)


def test_an_erasure_takes_the_files_with_the_words(city: Files) -> None:
    city.add_long(JPEG, PartsOf.limit + 2)
    city.cancel()
    people = (PersonReference(kind="need", id=city.need_id),)
    city.engine.command(RequestErasure(people=people, ground="purpose_ended", area=COMMUNITY))
    city.engine.advance(MINUTE)
    assert (city.parts, city.engine.all(NeedAttachments), city.engine.all(DataKey)) == ([], [], [])
    with pytest.raises(Refused, match="words_erased"):
        city.add(JPEG, upload="u2")


def test_old_words_go_with_their_files(city: Files) -> None:
    city.add(JPEG)
    city.cancel()
    store = city.store
    OldNeedTexts(365).delete_batch(store, city.engine.now + timedelta(days=366))
    assert list(store[AttachmentPart.collection].find({})) == []
    assert list(store[NeedAttachments.collection].find({})) == []


def merge(city: Files, ended: str, into: str) -> None:
    city.engine.command(MergeNeed(need_id=ended, into_id=into), actor=ELM)


def test_the_need_that_goes_on_shows_the_files_of_its_duplicates(city: Files) -> None:
    twice = city.need_id
    first = city.add_long(PDF, PIECE_PARTS + 1).id
    city.need_id = again = city.register().id
    second = city.add(PNG, upload="u2").id
    merge(city, twice, again)
    city.need_id = kept = city.register().id
    own = city.add(JPEG, upload="u3").id
    merge(city, again, kept)
    assert [one for one, _, _ in city.listed() or ()] == [own, second, first]
    assert (city.content(first), city.content(second)) == (PDF + b"x" * PIECE_PARTS, PNG)
    store = city.store
    city.ask(ReadAttachment(need_id=kept, attachment_id=first), ELM, store)
    assert ("need_attachment", [kept, twice]) in audited(store)
    assert [one.id for one in city.remove(first).items] == [own, second]
    city.engine.advance(MINUTE)
    assert city.content(first) is None
    assert {part.attachment_id for part in city.parts} == {own, second}


def test_a_duplicate_that_is_opened_again_has_its_files_for_itself(city: Files) -> None:
    twice = city.need_id
    file = city.add(PDF).id
    city.need_id = kept = city.register().id
    merge(city, twice, kept)
    assert [one for one, _, _ in city.listed() or ()] == [file]
    due = city.need(twice).due
    city.engine.command(ReopenNeed(need_id=twice, due=due, reason_code="still_needed"), actor=ELM)
    assert (city.listed(), city.content(file)) == ([], None)
    with pytest.raises(Refused, match="unknown_id"):
        city.remove(file)
    city.need_id = twice
    assert city.content(file) == PDF


def test_duplicates_whose_files_are_shown_are_bounded(city: Files) -> None:
    files = []
    kept = city.register().id
    for nth in range(MOST_JOINED + 1):
        city.need_id = city.register().id
        files.append(city.add(PNG, upload=f"u{nth}").id)
        merge(city, city.need_id, kept)
    city.need_id = kept
    assert [one for one, _, _ in city.listed() or ()] == files[:0:-1]
