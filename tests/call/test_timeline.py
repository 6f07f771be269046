"""The bridge's own share of a turn."""

from __future__ import annotations

from ivr.call.timeline import Sentence, Turn


def test_own_overhead_leaves_out_ears_agent_and_voice() -> None:
    turn = Turn(1, "speech", endpoint_at=10.0, transcript_at=10.8, asked_at=10.81)
    sentence = Sentence(1, "x", "x", ready_at=12.0, asked_at=12.02, audio_at=12.5, sent_at=12.53)
    assert turn.own_overhead is None
    turn.sentences.append(sentence)
    assert turn.own_overhead is not None
    assert abs(turn.own_overhead - 0.06) < 1e-9


def test_own_overhead_is_unknown_until_something_was_sent() -> None:
    turn = Turn(1, "speech", endpoint_at=10.0, transcript_at=10.8, asked_at=10.81)
    turn.sentences.append(Sentence(1, "x", "x", ready_at=12.0, asked_at=12.02))
    assert turn.own_overhead is None
    greeting = Turn(0, "phrase", sentences=[Sentence(1, "x", "x", ready_at=12.0)])
    assert greeting.own_overhead is None


def test_own_overhead_has_the_time_in_which_the_process_stood_still() -> None:
    sentence = Sentence(1, "x", "x", ready_at=12.0, asked_at=12.02, audio_at=12.5, sent_at=12.53)
    turn = Turn(1, "speech", endpoint_at=10.0, transcript_at=10.8, asked_at=10.81, sentences=[sentence])
    turn.stalls = [(9.0, 10.1), (10.9, 11.9), (12.005, 12.015), (12.4, 99.0)]
    assert turn.own_overhead is not None
    assert abs(turn.own_overhead - (0.06 + 0.1 + 1.0 + 0.1)) < 1e-9
    assert turn.stood_still(0.0, 9.5) == 0.5
