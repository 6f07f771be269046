"""Know which of the line's languages a call is in, and change it.

STT, TTS, phrases, normalization and what the agent is told follow from the options that the machines of a call read.
A change gives them the line's options in the other language. Words that were asked for before keep theirs.

Where the caller's first words decide, they are listened to in Arabic: STT then writes English in Latin letters, and the
other way round it does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Protocol, TypeAlias

from ivr.call.commands import Command, Note
from ivr.call.events import Resumption
from ivr.call.options import CallOptions, Language
from ivr.text.which_language import language_of

ChangedBy: TypeAlias = Literal["agent", "key", "words"]
"""Who has changed the language: the agent, a key of the caller, or the caller's own words."""


class TakesOptions(Protocol):
    """Read the options of a call."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""


class CallLanguage:
    """Hold the language of one call. Commands are appended to `out`."""

    def __init__(
        self, options: CallOptions, out: list[Command], listener: TakesOptions, *machines: TakesOptions
    ) -> None:
        """Take the line's options, and the machines that read what is different in another language.

        `listener`: the one that asks STT.
        """
        self._line = options
        self._out = out
        self._listener = listener
        self._machines = listener, *machines
        self._by_words = options.language_by_words and bool(options.languages)
        """The caller's words are still to decide."""
        self.options = options
        """Those of the line, in the language of the call."""

    def __repr__(self) -> str:
        return f"<CallLanguage {self.options.language}>"

    def change(self, language: str, by: ChangedBy) -> bool:
        """Go on in a language of the line, from the next words on; return False when the line has no such language."""
        found = self._known(language)
        if found is None:
            self._out.append(Note("language_refused", {"by": by}))
            return False
        if self._by_words:
            self._by_words = False
            self._listener.change(self.options)
        if found != self.options.language:
            self._go_on_in(found)
            self._out.append(Note("language", {"to": found, "by": by}))
        return True

    def begin(self, kept: Resumption | None) -> None:
        """Begin in the line's language, or go on in the one that the call had before its stream died."""
        if kept is not None:
            self._by_words = False
            if kept.language and (found := self._known(kept.language)) is not None:
                self._go_on_in(found)
        elif self._by_words and self._line.language != "ar":
            self._listener.change(in_language(self._line, "ar"))

    @property
    def decided(self) -> bool:
        """Return whether the caller's words no longer decide the language."""
        return not self._by_words

    def follow(self, words: str) -> None:
        """Go on in the language of the caller's first words that tell it."""
        if self._by_words and (found := language_of(words)) is not None:
            self.change(found, "words")

    def use(self, options: CallOptions) -> CallOptions:
        """Take other options of the line; return them in the language of the call."""
        code = self.options.language
        self._line = self.options = options
        if code != options.language and code in options.languages:
            self.options = in_language(options, code)
        return self.options

    def _known(self, language: str) -> Language | None:
        """Return a language as one of the line's."""
        return next((one for one in (self._line.language, *self._line.languages) if one == language), None)

    def _go_on_in(self, language: Language) -> None:
        self.options = in_language(self._line, language)
        for machine in self._machines:
            machine.change(self.options)


def in_language(options: CallOptions, language: Language) -> CallOptions:
    """Return the options of a line in one of its languages."""
    if language == options.language:
        return options
    return replace(options, language=language, phrases=options.languages[language], changed_to=language)
