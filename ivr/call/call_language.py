"""Know which of the line's languages a call is in, and change it.

STT, TTS, phrases, normalization and what the agent is told follow from the options that the machines of a call read.
A change gives them the line's options in the other language. Words that were asked for before keep theirs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Protocol, TypeAlias

from ivr.call.commands import Command, Note
from ivr.call.events import Resumption
from ivr.call.options import CallOptions, Language

ChangedBy: TypeAlias = Literal["agent", "key", "words"]
"""Who has changed the language: the agent, a key of the caller, or the caller's own words."""


class TakesOptions(Protocol):
    """Read the options of a call."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, from now on."""


class CallLanguage:
    """Hold the language of one call. Commands are appended to `out`."""

    def __init__(self, options: CallOptions, out: list[Command], *machines: TakesOptions) -> None:
        """Take the line's options, and the machines that read what is different in another language."""
        self._line = options
        self._out = out
        self._machines = machines
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
        if found != self.options.language:
            self._go_on_in(found)
            self._out.append(Note("language", {"to": found, "by": by}))
        return True

    def resume(self, kept: Resumption | None) -> None:
        """Go on in the language that the call had before its stream died."""
        if kept is not None and kept.language and (found := self._known(kept.language)) is not None:
            self._go_on_in(found)

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
