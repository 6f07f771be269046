"""Put this bridge to the checks, with mock services that always answer: on real sockets, or in memory.

In memory time is virtual, and the rooms are those of `ivr faults`: the real application and its sockets over ASGI, the
mock speech service and the demo agent in memory, a caller who is loud or silent.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urljoin

import httpx

from ivr.call.options import Language
from ivr.server.app import create_app
from ivr.server.bridge import Bridge
from ivr.testbench.conformance.broken.truth import connect
from ivr.testbench.conformance.catalogue import Check
from ivr.testbench.conformance.checks.inside import INSIDE_CHECKS
from ivr.testbench.conformance.run import CheckResult, Run
from ivr.testbench.conformance.site import Target
from ivr.testbench.faults.fault_file import LONG_QUESTION, Service
from ivr.testbench.faults.harness import (
    ACCOUNT,
    AUTH,
    LOUD,
    PUBLIC,
    FaultPeers,
    build_bridge,
    render_phrases,
    running,
    settings,
)
from ivr.testbench.hamsa.profile import HamsaProfile
from ivr.testbench.phone.voiced import trimmed
from ivr.testbench.suite.target import own_bridge
from ivr.testbench.twilio.asgi import alive

VOICE_URL: Final = "http://127.0.0.1:8000/voice"
OWN_GREETING: Final = "مرحبا بكم، كيف يمكنني مساعدتكم اليوم؟"
QUESTION: Final[dict[Language, str]] = {"en": "how much does it cost", "ar": "كم سعر الشحن"}
"""What the caller asks on real sockets: the demo agent answers with several sentences."""
OWN_PLACES: Final = 25
QUESTIONS: Final = 2000
"""Utterances that the mock service understands."""
SPEECH: Final = LOUD * 80
"""What the caller says: 1.6 s."""

ResultShown: TypeAlias = Callable[[CheckResult], None]
"""Told each result when it is there."""


@contextlib.asynccontextmanager
async def own_target(folder: Path) -> AsyncIterator[tuple[Target, Bridge]]:
    """Run a bridge in memory while the block runs. `folder` keeps its phrases."""
    peers = FaultPeers(Service(), HamsaProfile(transcripts=(LONG_QUESTION,) * QUESTIONS))
    chosen = settings(folder, IVR_LANGUAGE="ar", IVR_GREETING=OWN_GREETING, IVR_MAX_CALLS="100")
    bridge = build_bridge(chosen, peers)
    app = create_app(chosen, bridge=bridge)
    async with alive(app), running(bridge):
        yield (
            Target(
                VOICE_URL,
                SPEECH,
                AUTH,
                ACCOUNT,
                PUBLIC,
                status_url=f"{PUBLIC}/status",
                transport=httpx.ASGITransport(app),
                connect=lambda url, headers, _: connect(app, url, headers),
            ),
            bridge,
        )


async def judge_sockets(
    language: Language, checks: Sequence[Check], out: Path | None, about: Callable[[str], None], done: ResultShown
) -> list[CheckResult]:
    """Judge a bridge of its own from outside, on real sockets. Raises RuntimeError without a voice."""
    question = QUESTION[language]
    async with own_bridge(language, [question], OWN_PLACES, "") as suite:
        about(suite.about)
        speech = await asyncio.to_thread(suite.voice(language), question)
        target = Target(
            suite.url,
            trimmed(speech),
            suite.secret,
            suite.account,
            suite.public_url,
            status_url=urljoin(suite.url, "status"),
        )
        return await Run(target, out, about, done).judge([one for one in checks if one.number not in INSIDE_CHECKS])


def judge_inside(checks: Sequence[Check], done: ResultShown) -> list[CheckResult]:
    """Run what needs the inside of the bridge, in memory and in virtual time."""
    wanted = [check for check in checks if check.number in INSIDE_CHECKS]
    if not wanted:
        return []
    results = []
    with tempfile.TemporaryDirectory(prefix="ivr-conformance-") as place:
        harness = render_phrases(Path(place))
        for check in wanted:
            results.append(CheckResult(check, INSIDE_CHECKS[check.number](harness), 0.0))
            done(results[-1])
    return results
