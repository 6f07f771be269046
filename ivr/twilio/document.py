"""One TwiML document: read once, checked once, filled for every call.

An operator edits these files, so a mistake must stop the start, with the file and the line, and not a call. What Twilio
would only warn about in its debugger (an unknown verb, a stream with a query string, a parameter of 500 characters) is
an error here. A document may use two things that are not TwiML:

    {name}            a value of the call, in a text or an attribute; the names are fixed per document
    for="ar" / "en"   on any element: used only on lines of that language

Values are put into the parsed tree, never into text, so no value can become markup.
Spec: https://www.twilio.com/docs/voice/twiml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NoReturn
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

LANGUAGES: Final = ("ar", "en")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOUNS: Final[Mapping[str, frozenset[str]]] = {
    "Connect": frozenset({"Stream"}),
    "Dial": frozenset({"Number", "Sip", "Client", "Queue", "Conference"}),
    "Enqueue": frozenset({"Task"}),
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Start": frozenset({"Stream"}),
    "Stop": frozenset({"Stream"}),
    "Stream": frozenset({"Parameter"}),
}
"""What may stand inside what. `<Say>` may hold any SSML, a verb that is not listed holds text only."""
_VERBS: Final = frozenset(
    {"Connect", "Dial", "Enqueue", "Gather", "Hangup", "Leave", "Pause", "Pay", "Play", "Record", "Redirect"}
    | {"Refer", "Reject", "Say", "Start", "Stop"}
)
_LONGEST_SAY: Final = 4096


class Document:
    """A checked document. `fill` makes what is sent to Twilio."""

    def __init__(self, name: str, xml: bytes, allowed: frozenset[str], required: frozenset[str] = frozenset()) -> None:
        """`allowed`: placeholders the document may use; `required`: those it must. ValueError says file and line."""
        self.name = name
        self._root, self._lines = _read(name, xml)
        self._check(allowed, required)

    def __repr__(self) -> str:
        return f"<Document {self.name} {' '.join(child.tag for child in self._root)}>"

    def fill(self, language: str, values: Mapping[str, str], parameters: Mapping[str, str] | None = None) -> str:
        """The document for one call, as XML.

        `parameters` are added to its `<Stream>`. ValueError when a value is missing or cannot stand in XML.
        """
        root = _filled(self._root, language, values)
        for stream in root.iter("Stream"):
            for name, value in (parameters or {}).items():
                ElementTree.SubElement(stream, "Parameter", {"name": _legal(name), "value": _legal(value)})
        for parameter in root.iter("Parameter"):
            _check_parameter(self.name, parameter)
        xml: str = ElementTree.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>{xml}'

    def verbs(self, language: str) -> list[Element]:
        """The top-level verbs of a language, unfilled."""
        return [child for child in self._root if child.get("for", language) == language]

    def fail(self, element: Element, problem: str) -> NoReturn:
        """Refuse the document because of this element."""
        raise ValueError(f"{self.name}:{self._lines[element]}: {problem}")

    def _check(self, allowed: frozenset[str], required: frozenset[str]) -> None:
        if self._root.tag != "Response":
            self.fail(self._root, f"a TwiML document begins with <Response>, not <{self._root.tag}>")
        for verb in self._root:
            if verb.tag not in _VERBS:
                self.fail(verb, f"Twilio knows no verb <{verb.tag}> (names are case-sensitive)")
            self._check_verb(verb)
        for language in LANGUAGES:
            if not self.verbs(language):
                self.fail(self._root, f"nothing is left of it on a line of language {language}")
        used = self._check_placeholders(allowed)
        if required - used:
            self.fail(self._root, f"must use {{{'}, {'.join(sorted(required - used))}}}")

    def _check_verb(self, element: Element) -> None:
        if element.get("for", "ar") not in LANGUAGES:
            self.fail(element, f'for="{element.get("for")}" is not a language of a line: ar or en')
        if element.tag == "Say":
            if len("".join(element.itertext())) > _LONGEST_SAY:
                self.fail(element, f"<Say> holds at most {_LONGEST_SAY} characters")
            return
        for child in element:
            if child.tag not in _NOUNS.get(element.tag, frozenset()):
                self.fail(child, f"<{child.tag}> may not stand inside <{element.tag}>")
            if child.tag == "Stream" and element.tag != "Stop":
                self._check_stream(element, child)
            if child.tag == "Parameter":
                _check_parameter(f"{self.name}:{self._lines[child]}", child)
            self._check_verb(child)

    def _check_stream(self, verb: Element, stream: Element) -> None:
        url = stream.get("url", "")
        if url != "{stream_url}" and not url.startswith("wss://"):
            self.fail(stream, 'url must be "{stream_url}" or begin with wss://')
        if "?" in url or "#" in url:
            self.fail(stream, "a stream's url may hold no query string: use <Parameter>")
        if verb.tag == "Connect" and stream.get("track", "inbound_track") != "inbound_track":
            self.fail(stream, "a stream under <Connect> carries the inbound track only: remove track")

    def _check_placeholders(self, allowed: frozenset[str]) -> set[str]:
        used = set()
        for element in self._root.iter():
            for text in _texts(element):
                for name in _PLACEHOLDER.findall(text):
                    if name not in allowed:
                        self.fail(element, f"knows no {{{name}}}; it may use {{{'}, {'.join(sorted(allowed))}}}")
                    used.add(name)
        return used


def _texts(element: Element) -> Iterator[str]:
    yield from element.attrib.values()
    yield element.text or ""
    yield element.tail or ""


def _check_parameter(where: str, parameter: Element) -> None:
    name, value = parameter.get("name"), parameter.get("value")
    if not name or value is None:
        raise ValueError(f"{where}: <Parameter> needs name and value")
    if len(name) + len(value) >= 500:
        raise ValueError(f"{where}: parameter {name}: name and value together must be under 500 characters")


def _filled(element: Element, language: str, values: Mapping[str, str]) -> Element:
    attributes = {name: _substitute(text, values) for name, text in element.attrib.items() if name != "for"}
    copy = Element(element.tag, attributes)
    copy.text, copy.tail = _substitute(element.text, values), _substitute(element.tail, values)
    copy.extend([_filled(child, language, values) for child in element if child.get("for", language) == language])
    return copy


def _substitute(text: str | None, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: _legal(_value(match[1], values)), text or "")


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        raise ValueError(f"no value for {{{name}}}")
    return values[name]


def _legal(text: str) -> str:
    if _NOT_XML.search(text):
        raise ValueError("a value with control characters cannot stand in TwiML")
    return text


def _read(name: str, xml: bytes) -> tuple[Element, dict[Element, int]]:
    """The tree without comments and layout, and the line of each element."""
    parser = expat.ParserCreate()
    builder = ElementTree.TreeBuilder()
    lines: dict[Element, int] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        lines[builder.start(tag, attributes)] = parser.CurrentLineNumber

    def text(characters: str) -> None:
        builder.data(characters if characters.strip() else "")

    def end(tag: str) -> None:
        builder.end(tag)

    def doctype(*_: object) -> None:
        raise ValueError(f"{name}:{parser.CurrentLineNumber}: a TwiML document has no DOCTYPE")

    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise ValueError(f"{name}:{error.lineno}: not well-formed XML: {expat.ErrorString(error.code)}") from None
    return builder.close(), lines
