"""Play a recorded call again, as its caller spoke and pressed, and compare what the bridge did with the first time.

The record needs `PhoneOptions(keep_messages=True)` for the comparison of messages; the audio of both sides is always
there. Times are counted from the first sample of the stream.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from ivr.testbench.phone.phone import Phone
from ivr.testbench.phone.script import CallerAct, HangUpPhone, PressKey, SayAudio
from ivr.testbench.recording import PhoneRecord

AUDIO_TOLERANCE: Final = 0.02
"""Share of samples that may differ."""


class AgainScript:
    """Do what the caller of a record did, at the same times."""

    agent_owes = False

    def __init__(self, record: PhoneRecord) -> None:
        began = record.t0 or 0.0
        self._track: bytes | None = bytes(record.caller)
        self._keys = [(entry.t - began, entry.detail) for entry in record.of("digit")]
        hung = record.of("hang_up") if record.ended == "caller" else []
        self._ends = hung[0].t - began if hung else None

    def __repr__(self) -> str:
        return f"<AgainScript {len(self._keys)} keys left>"

    def poll(self, phone: Phone, now: float) -> list[CallerAct]:
        """Return what the caller did by now, each act once."""
        acts: list[CallerAct] = []
        if self._track:
            acts.append(SayAudio(self._track, "as it was recorded"))
        self._track = None
        while self._keys and self._keys[0][0] <= phone.elapsed(now):
            acts.append(PressKey(self._keys.pop(0)[1], more=False))
        if self._ends is not None and self._ends <= phone.elapsed(now):
            acts.append(HangUpPhone("stop"))
            self._ends = None
        return acts


def differences(
    first: PhoneRecord, again: PhoneRecord, *, tolerance_ms: float = 100.0, audio: float = AUDIO_TOLERANCE
) -> list[str]:
    """Return what the bridge did otherwise in `again`, the first difference of each kind; empty: nothing."""
    return [*message_differences(first, again, tolerance_ms), *audio_differences(first, again, audio)]


def message_differences(first: PhoneRecord, again: PhoneRecord, tolerance_ms: float) -> Iterator[str]:
    """Yield the first message that is another one, and the first that came at another time. Audio is compared apart."""
    was, now = _orders(first), _orders(again)
    for number, ((at, what), (t, that)) in enumerate(zip(was, now, strict=False), 1):
        if what != that:
            yield f"message {number}: {that} where {what} was"
            return
        if abs(at - t) * 1000 > tolerance_ms:
            yield f"message {number} ({what}): {(t - at) * 1000:+.0f} ms"
            return
    if len(was) != len(now):
        yield f"{len(now)} messages where {len(was)} were"


def _orders(record: PhoneRecord) -> list[tuple[float, str]]:
    """Return time and words of each message of the bridge that is no audio."""
    found = []
    for t, way, text in record.messages:
        if way == "<":
            message = json.loads(text)
            if message["event"] != "media":
                found.append(
                    (t - (record.t0 or 0.0), f"{message['event']} {message.get('mark', {}).get('name', '')}".strip())
                )
    return found


def audio_differences(first: PhoneRecord, again: PhoneRecord, tolerance: float) -> Iterator[str]:
    """Yield how much of what was heard is other audio."""
    length = max(len(first.heard), len(again.heard))
    if not length:
        return
    same = sum(one == other for one, other in zip(first.heard, again.heard, strict=False))
    other = (length - same) / length
    if other > tolerance:
        yield f"{100 * other:.0f} % of what was heard is other audio"
