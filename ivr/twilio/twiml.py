"""Answer Twilio with the TwiML documents that an operator edits.

    answer      the call is taken: its audio is connected to the bridge; behind it the bridge is asked how to go on
    busy        all places are taken             closed      the line takes no calls
    drain       the server is being stopped      error       the bridge could not go on
    transfer    to a person                      voicemail   take a message
    goodbye     the end after something other than a conversation
    lost        the call's audio has ended, and it is not gone on with

`Documents.load` checks all of them: a bad one is a ValueError with its file and line, before the first call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from ivr.twilio.document import LANGUAGES, OWN_STREAM, Document
from ivr.twilio.stream import TOKEN

Name: TypeAlias = Literal["answer", "busy", "closed", "drain", "error", "transfer", "voicemail", "goodbye", "lost"]
Spoken: TypeAlias = Literal["busy", "closed", "drain", "error", "voicemail", "goodbye", "lost"]
"""Documents that need no value of the call."""
NAMES: Final[tuple[Name, ...]] = get_args(Name)

_REQUIRED: Final[Mapping[str, frozenset[str]]] = {
    "answer": frozenset({"stream_url", TOKEN}),
    "transfer": frozenset({"number"}),
}
_OWN_URLS: Final = frozenset({"voice_url", "resume_url", "status_url", "goodbye_url"})
"""Absolute URLs of this bridge, for actions and callbacks. Any document may use them."""
_DIALLED_NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")


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

    @classmethod
    def load(cls, directory: Path | None = None, public_url: str = "") -> Documents:
        """Read and check every document. Raises ValueError with file and line of the first fault."""
        where = directory or default_directory()
        documents: dict[Name, Document] = {}
        for name in NAMES:
            path, required = where / f"{name}.xml", _REQUIRED.get(name, frozenset())
            # A folder of before there was this document has the shipped one.
            if name == "lost" and not path.exists():
                path = default_directory() / path.name
            try:
                xml = path.read_bytes()
            except OSError as error:
                raise ValueError(f"{path.name}: cannot be read in {path.parent}: {error.strerror}") from None
            documents[name] = Document(path.name, xml, required | _OWN_URLS, required)
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

    def transfer(self, number: str, language: str, caller_id: str = "") -> str:
        """Return the document that transfers the caller to this number (E.164). Raises ValueError.

        `caller_id`: the number that is shown there; empty: the caller's own.
        """
        if not _DIALLED_NUMBER.fullmatch(number):
            raise ValueError("a transfer needs a telephone number: + and 3 to 15 digits")
        return self._documents["transfer"].fill(language, self._urls | {"number": number}, caller_id=caller_id)

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
