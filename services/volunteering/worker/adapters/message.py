"""A message to one person, and the interface of an adapter."""

from dataclasses import dataclass, field
from typing import Protocol

from services.volunteering.notices.domain.sending import Accepted, NotAccepted
from shared.contracts.volunteering.notices import NoticeLanguage, NoticeTemplate


@dataclass(frozen=True, slots=True)
class Message:
    """One notice in words. `id` is the notice's: an adapter that is given it twice sends it once where it can."""

    id: str
    template: NoticeTemplate
    language: NoticeLanguage
    to: str = field(repr=False)
    """A telephone number, or an e-mail address."""
    text: str = field(repr=False)
    subject: str = ""
    """For a message by mail."""

    def as_json(self) -> dict[str, str]:
        """Return the message as adapters write it."""
        return {
            "id": self.id, "template": self.template, "language": self.language, "to": self.to, "text": self.text,
        }  # fmt: skip


class Adapter(Protocol):
    """Hands messages on. Called by several threads; it returns within `SEND_SECONDS` and raises nothing."""

    def send(self, message: Message) -> Accepted | NotAccepted:
        """Hand the message on; return whether it was accepted."""
