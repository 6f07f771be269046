"""Faults of the peers: the caller hears something all the same, and the call goes on where it can.

Each call has two or three short questions. A fault hits the first one, or all of them. The caller hears something
within `PATIENCE_MS` of every question. After a single fault the last question is answered as usual.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ivr.call.commands import HangUp
from ivr.config.default_phrases import PHRASES
from ivr.testbench.phone.figures import figures
from ivr.testbench.scenario import Scenario, from_words
from ivr.twilio.rest import TwilioRest
from tests.support.front import ACCOUNT, AUTH
from tests.whole.world import PRICE, Peers, World, call

ASK = "hold on please"
ANSWER = "Of course, take your time."
PATIENCE_MS = 3100
LEFT = HangUp("success", "caller_stop", from_caller=True)


def questions(number: int) -> Scenario:
    """Ask so many questions: the first one soon, the others when the agent is silent."""
    words = [f"at 1.5 say {ASK}", *[f"say {ASK}"] * (number - 1), "hang up"]
    return Scenario(from_words(words).steps, settle_ms=800, patience_s=15)


def to_the_end() -> Scenario:
    """Ask three questions, wait for the end of every filler and answer, and never hang up."""
    words = [f"at 1.5 say {ASK}", *[f"say {ASK}"] * 2, "wait"]
    return Scenario(from_words(words).steps, settle_ms=3000, patience_s=60)


def asked(folder: Path, number: int = 2, scenario: Scenario | None = None, **peers: object) -> World:
    world = call(folder, scenario or questions(number), Peers(**peers), IVR_GREETING="")  # type: ignore[arg-type]
    assert world.record.of("gave_up") == []
    assert world.record.warnings == {}
    for answer in figures(world.record).answers:
        assert answer.reply_ms is not None, "a question without an answer"
        assert answer.reply_ms <= PATIENCE_MS
    return world


def phrases(world: World) -> list[str]:
    """Return the names of the phrases that were heard, in order."""
    names = {text: name for name, text in PHRASES["en"].items()}
    said = [sentence for turn in world.turns for sentence in turn.sentences if sentence.heard_ms > 0]
    return [names[sentence.text] for sentence in said if sentence.text in names]


def gave_up(world: World, reason: str) -> None:
    """Check for two apologies and a farewell, each heard to its end. Then the carrier hangs up."""
    assert phrases(world) == ["apology", "apology", "farewell"]
    assert len(world.turns) == 3
    assert all(turn.sentences[-1].finished for turn in world.turns)
    assert world.hang_up == HangUp("upstream_error", reason, said_farewell=True)
    assert world.record.verbs == ["Connect"]
    assert [form for _, form in world.switchboard.requests] == [{"Status": "completed"}]


def answered(world: World) -> None:
    """Check that the last question has its whole answer, and that the call ended well."""
    assert world.hang_up == LEFT
    last = world.turns[-1]
    assert (last.outcome, last.heard) == ("heard", ANSWER)


ONCE = [
    ("both links refused at first", "socket http code=503 limit=2"),
    ("a link dead from the start", "socket drop pause=0 sockets=1"),
    ("links that greet late", "socket slow_info pause=9"),
    ("links that never greet", "socket no_info"),
    ("links closed while idle", "socket close pause=5"),
    ("links that die while idle", "socket drop pause=5"),
    ("TTS that sends nothing", "tts stall requests=1 after=0"),
    ("TTS that stops in the middle", "tts stall requests=1 after=1"),
    ("TTS without an end", "tts no_end requests=1"),
    ("TTS without an ack", "tts no_ack"),
    ("20 ms of audio and no error", "tts degenerate requests=1"),
    ("20 ms of audio, three times", "tts degenerate requests=1,2,3"),
    ("an end without audio", "tts empty requests=1"),
    ("closed instead of audio", "tts close requests=1 after=0"),
    ("closed in the middle", "tts close requests=1 after=2"),
    ("cut in the middle", "tts cut requests=1 after=1"),
    ("an error instead of audio", "tts error requests=1 after=0"),
    ("an error in the middle", "tts error requests=1 after=1"),
    ("audio after the end", "tts late"),
    ("half samples", "tts odd"),
    ("a file header in the audio", "tts riff"),
    ("STT that thinks for ever", "stt thinking requests=1"),
    ("STT that thinks", "stt thinking requests=1 pause=1"),
    ("STT that stalls", "stt stall requests=1"),
    ("STT that closes", "stt close requests=1"),
    ("STT that dies", "stt cut requests=1"),
    ("STT with an error", "stt error requests=1"),
    ("STT that hears nothing", "stt empty requests=1"),
]


@pytest.mark.parametrize("rule", [row[1] for row in ONCE], ids=[row[0] for row in ONCE])
def test_speech_fault_costs_one_answer_at_most(folder: Path, rule: str) -> None:
    world = asked(folder, rules=(rule,), transcripts=(ASK,) * 6)
    answered(world)
    assert sum(turn.outcome == "failed" for turn in world.turns) <= 1


ALWAYS = [
    ("no socket at all", ("socket http code=503",), "stt_unavailable"),
    ("a wrong key", ("socket refuse",), "stt_unavailable"),
    ("funds are gone", ("socket refuse code=4003",), "stt_unavailable"),
    ("STT with errors only", ("stt error",), "stt_unavailable"),
    ("TTS of 20 ms", ("tts degenerate",), "tts_unavailable"),
    ("TTS with errors only", ("tts error after=0",), "tts_unavailable"),
]


@pytest.mark.parametrize(("rules", "reason"), [row[1:] for row in ALWAYS], ids=[row[0] for row in ALWAYS])
def test_apologies_and_farewell_without_speech_service(folder: Path, rules: tuple[str, ...], reason: str) -> None:
    gave_up(asked(folder, scenario=to_the_end(), rules=rules, transcripts=(ASK,) * 6), reason)


def test_document_speaks_without_tts_and_phrases(folder: Path, tmp_path: Path) -> None:
    world = call(
        folder,
        questions(3),
        Peers(rules=("tts error after=0",), transcripts=(ASK,) * 6),
        prepared=False,
        IVR_CACHE_DIR=str(tmp_path),
        IVR_GREETING="",
    )
    assert world.hang_up == HangUp("upstream_error", "tts_unavailable")
    assert world.record.verbs == ["Connect", "Redirect", "Say", "Hangup"]


AGENTS = [
    ("a server error", "500", "http_500"),
    ("not found", "404", "http_404"),
    ("nothing", "empty", "empty"),
    ("a web page", "html", "html"),
    ("an error in the stream", "error", "agent_error"),
    ("cut in the middle of a word", "cut", "broken"),
]


@pytest.mark.parametrize(("mode", "reason"), [row[1:] for row in AGENTS], ids=[row[0] for row in AGENTS])
def test_apology_for_a_fault_of_the_agent(folder: Path, mode: str, reason: str) -> None:
    world = asked(folder, agent=f"script={mode},ok")
    answered(world)
    assert (world.turns[0].outcome, world.turns[0].failure) == ("failed", reason)
    assert phrases(world) == ["apology"]


@pytest.mark.parametrize("mode", ["stall", "late_stall", "busy"])
def test_stalled_agent_can_be_asked_something_else(folder: Path, mode: str) -> None:
    script = Scenario(from_words([f"at 1.5 say {PRICE}", f"say {ASK}", "over 1500 hang up"]).steps, settle_ms=800)
    world = asked(folder, scenario=script, agent=f"script={mode},ok")
    # A question of which nothing was answered comes again with the next.
    assert world.turns[-1].text == (ASK if mode == "late_stall" else f"{PRICE} {ASK}")
    assert world.turns[-1].heard
    assert world.agent.counts["aborted"] >= 1


def test_slow_agent_is_waited_for(folder: Path) -> None:
    answered(asked(folder, agent="script=slow,ok"))


def test_agent_that_never_answers(folder: Path) -> None:
    steps = Scenario(from_words([f"at 1.5 say {ASK}", "at 28 hang up"]).steps)
    world = call(folder, steps, Peers(agent="mode=stall"), IVR_GREETING="")
    assert world.hang_up == LEFT
    assert (world.turns[0].outcome, world.turns[0].failure) == ("failed", "stalled")
    assert "apology" in phrases(world)


@pytest.mark.parametrize("mode", ["500", "empty", "html", "error"])
def test_call_ends_after_three_failed_questions(folder: Path, mode: str) -> None:
    gave_up(asked(folder, scenario=to_the_end(), agent=f"mode={mode}"), "agent_unavailable")


def test_document_goes_on_after_a_farewell_without_rest(folder: Path) -> None:
    down = httpx.MockTransport(lambda _: httpx.Response(500))
    rest = TwilioRest(ACCOUNT, AUTH, base_url="http://carrier.example", transport=down)
    world = asked(folder, scenario=to_the_end(), agent="mode=500", rest=rest)
    assert phrases(world) == ["apology", "apology", "farewell"]
    assert world.record.verbs == ["Connect", "Redirect", "Say", "Hangup"]


def test_agent_that_breaks_off_keeps_its_words(folder: Path) -> None:
    world = asked(folder, agent="script=late_error,ok")
    answered(world)
    assert phrases(world) == ["apology"]
    assert ANSWER.startswith(world.turns[0].sentences[0].text)
    assert (world.turns[0].failure, world.turns[0].outcome) == ("agent_error", "failed")


@pytest.mark.parametrize("mode", ["tools", "sse", "openai", "text", "json", "gzip", "split", "interleaved", "renamed"])
def test_reply_formats(folder: Path, mode: str) -> None:
    world = asked(folder, agent=f"mode={mode}")
    answered(world)
    assert [turn.heard for turn in world.turns] == [ANSWER] * 2
    assert phrases(world) == []
    assert world.stats.sockets_used == {"tts": 1, "stt": 1}
