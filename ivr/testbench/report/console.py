"""Print a call in the terminal while it happens, and who took how much of the wait when it is over.

`CallConsole` observes the bridge (`happened`, `ended`) and the phone (`phone`). It prints one line for each thing that
a developer wants to know, not one for each message. Times are seconds since the first sample of the call's stream, as
in `call.wav` and `call.html`. It prints speech: it is for developers, not for logs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ivr.call import commands, events
from ivr.call.call import Call
from ivr.call.commands import Command
from ivr.call.events import Event
from ivr.call.timeline import OWNERS, Turn, spent, wait
from ivr.testbench.recording import PhoneRecord, RecordEntry
from ivr.testbench.report.latency import COLUMNS, facts

_STYLES = {
    "caller": "cyan",
    "STT": "cyan",
    "agent": "bright_blue",
    "TTS": "magenta",
    "phone": "white",
    "bridge": "yellow",
}
_PHONE_LINES: dict[str, tuple[str, str]] = {
    "request": ("phone", "asks {}"),
    "answer": ("phone", "gets {}"),
    "connect": ("phone", "the stream is open"),
    "caller_speaks": ("caller", "says {}"),
    "digit": ("caller", "presses {}"),
    "agent_speaks": ("phone", "the agent is heard"),
    "clear": ("phone", "discarded unheard: {}"),
    "warning": ("phone", "WARNING {}"),
    "gave_up": ("phone", "gave up waiting: {}"),
    "hang_up": ("phone", "the stream ends: {}"),
    "leak": ("phone", "audio after the hang-up: {}"),
    "say": ("phone", "plays words of the document: {}"),
    "dial": ("phone", "rings at {}"),
    "dialled": ("phone", "the person dialled: {}"),
    "ended": ("phone", "the call is over: {}"),
}
"""The label and the words of each kind of phone record that is shown."""
_ENDINGS = {
    "agent": "the bridge hung up",
    "caller": "the caller hung up",
    "carrier": "the bridge ended it over REST",
    "lost": "its connection died",
    "refused": "it had no stream",
}

_VERDICTS = {"commit": "that was an interruption", "resume": "that was none: the agent goes on"}
_CLEAR_FADE = 0.3
"""Seconds after a clear in which agent audio is the fade of what was cleared."""


class CallConsole:
    """Print one call."""

    def __init__(self, console: Console, record: PhoneRecord, *, scripted: bool = False) -> None:
        """Print to `console`. `record` says when the stream began. `scripted`: mark transcripts as not recognised."""
        self._console = console
        self._record = record
        self._scripted = scripted
        self._endpoint_at: float | None = None
        self._asked_at: float | None = None
        self._cleared_at = float("-inf")
        self._has_words = self._has_audio = True
        """Whether the first words and the first audio of this turn's answer were shown."""

    # -- the phone's end -----------------------------------------------------------------------------------------

    def phone(self, entry: RecordEntry) -> None:
        """Print what happened at the phone."""
        if entry.kind == "clear":
            self._cleared_at = entry.t
        # Audio right after a clear is the fade of what was cleared, not a new answer.
        fading = entry.kind == "agent_speaks" and entry.t - self._cleared_at < _CLEAR_FADE
        if entry.kind in _PHONE_LINES and not fading:
            label, words = _PHONE_LINES[entry.kind]
            detail = _ENDINGS.get(entry.detail, entry.detail) if entry.kind == "ended" else entry.detail
            self._line(entry.t, label, words.format(detail).strip())

    # -- the bridge's end ----------------------------------------------------------------------------------------

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, performed: Sequence[Command]) -> None:
        """Print an event of the bridge and the commands that followed from it."""
        del call_id  # one console, one call
        match event:
            case events.CallStarted():
                self._line(now, "bridge", "the stream is open, its token is good")
            case events.TranscriptArrived(text=text):
                label = " [SCRIPTED]" if self._scripted else ""
                self._line(now, "STT", f"{_since(self._endpoint_at, now)}{label} {text or '(nothing understood)'}")
            case events.ReplyDelta() if not self._has_words:
                self._has_words = True
                self._line(now, "agent", f"{_since(self._asked_at, now)} begins to answer")
            case events.TranscriptFailed(reason=reason) | events.ReplyFailed(reason=reason):
                self._line(now, "bridge", f"FAILED: {reason}")
            case events.TtsFailed(reason=reason):
                self._line(now, "bridge", f"FAILED: no speech: {reason}")
            case _:
                pass
        filling = any(isinstance(command, commands.Note) and command.name == "filler" for command in performed)
        if filling:
            self._line(now, "bridge", "fills the silence")
        for command in performed:
            match command:
                # The audio of a filler is no answer.
                case commands.SendAudio() if filling:
                    pass
                # Only the caller's audio makes the agent yield; any other clear removes a filler.
                case commands.SendClear():
                    barge_in = isinstance(event, events.AudioIn)
                    words = "BARGE-IN: the agent goes quiet" if barge_in else "the filler makes room"
                    self._line(now, "bridge", words)
                case _:
                    self._command(now, command)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: commands.HangUp) -> None:
        """Print that the call is over at the bridge."""
        del call_id, turns
        self._line(now, "bridge", f"call ended: {hang_up.result}, {hang_up.reason}")

    def _command(self, now: float, command: Command) -> None:
        """Print a command of the bridge, if it is of interest."""
        match command:
            case commands.Transcribe(pcm=pcm):
                self._endpoint_at, self._has_audio = now, False
                self._line(now, "bridge", f"the caller pauses: {len(pcm) / 16000:.1f} s of speech go to STT")
            case commands.RequestReply(request=request):
                self._asked_at, self._has_words = now, False
                cut = f" (the caller did not hear: {request.unheard})" if request.unheard else ""
                again = " again: the caller went on" if request.superseded else ""
                ahead = " ahead" if request.eager else ""
                self._line(now, "bridge", f"asks the agent{ahead}{again}{cut}")
            case commands.Speak(sentence=sentence, text=text):
                self._line(now, "TTS", f"sentence {sentence}: {text}")
            case commands.SendAudio() if not self._has_audio:
                self._has_audio = True
                self._line(now, "bridge", f"{_since(self._endpoint_at, now)} first audio on its way to the caller")
            case commands.Note(name="overlap", fields=fields):
                verdict = _VERDICTS.get(str(fields.get("verdict")), "overlap")
                self._line(now, "bridge", f"{verdict} ({fields.get('rule')})")
            case _:
                pass

    def _line(self, now: float, label: str, words: str) -> None:
        """Print one line. `now`: driver's seconds."""
        zero = self._record.t0
        # What comes before the stream has no place in the recording, so it has no time.
        text = Text(f"{'':9}" if zero is None else f"{now - zero:7.2f}  ", style="dim")
        text.append(f"{label:<7}", style=f"bold {_STYLES[label]}")
        text.append(f" {words}", style="bold red" if words.startswith(("BARGE", "FAILED", "WARNING")) else "")
        self._console.print(text, soft_wrap=True, highlight=False)


def _since(start: float | None, now: float) -> str:
    """Write the time since `start` in ms. An unknown start gives an empty text."""
    return "" if start is None else f"+{(now - start) * 1000:.0f} ms"


def latency_table(turns: Iterable[Turn]) -> Table:
    """Show who took how much of the wait, a row a turn, in ms."""
    table = Table(
        title="From the caller's last word to the first audio sent, ms", title_justify="left", box=None, pad_edge=False
    )
    for name in ("turn", *(COLUMNS[owner] for owner in OWNERS), "all"):
        table.add_column(name, justify="right")
    table.add_column("outcome")
    for turn in turns:
        if turn.kind != "phrase":
            parts = (_ms(spent(turn, owner)) for owner in OWNERS)
            table.add_row(str(turn.number), *parts, f"[bold]{_ms(wait(turn))}[/]", turn.outcome)
    return table


def summary(turns: Sequence[Turn], more: dict[str, str] | None = None) -> list[str]:
    """Describe the call in a few lines. No turns: the bridge tells nothing of them. `more`: further figures by name."""
    known = facts(turns) if turns else {}
    return [f"{name}: {value}" for name, value in {**known, **(more or {})}.items()]


def verdict(outcome: Mapping[str, Any], advice: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return the lines that say whether a call passed, each with its style. `advice`: what to check first."""
    lines = [(f"NOT AS EXPECTED: {what}", "bold red") for what in outcome["unmet"]]
    lines += [(what, "bold red") for what in advice]
    lines += [(f"NOT KNOWN: {what}", "bold yellow") for what in outcome["not_known"]]
    how = _ENDINGS.get(outcome["ended_by"], "")
    if outcome["result"]:
        how += f" ({outcome['result']}, {outcome['reason']})"
    if outcome["unmet"]:
        lines.append((f"FAILED: {how}", "bold red"))
    else:
        doubt = ", as far as a phone can tell" if outcome["not_known"] else ""
        lines.append((f"PASSED{doubt}: {how}", "bold yellow" if doubt else "bold green"))
    return lines


def _ms(seconds: float | None) -> str:
    """Write seconds as whole milliseconds; unknown seconds as a dash."""
    return "-" if seconds is None else f"{seconds * 1000:.0f}"
