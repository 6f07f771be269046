"""Keep what a call waits for, and until when.

How long is the line's choice, except for some: `filler` is due when `Fillers` says, `more` when `Speculation` says,
`transfer` when the carrier has had its time, `withdrawal` when the bridge can wait no longer for its last words,
`message` when the agent says, `warning` some time before `length`, `answer` where the bridge has placed the call,
`probe` and `media` when `LineWatch` says.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from ivr.call.options import CallOptions

Awaited: TypeAlias = Literal[
    "transcript",
    "more",
    "reply",
    "silence",
    "probe",
    "media",
    "length",
    "filler",
    "transfer",
    "withdrawal",
    "message",
    "warning",
    "answer",
]


class Deadlines:
    """Hold at most one deadline a name, in seconds of `now`."""

    def __init__(self, options: CallOptions) -> None:
        self._seconds: dict[Awaited, float] = {}
        self.change(options)
        self._at: dict[Awaited, float] = {}
        self._next: float | None = None
        """The earliest deadline; kept, because it is asked for after every event and rarely changes."""

    def change(self, options: CallOptions) -> None:
        """Take other choices of the line, for what is awaited from now on."""
        self._silence = options.silence_timeout
        self._seconds |= {
            "transcript": options.transcript_timeout,
            "reply": options.reply_timeout,
            "silence": options.silence_timeout,
            "length": options.max_call,
        }

    def __repr__(self) -> str:
        return f"<Deadlines {' '.join(sorted(self._at))}>"

    @property
    def times(self) -> dict[str, float]:
        """Return what is awaited, each with its deadline."""
        return dict[str, float](self._at.items())

    def runs(self, name: Awaited) -> bool:
        """Return whether this is awaited."""
        return name in self._at

    def begin(self, name: Awaited, now: float) -> None:
        """Wait from now on, for as long as the line says; for 0 do not wait."""
        if seconds := self._seconds[name]:
            self.set(name, now + seconds)

    @property
    def patience_s(self) -> float:
        """Return for how many seconds the caller may be silent."""
        return self._seconds["silence"]

    def be_patient(self, seconds: float | None) -> None:
        """Let the caller be silent for so long, from the next time on; None: as long as the line says."""
        self._seconds["silence"] = self._silence if seconds is None else seconds

    def set(self, name: Awaited, at: float) -> None:
        """Start or move a deadline."""
        self._at[name] = at
        self._next = min(self._at.values())

    def move(self, name: Awaited, at: float | None) -> None:
        """Start or move a deadline; None: there is none."""
        if at is None:
            self.clear(name)
        else:
            self.set(name, at)

    def clear(self, *names: Awaited) -> None:
        """Wait no more: what was awaited has happened."""
        for name in names:
            if name in self._at:
                del self._at[name]
                self._next = min(self._at.values(), default=None)

    def next(self) -> float | None:
        """Return the earliest deadline."""
        return self._next

    def due(self, now: float, stood: float = 0.0) -> list[Awaited]:
        """Take out the deadlines that have passed, earliest first, after moving all of them by `stood` seconds."""
        if stood:
            self._at = {name: at + stood for name, at in self._at.items()}
            self._next = min(self._at.values(), default=None)
        # Asked at every tick, and mostly in vain.
        if self._next is None or now < self._next:
            return []
        late = sorted((at, name) for name, at in self._at.items() if at <= now)
        self.clear(*(name for _, name in late))
        return [name for _, name in late]
