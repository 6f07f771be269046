"""Choose the words of a call when it begins: the greeting of this time of day, in each language of the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from ivr.call.options import CallOptions
from ivr.config.lines import Line

Rendered: TypeAlias = Callable[[str, str, str, str], bytes | None]
"""Returns a text as it was rendered, by speaker, dialect and language."""

HOURS: Final = "hours"
"""The parameter of a call that says that the line is closed; the agent is told it."""
CLOSED: Final = "closed"


def is_closed(parameters: Mapping[str, str]) -> bool:
    """Return whether the call was taken outside the hours of its line."""
    return parameters.get(HOURS) == CLOSED


def call_options(line: Line, rendered: Rendered, unix: float, *, closed: bool) -> CallOptions:
    """Return the options of a call that begins at `unix`, in Unix seconds."""
    own, *others = [
        (
            spoken.language,
            spoken.spoken(
                greeting := spoken.greeting_at(unix, closed=closed),
                {
                    text: audio
                    for text in {*spoken.phrases.values(), greeting}
                    if text and (audio := rendered(text, spoken.speaker, spoken.dialect, spoken.language))
                },
            ),
        )
        for spoken in line.in_each_language()
    ]
    options = line.options(own[1], dict(others))
    if closed and line.has.closed == "message":
        # The line speaks first: its greeting says that it is closed.
        return replace(options, message_first=True, say_first=False)
    return options
