"""Read and check one TwiML document at the start, and fill it for every call.

An operator edits these files, so a mistake stops the start, with file and line, and never a call. What Twilio only
warns about in its debugger is an error here. A document may use two things that are not TwiML:

    {name}            a value of the call, in a text or an attribute; the names are fixed per document
    for="ar" / "en"   on any element: used only on lines of that language

Spec: https://www.twilio.com/docs/voice/twiml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NoReturn
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers import expat

LANGUAGES: Final = ("ar", "en")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOUNS: Final[Mapping[str, frozenset[str]]] = {
    "Application": frozenset({"ApplicationSid", "Parameter"}),
    "Client": frozenset({"Identity", "Parameter"}),
    "Connect": frozenset(
        {"AiSession", "Autopilot", "Conversation", "ConversationRelay", "ConversationRelaySession", "Room", "Stream"}
        | {"VirtualAgent"}
    ),
    "ConversationRelay": frozenset({"Language", "Parameter"}),
    "Dial": frozenset({"Application", "Client", "Conference", "Number", "Queue", "Sim", "Sip", "WhatsApp"}),
    "Enqueue": frozenset({"Task"}),
    "Gather": frozenset({"Say", "Play", "Pause"}),
    "Hangup": frozenset({"Parameter"}),
    "Headers": frozenset({"Header"}),
    "Pay": frozenset({"Parameter", "Prompt"}),
    "Prompt": frozenset({"Say", "Play", "Pause"}),
    "Refer": frozenset({"Sip"}),
    "Reject": frozenset({"Parameter"}),
    "Sip": frozenset({"Headers", "Uri"}),
    "Siprec": frozenset({"Parameter"}),
    "Start": frozenset({"Recording", "Siprec", "Stream", "Transcription"}),
    "Stop": frozenset({"Recording", "Siprec", "Stream", "Transcription"}),
    "Stream": frozenset({"Parameter"}),
    "Transcription": frozenset({"Config", "Parameter"}),
    "VirtualAgent": frozenset({"Config", "Parameter"}),
}
"""The elements that each element may hold. `<Say>` holds any SSML; an element that is not listed holds text only."""
_VERBS: Final = frozenset(
    {"Connect", "Dial", "Echo", "Enqueue", "Gather", "Hangup", "Leave", "Pause", "Pay", "Play", "Prompt", "Queue"}
    | {"Record", "Redirect", "Refer", "Reject", "Say", "Sms", "Start", "Stop"}
)
_WITH_FOR: Final = "Prompt"
"""The element whose `for` is Twilio's own."""
OWN_STREAM: Final = "{stream_url}"
"""What the URL of the bridge's own stream is written as."""
_LONGEST_SAY: Final = 4096
"""Characters, Twilio's own limit."""
_LONGEST_PARAMETER: Final = 500
"""Characters that name and value of a parameter may have together, and one more: Twilio's own limit."""


class Document:
    """Hold a checked document. `fill` makes the XML for Twilio."""

    def __init__(self, name: str, xml: bytes, allowed: frozenset[str], required: frozenset[str] = frozenset()) -> None:
        """Read and check a document. Raises ValueError with file and line.

        `allowed`: placeholders that the document may use. `required`: those that it must use.
        """
        self.name = name
        self._root, self._lines = _read(name, xml)
        if self._root.tag != "Response":
            self.fail(self._root, f"a TwiML document begins with <Response>, not <{self._root.tag}>")
        for verb in self._root:
            if verb.tag not in _VERBS:
                self.fail(verb, f"Twilio knows no verb <{verb.tag}> (names are case-sensitive)")
            self._check_element(verb)
        for language in LANGUAGES:
            if not self.verbs(language):
                self.fail(self._root, f"nothing is left of it on a line of language {language}")
        used = set()
        for element in self._root.iter():
            for text in (*element.attrib.values(), element.text or "", element.tail or ""):
                for placeholder in _PLACEHOLDER.findall(text):
                    if placeholder not in allowed:
                        known = "}, {".join(sorted(allowed))
                        self.fail(element, f"knows no {{{placeholder}}}; it may use {{{known}}}")
                    used.add(placeholder)
        if required - used:
            self.fail(self._root, f"must use {{{'}, {'.join(sorted(required - used))}}}")

    def __repr__(self) -> str:
        return f"<Document {self.name} {' '.join(child.tag for child in self._root)}>"

    def fill(
        self,
        language: str,
        values: Mapping[str, str],
        parameters: Mapping[str, str] | None = None,
        caller_id: str = "",
    ) -> str:
        """Return the document for one call, as XML. `parameters` are added to the `<Stream>` in `<Connect>`, and
        `caller_id` to every `<Dial>` without one.

        Raises ValueError when a value is missing or cannot stand in XML.
        """
        # Values go into the parsed tree, never into text: no value can become markup.
        root = _filled(self._root, language, values)
        # A stream under <Start> goes to another server: parameters of the call are not for it.
        for stream in root.iterfind("Connect/Stream"):
            for name, value in (parameters or {}).items():
                ElementTree.SubElement(stream, "Parameter", {"name": _legal(name), "value": _legal(value)})
        for dial in root.iter("Dial") if caller_id else ():
            dial.attrib.setdefault("callerId", _legal(caller_id))
        for parameter in root.iter("Parameter"):
            _check_parameter(self.name, parameter)
        xml: str = ElementTree.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>{xml}'

    def verbs(self, language: str) -> list[Element]:
        """Return the top-level verbs of a language, unfilled."""
        return [child for child in self._root if _is_for(child, language)]

    def fail(self, element: Element, problem: str) -> NoReturn:
        """Refuse the document because of this element. Raises ValueError."""
        raise ValueError(f"{self.name}:{self._lines[element]}: {problem}")

    def _check_element(self, element: Element) -> None:
        """Check an element and everything below it."""
        if element.tag != _WITH_FOR and element.get("for", "ar") not in LANGUAGES:
            self.fail(element, f'for="{element.get("for")}" is not a language of a line: ar or en')
        if element.tag == "Say":
            if len("".join(element.itertext())) > _LONGEST_SAY:
                self.fail(element, f"<Say> holds at most {_LONGEST_SAY} characters")
            return
        for child in element:
            if child.tag not in _NOUNS.get(element.tag, frozenset()):
                self.fail(child, f"<{child.tag}> may not stand inside <{element.tag}>")
            if child.tag == "Stream" and element.tag != "Stop":
                url = child.get("url", "")
                if element.tag == "Start" and url == OWN_STREAM:
                    self.fail(child, "the bridge's own stream belongs into <Connect>: <Start> only listens")
                if url != OWN_STREAM and not url.startswith("wss://"):
                    self.fail(child, 'url must be "{stream_url}" or begin with wss://')
                # Twilio drops the query of a stream's URL, and the call with it.
                if "?" in url or "#" in url:
                    self.fail(child, "a stream's url may hold no query string: use <Parameter>")
                if element.tag == "Connect" and child.get("track", "inbound_track") != "inbound_track":
                    self.fail(child, "a stream under <Connect> carries the inbound track only: remove track")
            if child.tag == "Parameter":
                _check_parameter(f"{self.name}:{self._lines[child]}", child)
            self._check_element(child)


def _check_parameter(where: str, parameter: Element) -> None:
    """Check a `<Parameter>` against Twilio's limits. Raises ValueError that begins with `where`."""
    name, value = parameter.get("name"), parameter.get("value")
    if not name or value is None:
        raise ValueError(f"{where}: <Parameter> needs name and value")
    if len(name) + len(value) >= _LONGEST_PARAMETER:
        raise ValueError(
            f"{where}: parameter {name}: name and value together must be under {_LONGEST_PARAMETER} characters"
        )


def _is_for(element: Element, language: str) -> bool:
    """Tell whether an element is used on lines of a language."""
    return element.tag == _WITH_FOR or element.get("for", language) == language


def _filled(element: Element, language: str, values: Mapping[str, str]) -> Element:
    """Return a copy of an element for one language, with its placeholders filled."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise ValueError(f"no value for {{{found[1]}}}")
        return _legal(values[found[1]])

    def fill(text: str | None) -> str:
        return _PLACEHOLDER.sub(value, text or "")

    copy = Element(
        element.tag,
        {name: fill(text) for name, text in element.attrib.items() if name != "for" or element.tag == _WITH_FOR},
    )
    copy.text, copy.tail = fill(element.text), fill(element.tail)
    copy.extend([_filled(child, language, values) for child in element if _is_for(child, language)])
    return copy


def _legal(text: str) -> str:
    """Return a text that may stand in XML. Raises ValueError for control characters."""
    if _NOT_XML.search(text):
        raise ValueError("a value with control characters cannot stand in TwiML")
    return text


def _read(name: str, xml: bytes) -> tuple[Element, dict[Element, int]]:
    """Return the tree without comments and layout, and the line of each element. Raises ValueError."""
    parser = expat.ParserCreate()
    builder = ElementTree.TreeBuilder()
    lines: dict[Element, int] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        lines[builder.start(tag, attributes)] = parser.CurrentLineNumber

    def text(characters: str) -> None:
        builder.data(characters if characters.strip() else "")

    def end(tag: str) -> None:
        builder.end(tag)

    # A DOCTYPE may define entities, which grow without end.
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
