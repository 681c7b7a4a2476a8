"""XML of a workbook, read piece by piece without entities of its own: expat with any document type refused."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol
from xml.parsers.expat import ExpatError, ParserCreate

from shared.tables.problems import FileProblem

_SEPARATOR: Final = "|"
MOST_HELD: Final = 1024 * 1024
"""Bytes of one tag: the parser holds it until its end."""


class Elements(Protocol):
    """Takes the elements of a part in their order; names are without their namespaces."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""

    def text(self, data: str) -> None:
        """Take text within an element."""

    def end(self, name: str) -> None:
        """Take the end of an element."""


def read_elements(pieces: Iterable[bytes], elements: Elements) -> Iterator[None]:
    """Give the elements of a part of XML to `elements`; yield after each piece.

    Raises FileProblem for XML that is not well formed, and for a document type: entities can stand for gigabytes.
    """
    parser = ParserCreate(namespace_separator=_SEPARATOR)
    parser.buffer_text = True
    held = 0

    def refuse_type(*_: object) -> None:
        raise FileProblem("workbook_damaged")

    def start(name: str, attributes: Mapping[str, str]) -> None:
        local = {key.rpartition(_SEPARATOR)[2]: value for key, value in attributes.items()}
        elements.start(name.rpartition(_SEPARATOR)[2], local)

    parser.StartDoctypeDeclHandler = refuse_type
    parser.StartElementHandler = start
    parser.CharacterDataHandler = elements.text
    parser.EndElementHandler = lambda name: elements.end(name.rpartition(_SEPARATOR)[2])
    try:
        for piece in pieces:
            before = parser.CurrentByteIndex
            parser.Parse(piece, False)
            held = 0 if parser.CurrentByteIndex > before else held + len(piece)
            if held > MOST_HELD:
                raise FileProblem("workbook_damaged")
            yield
        parser.Parse(b"", True)
    except (ExpatError, ValueError) as error:
        if isinstance(error, FileProblem):
            raise
        raise FileProblem("workbook_damaged") from None
    yield


def read_whole(pieces: Iterable[bytes], elements: Elements) -> None:
    """Give all elements of a part to `elements`. Raises FileProblem as `read_elements` does."""
    for _ in read_elements(pieces, elements):
        continue
