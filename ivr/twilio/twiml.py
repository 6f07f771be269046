"""Answer Twilio with the TwiML documents that an operator edits.

    answer      the call is taken: its audio is connected to the bridge; behind it the bridge is asked how to go on
    busy        all places are taken             closed      the line takes no calls
    drain       the server is being stopped      error       the bridge could not go on
    transfer    to a person                      voicemail   take a message
    queue       into a queue                     goodbye     the end after something other than a conversation
    lost        the call's audio has ended, and it is not gone on with
    blocked     the caller is not wanted         anonymous   the caller withholds the number

A person who is asked before the caller is handed over (docs/transfers.md):

    hold        the caller waits                 music       what is heard meanwhile, also in a queue
    whisper     the person is asked              connect     the person has taken the call
    gone        the person has answered, and the caller has left

`Documents.load` checks all of them: a bad one is a ValueError with its file and line, before the first call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args
from urllib.parse import urlencode
from xml.etree import ElementTree

from ivr.twilio.document import LANGUAGES, OWN_STREAM, Document
from ivr.twilio.stream import TOKEN

Name: TypeAlias = Literal[
    "answer", "busy", "closed", "drain", "error", "transfer", "voicemail", "goodbye", "lost", "blocked", "anonymous",
    "queue", "hold", "music", "whisper", "connect", "gone",
]  # fmt: skip
Spoken: TypeAlias = Literal[
    "busy", "closed", "drain", "error", "voicemail", "goodbye", "lost", "blocked", "anonymous", "gone"
]
"""Documents that need no value of the call."""
NAMES: Final[tuple[Name, ...]] = get_args(Name)
_SINCE_THE_FIRST: Final = frozenset(
    {"lost", "blocked", "anonymous", "queue", "hold", "music", "whisper", "connect", "gone"}
)
"""Documents that a folder of before there were these does not have: the shipped ones take their place."""

_REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "answer": frozenset({"stream_url", TOKEN}),
    "transfer": frozenset({"number"}),
    "queue": frozenset({"queue", "transfer_url"}),
    "hold": frozenset({"conference", "transfer_url", "conference_url"}),
    "music": frozenset({"music_url"}),
    "whisper": frozenset({"whisper", "key", "accept_url"}),
    "connect": frozenset({"conference"}),
}
_ALSO: Final[Mapping[str, frozenset[str]]] = {
    "transfer": frozenset({"timeout", "transfer_url", "leg_url"}),
    "queue": frozenset({"music_url"}),
    "hold": frozenset({"music_url"}),
    "music": frozenset({"ringing_url"}),
}
"""What a document may use beside what it must."""
_OWN_URLS: Final = frozenset({"voice_url", "resume_url", "status_url", "goodbye_url"})
"""Absolute URLs of this bridge, for actions and callbacks. Any document may use them."""
_DIALLED_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")
_DIALLED_ADDRESS: Final = re.compile(r"sips?:[^@\s]{1,64}@[^@\s]{1,190}")
_QUEUE: Final = "queue:"
LONGEST_WHISPER: Final = 500
"""Characters of what a person is told: about half a minute."""
_ONE_KEY: Final[Mapping[str, str]] = {"ar": "الرقم {}", "en": "{}"}
_KEY_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "ar": {"": "أي رقم", "*": "علامة النجمة", "#": "علامة المربع"},
    "en": {"": "any key", "*": "star", "#": "pound"},
}


def default_directory() -> Path:
    """Return the folder of the shipped documents."""
    # An installed wheel has a copy of its own; a checkout has `twiml/` beside the package.
    package = Path(__file__).resolve().parent.parent
    installed = package / "_twiml"
    return installed if installed.is_dir() else package.parent / "twiml"


class Documents:
    """Hold all documents, read and checked."""

    def __init__(self, documents: Mapping[Name, Document], public_url: str = "") -> None:
        self._documents = documents
        base = public_url.rstrip("/")
        self._urls = {name: f"{base}/{name.removesuffix('_url')}" for name in _OWN_URLS}
        self._transfers = f"{base}/transfer"

    @classmethod
    def load(cls, directory: Path | None = None, public_url: str = "") -> Documents:
        """Read and check every document. Raises ValueError with file and line of the first fault."""
        where = directory or default_directory()
        documents: dict[Name, Document] = {}
        for name in NAMES:
            path, required = where / f"{name}.xml", _REQUIRED.get(name, frozenset())
            if name in _SINCE_THE_FIRST and not path.exists():
                path = default_directory() / path.name
            try:
                xml = path.read_bytes()
            except OSError as error:
                raise ValueError(f"{path.name}: cannot be read in {path.parent}: {error.strerror}") from None
            also = _ALSO.get(name, frozenset())
            documents[name] = Document(path.name, xml, required | also | _OWN_URLS, required)
        _check_answer(documents["answer"])
        return cls(documents, public_url)

    def answer(self, stream_url: str, parameters: Mapping[str, str], language: str) -> str:
        """Return the document that takes a call. `parameters`, at least the token, reach the stream's `start`.

        Raises ValueError when a parameter is too long, or when the URL is no WebSocket or has a query string.
        """
        if not stream_url.startswith(("wss://", "ws://")) or "?" in stream_url or "#" in stream_url:
            raise ValueError("a stream's url is wss://, without a query string")
        values = {"stream_url": stream_url, TOKEN: parameters[TOKEN]}
        others = {name: value for name, value in parameters.items() if name != TOKEN}
        return self._documents["answer"].fill(language, self._urls | values, others)

    def transfer(self, number: str, language: str, caller_id: str = "", call_id: str = "", ring_s: float = 25) -> str:
        """Return the document that transfers the caller to a person, or into a queue. Raises ValueError.

        `number`: E.164, a SIP address or `queue:` and its name. `caller_id`: the number that is shown there; empty: the
        caller's own. `ring_s`: seconds for which it rings.
        """
        urls = self.transfer_urls(call_id)
        if number.startswith(_QUEUE):
            return self._documents["queue"].fill(language, urls | {"queue": number.removeprefix(_QUEUE)})
        address = _DIALLED_ADDRESS.fullmatch(number) is not None
        if not address and not _DIALLED_NUMBER.fullmatch(number):
            raise ValueError("a transfer needs a telephone number: + and 3 to 15 digits, a SIP address or a queue")
        values = {"number": number, "timeout": f"{ring_s:.0f}"}
        xml = self._documents["transfer"].fill(language, urls | values, caller_id=caller_id)
        return _with_address(xml, number) if address else xml

    def transfer_urls(self, call_id: str) -> dict[str, str]:
        """Return the URLs of this bridge for what happens in a transfer of this call, by the names of documents."""
        query = f"?{urlencode({'call': call_id})}"
        named = {f"{name}_url": f"{self._transfers}/{name}{query}" for name in ("leg", "conference", "accept", "music")}
        own = {"transfer_url": f"{self._transfers}/done", "ringing_url": f"{self._transfers}/ringing.wav"}
        return self._urls | named | own

    def person_url(self, name: Literal["whisper", "person", "back"], call_id: str) -> str:
        """Return where the carrier asks about the person's call, or about the caller who is brought back."""
        return f"{self._transfers}/{name}?{urlencode({'call': call_id})}"

    def hold(self, call_id: str, language: str) -> str:
        """Return the document with which the caller waits for a person."""
        return self._documents["hold"].fill(language, self.transfer_urls(call_id) | {"conference": call_id})

    def music(self, call_id: str, language: str) -> str:
        """Return what a caller hears who waits."""
        return self._documents["music"].fill(language, self.transfer_urls(call_id))

    def connect(self, call_id: str, language: str) -> str:
        """Return the document that brings a person to the caller."""
        return self._documents["connect"].fill(language, self.transfer_urls(call_id) | {"conference": call_id})

    def whisper(self, call_id: str, language: str, whisper: str, key: str) -> str:
        """Return the document that tells a person what it is about, and asks for a key. `key=""`: any."""
        named = _KEY_NAMES[language].get(key) or _ONE_KEY[language].format(key)
        # What the agent has said of the call is no markup, and holds nothing that XML has no place for.
        words = "".join(one if one.isprintable() else " " for one in whisper)[:LONGEST_WHISPER]
        values = {"whisper": words, "key": named}
        return self._documents["whisper"].fill(language, self.transfer_urls(call_id) | values)

    def say(self, name: Spoken, language: str) -> str:
        """Return one of the documents that need no value of the call."""
        return self._documents[name].fill(language, self._urls)


def _check_answer(document: Document) -> None:
    """Check that the answer connects one stream, and has words behind it. Raises ValueError."""
    for language in LANGUAGES:
        verbs = document.verbs(language)
        # What <Start> begins (a recording, a transcription, another stream) runs beside the bridge.
        connects = [place for place, verb in enumerate(verbs) if verb.tag == "Connect" for _ in verb]
        if len(connects) != 1 or [noun.get("url") for noun in verbs[connects[0]]] != [OWN_STREAM]:
            document.fail(verbs[0], f"language {language} needs exactly one stream, in <Connect>")
        if connects[0] == len(verbs) - 1:
            document.fail(verbs[-1], "nothing follows </Connect>: a crash would cut the caller off without a word")


def _with_address(xml: str, address: str) -> str:
    """Return a filled transfer.xml in which a SIP address is dialled: as a number's element it would be refused."""
    root = ElementTree.fromstring(xml)
    for dial in root.iter("Dial"):
        if (dial.text or "").strip() == address:
            dial.text = None
            ElementTree.SubElement(dial, "Sip").text = address
        for number in dial.iter("Number"):
            number.tag = "Sip"
    return f'<?xml version="1.0" encoding="UTF-8"?>{ElementTree.tostring(root, encoding="unicode")}'
