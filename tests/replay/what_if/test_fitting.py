"""What a tape shows of its services."""

from __future__ import annotations

import pytest

from ivr.call import events
from ivr.replay.tape import Tape, TapeHeader
from ivr.replay.what_if.fitting import fit
from ivr.replay.what_if.taped_call import TapedCall, TapedTransfer
from tests.replay.what_if.test_answers import heard, replied, spoken


def taped() -> TapedCall:
    return TapedCall(Tape(TapeHeader("CA1")))


def test_an_empty_tape_has_usual_values() -> None:
    fitted = fit(taped())
    assert (fitted.stt_s, fitted.stt_share, fitted.first_word_s, fitted.rate) == (0.8, 0.0, 0.6, 16000)
    assert fitted.chunk_ms == 100 and fitted.sound == b""


def test_delays_are_those_of_the_tape() -> None:
    call = taped()
    call.replies[1] = replied(1, "a", "one", "two", "six")
    call.speeches[1, 1] = spoken(1, "Ten letters", 11)
    call.marks = {"p1": (0.1, 1), "p2": (0.3, 2), "p3": None}
    call.cleared = [0.2]
    call.transfers = [TapedTransfer(0.0, [(1.5, 1, events.Transferred())])]
    fitted = fit(call)
    assert fitted.first_word_s == pytest.approx(0.3) and fitted.word_gap_s == pytest.approx(0.1)
    assert fitted.first_audio_s == pytest.approx(0.4) and fitted.audio_gap_s == pytest.approx(0.05)
    assert fitted.ms_per_character == pytest.approx(100) and fitted.chunk_ms == 100
    assert fitted.way_s == pytest.approx(0.2) and fitted.cleared_s == 0.2 and fitted.transfer_s == 1.5


@pytest.mark.parametrize(
    ("delays", "found"),
    [
        ([(1, 0.5), (2, 0.6), (3, 0.7), (4, 0.8)], (0.4, 0.1)),
        ([(1, 0.5), (2, 0.9)], (0.7, 0.0)),
        ([(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)], (0.75, 0.0)),
        ([(1, 0.1), (2, 0.8), (3, 1.6), (4, 2.4)], (1.2, 0.0)),
        ([(2, 0.9), (2, 0.8), (2, 0.7), (2, 0.6)], (0.75, 0.0)),
    ],
)
def test_stt_takes_longer_for_more_audio(delays: list[tuple[float, float]], found: tuple[float, float]) -> None:
    call = taped()
    call.transcripts = {n: heard(n, 0.0, length, "x", delay) for n, (length, delay) in enumerate(delays)}
    fitted = fit(call)
    assert (fitted.stt_s, fitted.stt_share) == pytest.approx(found)
    assert fitted.transcript_s(2.0) == pytest.approx(found[0] + 2 * found[1])
