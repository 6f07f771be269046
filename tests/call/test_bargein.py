"""The verdict on an overlap."""

from __future__ import annotations

import pytest

from ivr.call.bargein import Verdict, judge
from ivr.call.options import CallOptions

OPTIONS = CallOptions(commit_ms=140, resume_ms=300)


@pytest.mark.parametrize(
    ("speech_ms", "silence_ms", "speaking", "verdict"),
    [
        (60, 0, True, None),
        (120, 280, True, None),
        (140, 0, True, Verdict("commit", "duration")),
        (140, 300, True, Verdict("commit", "duration")),
        (80, 300, True, Verdict("resume", "silence")),
        (900, 0, False, Verdict("resume", "silence")),
    ],
)
def test_the_rules(speech_ms: int, silence_ms: int, speaking: bool, verdict: Verdict | None) -> None:
    assert judge(speech_ms, silence_ms, speaking, OPTIONS) == verdict
