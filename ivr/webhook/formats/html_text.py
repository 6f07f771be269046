"""Read the words of a fragment of HTML. A whole page is refused: it is an error's or a login's, not an answer."""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser
from typing import Final

from ivr.webhook.formats.json_values import MAX_VALUE, JsonValue, ValueScanner
from ivr.webhook.formats.parts import Failure, Piece
from ivr.webhook.formats.records import Records

_PAGE_TAGS: Final = frozenset(("html", "head", "body", "title", "meta", "frameset"))
_HALF_A_TAG: Final = re.compile(r"\A<[/!?a-zA-Z].*", re.DOTALL)
_UNSEEN: Final = frozenset(("script", "style", "template", "noscript"))
_NAMES_WITHIN_A_LINE: Final = """
    a abbr b bdi bdo cite code em font i kbd mark q s small span strong sub sup u
    """
_WITHIN_A_LINE: Final = frozenset(_NAMES_WITHIN_A_LINE.split())


class _Words(HTMLParser):
    """Collect what a browser would show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.page = False
        self.framed: list[str] = []
        """Documents that stand in the attribute of a frame, as n8n writes them."""
        self.words: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See `HTMLParser`."""
        self.page = self.page or tag in _PAGE_TAGS
        self._unseen += tag in _UNSEEN
        self.framed += [value for name, value in attrs if name == "srcdoc" and value]
        self._apart(tag)

    def handle_endtag(self, tag: str) -> None:
        """See `HTMLParser`."""
        self._unseen -= tag in _UNSEEN and self._unseen > 0
        self._apart(tag)

    def handle_decl(self, decl: str) -> None:
        """See `HTMLParser`."""
        self.page = self.page or decl.lower().startswith("doctype")

    def handle_data(self, data: str) -> None:
        """See `HTMLParser`."""
        if not self._unseen:
            self.words.append(data)

    def _apart(self, tag: str) -> None:
        if tag not in _WITHIN_A_LINE:
            self.words.append("\n")


class HtmlText:
    """Read a fragment of HTML. `over` once it turns out to be a page, or too long."""

    def __init__(self, records: Records) -> None:
        self.over = False
        self._records = records
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._parser = _Words()
        self._begun = False

    def feed(self, data: bytes) -> list[Piece]:
        """See `Format`."""
        text = self._decoder.decode(data)
        # A tag that is not complete would be looked at again and again.
        pending = self._parser.rawdata
        if pending.startswith("<") and ">" not in text:
            self._parser.rawdata += text
        else:
            self._parser.feed(text)
        self.over = len(self._parser.rawdata) > MAX_VALUE
        return [Failure("too_long")] if self.over else self._said()

    def finish(self) -> list[Piece]:
        """See `Format`."""
        if self.over:
            return []
        self._parser.feed(self._decoder.decode(b"", final=True))
        # Half a tag says nothing.
        self._parser.rawdata = _HALF_A_TAG.sub("", self._parser.rawdata)
        self._parser.close()
        return self._said() + self._records.finish()

    def _said(self) -> list[Piece]:
        if self._parser.page and not self._begun:
            self.over = True
            return [Failure("html")]
        pieces: list[Piece] = []
        for document in self._parser.framed:
            pieces += self._framed(document)
        text = "".join(self._parser.words)
        self._parser.framed, self._parser.words = [], []
        self._begun = self._begun or bool(text.strip())
        return pieces + (self._records.literal(text) if self._begun else [])

    def _framed(self, document: str) -> list[Piece]:
        """Return the pieces of a document within a frame: JSON, or a fragment of its own."""
        if document.lstrip()[:1] in ("{", "["):
            items = list(ValueScanner(lambda _values: False).feed(document))
            values = [item.value for item in items if isinstance(item, JsonValue)]
            if values and len(values) == len(items):
                return [piece for value in values for piece in self._records.take(value)]
        inner = _Words()
        inner.feed(document)
        inner.close()
        if inner.page:
            self.over = True
            return [Failure("html")]
        self._begun = True
        return self._records.literal("".join(inner.words))
