"""A call in the terminal while it happens, and where the time went when it is over.

`Console` watches from both ends: it is an observer of the bridge (`happened`, `ended`) and the watcher of the phone
(`phone`). It prints one line for each thing a person would want to know, never one for each message. Times are those of
`call.wav` and `call.html`: seconds since the first sample of the call's stream; what comes before the stream has none.
It shows speech: it is for developers, not for logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ivr.call import commands, events
from ivr.call.commands import Command
from ivr.call.events import Event
from ivr.call.timeline import Turn
from ivr.testbench.recording import PhoneRecord, RecordEntry
from ivr.testbench.report.latency import OWNERS, facts, spent, wait

_STYLES = {
    "caller": "cyan",
    "heard": "cyan",
    "agent": "bright_blue",
    "tts": "magenta",
    "phone": "white",
    "bridge": "yellow",
}
_PHONE: dict[str, tuple[str, str]] = {
    "request": ("phone", "asks {}"),
    "answer": ("phone", "is told: {}"),
    "connect": ("phone", "the stream is open"),
    "caller_speaks": ("caller", "says {}"),
    "digit": ("caller", "presses {}"),
    "agent_speaks": ("phone", "the agent is heard"),
    "clear": ("phone", "thrown away unheard: {}"),
    "warning": ("phone", "WARNING {}"),
    "gave_up": ("phone", "gave up waiting: {}"),
    "hang_up": ("phone", "the stream ends: {}"),
    "leak": ("phone", "audio after the hang-up: {}"),
    "say": ("phone", "plays words of the document: {}"),
    "dial": ("phone", "rings at {}"),
    "dialled": ("phone", "the person dialled: {}"),
    "ended": ("phone", "the call is over: {}"),
}
_ENDINGS = {
    "agent": "ended by the agent",
    "caller": "ended by the caller",
    "carrier": "ended by the bridge over REST",
    "lost": "its connection died",
    "refused": "it had no stream",
}

_VERDICTS = {"commit": "that was an interruption", "resume": "that was none: the agent goes on"}
_FADE = 0.3
"""Seconds after a clear in which agent audio is the fade of what was cleared."""


class CallConsole:
    """Prints one call. `scripted`: the transcripts are not recognised, and every one of them says so."""

    def __init__(self, console: Console, record: PhoneRecord, *, scripted: bool = False) -> None:
        """`record`: the phone's, which tells when the call's stream began."""
        self._console = console
        self._record = record
        self._scripted = scripted
        self._endpoint_at: float | None = None
        self._asked_at: float | None = None
        self._cleared_at = float("-inf")
        self._worded = self._sounded = True
        self._answering = False

    # -- the phone's end -----------------------------------------------------------------------------------------

    def phone(self, entry: RecordEntry) -> None:
        """Something happened at the phone."""
        if entry.kind == "clear":
            self._cleared_at = entry.t
        fading = entry.kind == "agent_speaks" and entry.t - self._cleared_at < _FADE
        if entry.kind in _PHONE and not fading:
            who, words = _PHONE[entry.kind]
            detail = _ENDINGS.get(entry.detail, entry.detail) if entry.kind == "ended" else entry.detail
            self._line(entry.t, who, words.format(detail).strip())

    # -- the bridge's end ----------------------------------------------------------------------------------------

    def happened(self, call_id: str, now: float, event: Event, performed: Sequence[Command]) -> None:
        """The bridge took an event and answered with commands."""
        del call_id  # one show, one call
        self._event(now, event)
        filling = any(isinstance(command, commands.Note) and command.name == "filler" for command in performed)
        if filling:
            self._line(now, "bridge", "fills the silence")
        for command in performed:
            match command:
                case commands.SendAudio() if filling:
                    pass
                case commands.SendClear():
                    barge_in = isinstance(event, events.AudioIn)
                    words = "BARGE-IN: the agent goes quiet" if barge_in else "the filler makes room"
                    self._line(now, "bridge", words)
                case _:
                    self._command(now, command)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: commands.HangUp) -> None:
        """The call is over at the bridge."""
        del call_id, turns
        self._line(now, "bridge", f"call ended: {hang_up.result}, {hang_up.reason}")

    def _event(self, now: float, event: Event) -> None:
        match event:
            case events.CallStarted():
                self._line(now, "bridge", "the stream is open, its token is good")
            case events.TranscriptArrived(text=text):
                label = " [SCRIPTED]" if self._scripted else ""
                self._line(now, "heard", f"{_since(self._endpoint_at, now)}{label} {text or '(nothing understood)'}")
            case events.ReplyDelta() if not self._worded:
                self._worded = True
                self._line(now, "agent", f"{_since(self._asked_at, now)} begins to answer")
            case events.TranscriptFailed(reason=reason) | events.ReplyFailed(reason=reason):
                self._line(now, "bridge", f"FAILED: {reason}")
            case events.TtsFailed(reason=reason):
                self._line(now, "bridge", f"FAILED: no speech: {reason}")
            case _:
                pass

    def _command(self, now: float, command: Command) -> None:
        match command:
            case commands.Transcribe(pcm=pcm):
                self._endpoint_at, self._answering, self._sounded = now, True, False
                self._line(now, "bridge", f"the caller pauses: {len(pcm) / 16000:.1f} s of speech go to the ears")
            case commands.RequestReply(request=request):
                self._asked_at, self._worded = now, False
                cut = f" (told what was cut off: {request.unheard})" if request.unheard else ""
                self._line(now, "bridge", f"asks the agent{cut}")
            case commands.Speak(sentence=sentence, text=text):
                self._line(now, "tts", f"sentence {sentence}: {text}")
            case commands.SendAudio() if self._answering and not self._sounded:
                self._sounded = True
                self._line(now, "bridge", f"{_since(self._endpoint_at, now)} first audio on its way to the caller")
            case commands.Note(name="overlap", fields=fields):
                self._line(
                    now, "bridge", f"{_VERDICTS.get(str(fields.get('verdict')), 'overlap')} ({fields.get('rule')})"
                )
            case _:
                pass

    def _line(self, now: float, who: str, words: str) -> None:
        zero = self._record.t0
        text = Text(f"{'':9}" if zero is None else f"{now - zero:7.2f}  ", style="dim")
        text.append(f"{who:<7}", style=f"bold {_STYLES[who]}")
        text.append(f" {words}", style="bold red" if words.startswith(("BARGE", "FAILED", "WARNING")) else "")
        self._console.print(text, soft_wrap=True, highlight=False)


def _since(start: float | None, now: float) -> str:
    return "" if start is None else f"+{(now - start) * 1000:.0f} ms"


def latency_table(turns: Iterable[Turn]) -> Table:
    """Who took how much of the wait, a row a turn, in ms."""
    table = Table(
        title="From the caller's last word to the first audio sent, ms", title_justify="left", box=None, pad_edge=False
    )
    for name in ("turn", *("end of speech" if owner == "endpoint" else owner for owner in OWNERS), "all"):
        table.add_column(name.replace("own", "bridge"), justify="right")
    table.add_column("outcome")
    for turn in turns:
        if turn.kind != "phrase":
            parts = (_ms(spent(turn, owner)) for owner in OWNERS)
            table.add_row(str(turn.number), *parts, f"[bold]{_ms(wait(turn))}[/]", turn.outcome)
    return table


def summary(turns: Sequence[Turn], more: dict[str, str] | None = None) -> list[str]:
    """The call in a few lines."""
    return [f"{name}: {value}" for name, value in {**facts(turns), **(more or {})}.items()]


def _ms(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds * 1000:.0f}"
