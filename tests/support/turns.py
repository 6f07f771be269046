"""Turns as tests of their figures need them."""

from __future__ import annotations

from ivr.call.timeline import Sentence, Turn


def answered(**changes: object) -> Turn:
    """A turn with every time known, the caller's last word at 10 s."""
    turn = Turn(1, "speech", "Where is it?", outcome="heard", heard="It is here. Anything else?")
    turn.speech_started_at, turn.speech_ended_at, turn.endpoint_at = 8.0, 10.0, 10.5
    turn.transcript_at, turn.asked_at, turn.first_delta_at, turn.reply_ended_at = 11.0, 11.01, 11.5, 12.0
    turn.sentences = [
        Sentence(1, "It is here. ", "It is here.", 11.6, 11.61, 11.9, 11.92, audio_ms=1000, heard_ms=1000),
        Sentence(2, "Anything else?", "Anything else?", 11.7, 12.0, 12.3, 12.5, audio_ms=800, heard_ms=800),
    ]
    for name, value in changes.items():
        setattr(turn, name, value)
    return turn
