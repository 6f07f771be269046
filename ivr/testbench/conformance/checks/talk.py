"""Check what the caller hears, and how calls end: B11 to B14, B23 and B25."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from typing import Final

import msgspec

from ivr.testbench.conformance import sound
from ivr.testbench.conformance.checks.stream import still_there
from ivr.testbench.conformance.findings import CheckFinding, NotJudged, failed, judged, not_applicable, passed
from ivr.testbench.conformance.observation import Observation, barge_in
from ivr.testbench.conformance.site import Site
from ivr.testbench.twilio.socket import StreamRefused

PACED_S: Final = 1.0
"""Seconds of audio ahead of the caller's ear up to which a server paces."""
MARKED_S: Final = 5.0
"""Seconds of audio that may be queued behind the last mark."""
LEAD_MOST_S: Final = 30.0
"""Seconds of audio ahead of the caller's ear that are too many even with marks."""
STOP_MS: Final = 1500
"""Milliseconds after which an agent that is spoken over must be silent."""
TAIL_MS: Final = 60
"""Loud milliseconds that may still be heard after a clear: a fade."""
LATE_MARKS_S: Final = 0.4
"""Seconds by which marks come late."""
CLOSES_WITHIN_S: Final = 1.0
"""Seconds in which a server closes after `stop`."""
LEAK_MS: Final = 200
"""Milliseconds of audio after `stop` that may have been on their way."""
ROWS: Final = 12
"""Calls of the soak, one after the other."""
AT_ONCE: Final = 4
"""Calls of the soak at once, behind them."""


def lead(messages: Sequence[tuple[float, str]]) -> tuple[float, float]:
    """Return the most seconds of audio that were queued at the phone, and the most behind the last mark."""
    queued = behind = most = most_behind = at = 0.0
    for t, text in messages:
        queued, at = max(0.0, queued - (t - at)), t
        behind = min(behind, queued)
        try:
            message = msgspec.json.decode(text)
            event, media = message["event"], message.get("media")
            size = len(media["payload"]) * 3 // 4 / 8000 if event == "media" else 0.0
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if event == "clear":
            queued = behind = 0.0
        elif event == "mark":
            behind = 0.0
        queued, behind = queued + size, behind + size
        most, most_behind = max(most, queued), max(most_behind, behind)
    return most, most_behind


async def b11(_: Site, seen: Observation | None) -> CheckFinding:
    """Weigh the audio that waits at the phone."""
    if seen is None or not seen.messages:
        raise NotJudged("the server sent nothing")
    most, behind = lead(seen.messages)
    words = f"{most:.2f} s of audio ahead of the caller's ear at most"
    if most <= PACED_S:
        return passed(f"{words}: paced")
    if behind <= MARKED_S and most <= LEAD_MOST_S and seen.marks:
        return passed(f"{words}, {behind:.2f} s behind the last mark: gated by marks")
    return failed(f"{words}, {behind:.2f} s behind the last mark: neither paced nor gated by marks")


async def b12(_: Site, seen: Observation | None) -> CheckFinding:
    """Judge what the agent did when the caller spoke over it."""
    if seen is None or not seen.barge_ins:
        raise NotJudged("the agent answers nothing that could be interrupted")
    faults, good = [], []
    for one in seen.barge_ins:
        if one.stop_ms > STOP_MS:
            sent = "a clear came" if one.cleared else "no clear came"
            faults.append(f"the agent was heard for {one.stop_ms:.0f} ms after the caller began to speak, and {sent}")
        elif one.cleared and one.after_clear_ms > TAIL_MS:
            faults.append(f"{one.after_clear_ms} ms of audio were heard after the clear, while the caller spoke")
        elif one.cleared:
            good.append(f"silent {one.stop_ms:.0f} ms after the caller began to speak, "
                        f"{sum(cleared.ms for cleared in one.cleared):.0f} ms discarded by clear")  # fmt: skip
    if not faults and not good:
        return not_applicable(f"{len(seen.barge_ins)} times the agent finished by itself before it had to be silent")
    return judged(faults, "; ".join(good))


async def b13(site: Site, seen: Observation | None) -> CheckFinding:
    """Lose all marks, then let those of a cleared reply come late."""
    if seen is None or seen.answers_s is None:
        raise NotJudged("the agent answers nothing that is said")
    if not seen.marks:
        return not_applicable("the server sends no marks")
    async with site.call() as call:
        call.wire.hold_marks = True
        why = await still_there(site, call, seen) or await still_there(site, call, seen)
        if why:
            return failed(f"without marks {why}")
        since = len(call.record.cleared)
        over = asyncio.create_task(barge_in(site, call))
        await call.until(lambda: len(call.record.cleared) > since, 6.0)
        await call.wait(LATE_MARKS_S)
        released = call.now
        late = len(call.wire.held)
        await call.wire.release()
        one = await over
        if not one.cleared:
            return passed("two questions were answered although no mark came back; nothing was cleared")
        before = call.loud.ms(one.cleared[0].sample, released)
        after = call.loud.ms(released, one.ended)
    # Audio that goes on all the time after a clear is the matter of B12.
    if after > TAIL_MS >= before:
        return failed(f"{after} ms of audio were sent when {late} marks of a cleared reply came late: "
                      "they were counted as heard")  # fmt: skip
    return passed(f"two questions were answered although no mark came back; {late} late marks of a cleared reply "
                  "did nothing")  # fmt: skip


async def b14(_: Site, seen: Observation | None) -> CheckFinding:
    """Judge how the observed call ended."""
    if seen is None:
        raise NotJudged("no call could be placed")
    if seen.left:
        if seen.code is None:
            return failed("the server ended the call without a Close frame")
        return judged([] if seen.code == 1000 else [f"the server ended the call with the close code {seen.code}"],
                      "the server ended the call itself, with close code 1000")  # fmt: skip
    faults = []
    if seen.leaked_ms > LEAK_MS:
        faults.append(f"{seen.leaked_ms:.0f} ms of audio were sent after stop")
    if seen.closed_s is None:
        faults.append("the stream was still open 1.5 s after stop")
    elif seen.closed_s > CLOSES_WITHIN_S:
        faults.append(f"the stream was closed {seen.closed_s:.1f} s after stop")
    elif seen.code is None:
        faults.append("after stop the connection was dropped without a Close frame")
    return judged(faults, f"closed {(seen.closed_s or 0.0) * 1000:.0f} ms after stop with code {seen.code}, "
                          f"{seen.leaked_ms:.0f} ms of audio on their way")  # fmt: skip


async def b23(_: Site, seen: Observation | None) -> CheckFinding:
    """Measure the audio of the observed call."""
    if seen is None:
        raise NotJudged("no call could be placed")
    figures = sound.measure(seen.heard)
    if figures.loud_ms < sound.LEAST_LOUD_MS:
        return not_applicable(f"{figures.loud_ms} ms of audio are too little")
    return judged(figures.faults, str(figures))


async def b25(site: Site, seen: Observation | None) -> CheckFinding:
    """Place many short calls, one after the other and at once, and see whether the last is like the first."""
    greets = None if seen is None else seen.greets_s
    loop = asyncio.get_running_loop()

    async def short() -> float | None:
        """Place one call. Return the seconds until it was served; None: it was not."""
        began = loop.time()
        try:
            async with site.call() as call:
                served = loop.time() - began
                if greets is None:
                    await call.wait(0.3)
                    return None if call.over else served
                if not await call.hears(0, 2 * greets + 3.0):
                    return None
                return loop.time() - began
        except (NotJudged, StreamRefused):
            return None

    rows = [await short() for _ in range(ROWS)]
    rows += await asyncio.gather(*[short() for _ in range(AT_ONCE)])
    last = await short()
    lost = sum(one is None for one in [*rows, last])
    if lost:
        return failed(f"{lost} of {ROWS + AT_ONCE + 1} short calls were not served as the first was")
    served = [one for one in rows if one is not None]
    before, after = statistics.median(served[:4]), statistics.median([*served[ROWS - 3 : ROWS], last or 0.0])
    if after > 2 * before + 0.5:
        return failed(f"calls take longer and longer: {before:.2f} s at first, {after:.2f} s after {ROWS + AT_ONCE}")
    return passed(f"{ROWS + AT_ONCE + 1} short calls, {AT_ONCE} of them at once: each served, "
                  f"{before:.2f} s at first, {after:.2f} s at the end")  # fmt: skip
