"""Answer for peers from a tape, by what they are asked. Pure.

Each leg has a mode, as users of VCR know them:

- `none`: what is not on the tape is an error that shows the difference of the request;
- `once`: the same, unless the tape has nothing of this leg yet: then the peer is asked;
- `new`: what is not on the tape is asked;
- `rewrite`: everything is asked.

A request is known by what the peer would make its answer of: the agent by its words and what was heard before, TTS by
its text, STT by the audio. An answer on the tape is given once, in order; the last that fits may be given again.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from ivr.replay.peers.answers import text_difference
from ivr.replay.peers.exchanges import PeerExchange
from ivr.replay.tape import Leg

LegMode: TypeAlias = Literal["none", "once", "new", "rewrite"]
LEG_MODES: Final[tuple[LegMode, ...]] = ("none", "once", "new", "rewrite")
PLAYED_LEGS: Final[tuple[Leg, ...]] = ("stt", "agent", "tts")

_COMPARED: Final[dict[Leg, tuple[str, ...]]] = {
    "agent": ("text", "digits", "event", "language", "heard", "unheard", "caller", "called"),
    "tts": ("text", "language"),
    "stt": ("bytes", "crc", "language"),
}
_PCM_BYTES_A_MS: Final = 16
"""Bytes of PCM16 at 8 kHz in a millisecond."""


class NotOnTape(Exception):
    """Report a request that the tape has no answer for. The text shows the nearest request and the difference."""


class CassetteError(AssertionError):
    """Report what a call asked that is not on its tape."""


class Cassette:
    """Hold what a tape answers, and what was asked beyond it."""

    def __init__(self, name: str, recorded: Sequence[PeerExchange], modes: Mapping[Leg, LegMode]) -> None:
        """Take the exchanges of a tape, none where there is no tape yet. A leg without a mode is `none`."""
        self._name = name
        self._recorded = {leg: [one for one in recorded if one.leg == leg] for leg in PLAYED_LEGS}
        self._modes = modes
        self._used: set[int] = set()
        self.asked: dict[Leg, int] = dict.fromkeys(PLAYED_LEGS, 0)
        """How often the peer itself is asked."""
        self.errors: list[str] = []
        """Requests without an answer."""

    def __repr__(self) -> str:
        return f"<Cassette {self._name} asked={sum(self.asked.values())} errors={len(self.errors)}>"

    def may_ask(self, leg: Leg) -> bool:
        """Return whether the peer itself may be asked."""
        mode = self._modes.get(leg, "none")
        return mode in ("new", "rewrite") or (mode == "once" and not self._recorded[leg])

    def take(self, leg: Leg, request: Mapping[str, Any]) -> PeerExchange | None:
        """Return the recorded answer of a request. None: the peer itself is to be asked. Raises NotOnTape."""
        if self._modes.get(leg, "none") != "rewrite" and (found := self._find(leg, request)) is not None:
            self._used.add(id(found))
            return found
        if self.may_ask(leg):
            self.asked[leg] += 1
            return None
        raise self._missing(leg, request)

    def broke_off(self, exchange: PeerExchange) -> NotOnTape:
        """Take note of an answer whose rest is not on the tape: the call had given it up there."""
        what = f"{_place(exchange)}: {self._name} has only the beginning of this answer: the call gave it up then"
        self.errors.append(what)
        return NotOnTape(what)

    def _find(self, leg: Leg, request: Mapping[str, Any]) -> PeerExchange | None:
        """Return the first exchange that fits and was not used, else the last that fits."""
        fitting = [one for one in self._recorded[leg] if not any(_differences(leg, one.request, request))]
        unused = [one for one in fitting if id(one) not in self._used]
        return unused[0] if unused else fitting[-1] if fitting else None

    def _missing(self, leg: Leg, request: Mapping[str, Any]) -> NotOnTape:
        """Take note of a request without an answer, with the nearest request that has one."""
        lines = [f"{leg}: this request is not on {self._name} (mode {self._modes.get(leg, 'none')})"]
        recorded = self._recorded[leg]
        if not recorded:
            lines += [
                "  nothing is on it for this leg",
                *(f"  {name}: {value!r}" for name, value in _told(leg, request)),
            ]
        else:
            nearest = max(recorded, key=lambda one: _likeness(leg, one.request, request))
            lines.append(f"  nearest: {_place(nearest)}")
            lines += [f"  {line}" for line in _differences(leg, nearest.request, request)]
        self.errors.append("\n".join(lines))
        return NotOnTape(lines[0])


def _place(exchange: PeerExchange) -> str:
    """Return which request of the tape it is, in words."""
    names = {"agent": ("turn",), "tts": ("turn", "sentence"), "stt": ("utterance",)}[exchange.leg]
    return ", ".join(f"{name} {number}" for name, number in zip(names, exchange.key, strict=False))


def _told(leg: Leg, request: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the fields that say what is asked."""
    for name in _COMPARED[leg]:
        if request.get(name):
            yield name, request[name]


def _differences(leg: Leg, then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield how two requests differ, a line a field. Nothing: they ask the same."""
    for name in _COMPARED[leg]:
        was, is_now = then.get(name) or "", now.get(name) or ""
        # A tape without audio has no checksum: the length is all that can be compared.
        if was == is_now or (name == "crc" and not was):
            continue
        if leg == "stt":
            if name == "bytes":
                was, is_now = (int(one or 0) // _PCM_BYTES_A_MS for one in (was, is_now))
                yield f"audio: {was} ms on the tape, {is_now} ms now"
            elif name == "language":
                yield f"language: {was!r} on the tape, {is_now!r} now"
            elif then.get("bytes") == now.get("bytes"):
                yield "audio: of the same length, but not the same"
        elif was and is_now and name in ("text", "heard", "unheard"):
            yield f"{name}: {text_difference(str(was), str(is_now))}"
        else:
            yield f"{name}: {was!r} on the tape, {is_now!r} now"


def _likeness(leg: Leg, then: Mapping[str, Any], now: Mapping[str, Any]) -> float:
    """Return how near a request is to another."""
    if leg == "stt":
        return -abs(float(then.get("bytes") or 0) - float(now.get("bytes") or 0))
    texts = [" ".join(str(one.get(name) or "") for name in _COMPARED[leg]) for one in (then, now)]
    return difflib.SequenceMatcher(None, texts[0], texts[1], autojunk=False).ratio()
