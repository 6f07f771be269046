"""Decide what the far party of a leg does in a media stream when no scenario says so."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable

from ivr.media import g711
from ivr.testbench.phone.phone import Phone
from ivr.testbench.phone.script import CallerAct, SayAudio
from ivr.testbench.twilio.people import BEEP_S, FarParty

BEEP_HZ = 1000.0
GREETING_HZ = (180.0, 360.0, 900.0)
"""Pitch of a machine's voice, when no words are spoken."""
SYLLABLE_S = 0.2
MAILBOX = (
    "You have reached the mailbox of this number and nobody can take your call right now so please leave your name and"
    " your number and the reason for your call after the tone and we will call you back as soon as we can"
)
"""What a machine says, without a pause, as machines do."""


class SilentScript:
    """Say nothing, and press nothing."""

    agent_owes = False

    def poll(self, phone: Phone, now: float) -> list[CallerAct]:
        """Return nothing."""
        del phone, now
        return []


class MachineScript:
    """Play a machine's greeting and its beep as soon as the stream is open."""

    agent_owes = False

    def __init__(self, party: FarParty, voice: Callable[[str], bytes] | None = None) -> None:
        """Take the machine, and the voice of people. Without one it babbles, which few detectors take for speech."""
        greeting = babble(party.greeting_s) if voice is None else spoken(voice, party.greeting_s)
        self._audio = greeting + (beep() if party.beep else b"")
        self._said = False

    def poll(self, phone: Phone, now: float) -> list[CallerAct]:
        """Return the greeting, once."""
        del phone, now
        if self._said:
            return []
        self._said = True
        return [SayAudio(self._audio, "greeting of a machine")]


def spoken(voice: Callable[[str], bytes], seconds: float) -> bytes:
    """Return mu-law of a greeting of this length, said again and again where it is shorter."""
    size = int(seconds * g711.RATE)
    said = voice(MAILBOX)
    return (said * (size // max(1, len(said)) + 1))[:size]


def babble(seconds: float) -> bytes:
    """Return mu-law of a voice without words: harmonics that come and go with its syllables."""

    def sample(n: int) -> int:
        t = n / g711.RATE
        loud = abs(math.sin(math.pi * t / SYLLABLE_S)) * 2500
        return int(sum(loud * math.sin(2 * math.pi * hz * t) for hz in GREETING_HZ))

    return _coded([sample(n) for n in range(int(seconds * g711.RATE))])


def beep() -> bytes:
    """Return mu-law of a machine's beep."""
    count = int(BEEP_S * g711.RATE)
    return _coded([int(9000 * math.sin(2 * math.pi * BEEP_HZ * n / g711.RATE)) for n in range(count)])


def _coded(samples: list[int]) -> bytes:
    return bytes(g711.encode(array("h", samples).tobytes()))
