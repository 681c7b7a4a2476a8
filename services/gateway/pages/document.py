"""HTML documents: plain, without scripts, fetching nothing from anywhere."""

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from starlette.responses import HTMLResponse

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE: Final = (
    "body{font:16px/1.5 sans-serif;max-width:64em;margin:2em auto;padding:0 1em}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f4f4f4;padding:1em;margin:.5em 0}"
    "summary{cursor:pointer}details{margin:.3em 0}table{border-collapse:collapse}"
    "td,th{vertical-align:top;text-align:left;padding:.15em 1em .15em 0}code{overflow-wrap:anywhere}"
    ":target{background:#fff6d5}"
)
_CODE: Final = re.compile(r"`([^`]+)`")
_STRONG: Final = re.compile(r"\*\*([^*]+)\*\*")


def respond_html(title: str, parts: Iterable[str]) -> HTMLResponse:
    """Return the document of these parts as an answer. Its policy forbids scripts and requests to other hosts."""
    return HTMLResponse(write(title, parts), headers={"Content-Security-Policy": POLICY})


def write(title: str, parts: Iterable[str]) -> str:
    """Return a document of these parts, which are HTML; the title is text."""
    name = escape(title)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><h1>{name}</h1>{''.join(parts)}</body></html>\n"
    )


def words(text: str) -> str:
    """Return a sentence as HTML: `code` and **strong** are marked, all else is text."""
    return _STRONG.sub(r"<strong>\1</strong>", _CODE.sub(r"<code>\1</code>", escape(text, quote=False)))


def paragraphs(text: str) -> str:
    """Return paragraphs, and lists of lines that begin with a star, as HTML."""
    return "".join(_block(block) for block in text.strip().split("\n\n") if block)


def row(*cells: str) -> str:
    """Return a row of a table; the cells are HTML."""
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def code(text: str) -> str:
    """Return a text as code."""
    return f"<code>{escape(text)}</code>"


def _block(text: str) -> str:
    if not text.lstrip().startswith("* "):
        return f"<p>{words(text)}</p>"
    items = re.split(r"(?:^|\n)\* ", text.strip())
    return f"<ul>{''.join(f'<li>{words(item)}</li>' for item in items if item)}</ul>"
