"""The page of a call: one file, nothing loaded, nothing of a call executed, everything on it."""

from __future__ import annotations

import base64
import json
import re
import shlex
import zlib
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ivr.call import commands as ask
from ivr.call import events
from ivr.call.events import ReplyDelta, TranscriptArrived
from ivr.call.timeline import Turn
from ivr.commands import replay
from ivr.replay import tape_file
from ivr.replay.golden.shelf import without_audio
from ivr.replay.report import event_words as said
from ivr.replay.report.page import asked_ahead, call_page, date_words, short_hash
from ivr.replay.report.page_data import call_figures, page_data
from ivr.replay.report.replayed import RebuiltCall, replayed
from ivr.replay.report.sound import page_sound, wav_file
from ivr.replay.tape import Moment, Tape, TapeEnd, Trouble
from ivr.testbench.agent.script import TokenPace
from tests.replay.taped import STEPS, taped
from tests.whole import world

EVIL = "</script><img src=x onerror=alert(1)><b>\"'&\u2028"
ARABIC = "ما هي ساعات العمل"


class _Page(HTMLParser):
    """Read a page as a browser does."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in == "script":
            self.scripts[-1] += data
        elif self._in != "style":
            self.text += data

    @property
    def data(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.scripts[0])
        return found


@pytest.fixture(scope="module")
def phrases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("phrases")


@pytest.fixture(scope="module")
def tape(phrases: Path) -> Tape:
    return taped(phrases, STEPS)


@pytest.fixture(scope="module")
def call(tape: Tape) -> RebuiltCall:
    return replayed(tape)


def _with_words(tape: Tape, text: str) -> Tape:
    """Return a tape whose caller and agent said something else."""
    moments = []
    for moment in tape.moments:
        event = moment.event
        if isinstance(event, TranscriptArrived | ReplyDelta):
            event = replace(event, text=text + " ")
        moments.append(Moment(moment.now, event, moment.commands))
    return Tape(replace(tape.header, call_id=text), moments, tape.phrase_audio, end=tape.end)


def test_the_page_loads_nothing(call: RebuiltCall) -> None:
    page = call_page(call, "a.tape")
    for tag, given in _Page(page).tags:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base", "form")
        assert not {name for name in given if name.startswith("on") or name in ("src", "action")}
        assert (given.get("href") or "#").startswith("#")
    assert "@import" not in page
    assert "url(" not in page


def test_only_the_page_s_own_script_may_run(call: RebuiltCall) -> None:
    page = _Page(call_page(call, "a.tape"))
    (policy,) = (given["content"] for tag, given in page.tags if tag == "meta" and "http-equiv" in given)
    assert policy is not None
    digest = base64.b64encode(sha256(page.scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_words_of_a_call_are_never_html(tape: Tape) -> None:
    call = replayed(_with_words(tape, EVIL))
    page = call_page(call, f"{EVIL}.tape")
    read = _Page(page)
    assert not [tag for tag, _ in read.tags if tag in ("img",)]
    assert len(read.scripts) == 2
    assert "\u2028" not in re.findall(r'id="data">(.*?)</script>', page, re.DOTALL)[0]
    assert any(EVIL in event["text"] for event in read.data["events"])


def test_half_a_character_does_not_stop_the_page(tape: Tape) -> None:
    page = call_page(replayed(_with_words(tape, "a\ud800b")), "a.tape")
    assert page.encode("utf-8", "replace")
    assert _Page(page).data["events"]


def test_arabic_stands_on_the_right(tape: Tape) -> None:
    page = call_page(replayed(_with_words(tape, ARABIC)), "a.tape")
    assert f'<span class="said" dir="rtl" lang="ar">{ARABIC}' in page
    assert any(turn["rtl"] for turn in _Page(page).data["turns"])


def test_the_waits_on_the_page_add_up(call: RebuiltCall) -> None:
    page = call_page(call, "a.tape")
    waits = call.waits()
    for wait in waits:
        assert sum(part.ms for part in wait.parts) == pytest.approx(wait.ms, abs=0.2)
        if wait.parts:
            assert f"{wait.ms:.0f} ms from the" in page
    assert page.count('class="parts"') == sum(bool(wait.parts) for wait in waits) >= 2


def test_every_turn_has_a_command_that_runs(call: RebuiltCall, tape: Tape, tmp_path: Path) -> None:
    path = tmp_path / "a call.tape"
    tape_file.write(path, tape)
    page = _Page(call_page(call, str(path)))
    found = [shlex.split(said) for _, attributes in page.tags if (said := attributes.get("data-copy"))]
    assert [line[:4] for line in found] == [["ivr", "replay", str(path), "--from-turn"] for _ in call.turns]
    assert [int(line[4]) for line in found] == [turn.number for turn in call.turns]
    ran = CliRunner().invoke(replay.app, found[2][2:])
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "from turn 2 on" in ran.stdout


def test_a_turn_says_what_was_wrong_with_it(call: RebuiltCall, tape: Tape) -> None:
    wrong = (
        Trouble("continued", 1, call.tape.began_at + 4.5, "40 ms behind the end of the words"),
        Trouble("failure", 1, call.tape.began_at, "said elsewhere"),
        Trouble("resumed", 2, 0.0, "words, silent for 1.2 s"),
    )
    end = TapeEnd(result="success", trouble=wrong)
    page = call_page(replayed(Tape(tape.header, tape.moments, tape.phrase_audio, end=end)), "a.tape")
    at = call.seconds(call.tape.began_at + 4.5)
    first, second = page[page.index('id="turn-1"') :].split("</article>")[:2]
    said = f"At {at:.2f} s: The caller went on, and was perhaps cut off (continued): 40 ms behind the end of the words"
    assert said in first and "said elsewhere" not in first
    assert ">The agent fell silent for nothing, and went on (resumed): words, silent for 1.2 s<" in second


def test_a_cut_call_is_called_one(call: RebuiltCall, tape: Tape) -> None:
    whole = call_page(call, "a.tape")
    cut = Tape(replace(tape.header, origin="cut"), tape.moments, tape.phrase_audio, end=tape.end)
    page = call_page(replayed(cut), "a.tape")
    assert "marks come back" in whole and "This tape was cut" not in whole
    assert "marks come back" not in page and "This tape was cut" in page


def test_a_page_says_what_its_sounds_and_waits_are(call: RebuiltCall, tape: Tape) -> None:
    whole = call_page(call, "a.tape")
    assert "as the recording has them" in whole and "This tape was redacted" not in whole
    redacted = Tape(replace(tape.header, origin="redacted"), tape.moments, tape.phrase_audio, end=tape.end)
    assert "This tape was redacted" in call_page(replayed(redacted), "a.tape")
    page = call_page(replayed(without_audio(tape)), "a.tape")
    assert "as the recording has them" not in page
    assert "from the last frame in which the detector heard the caller to the first audio of the answer." in page


def test_the_head_is_for_people() -> None:
    assert date_words("2026-11-30T16:53:25.847+00:00") == "2026-11-30 16:53:25 UTC"
    assert date_words("2026-11-30T16:53:25+03:00") == "2026-11-30 16:53:25 +03:00"
    assert (date_words(""), date_words("in virtual time")) == ("", "in virtual time")
    assert short_hash(f"silero-vad sha256:{'0123456789abcdef' * 4}") == "silero-vad sha256:0123456789ab…"
    assert short_hash("loudness 1") == "loudness 1"


def test_the_sound_is_in_the_page(call: RebuiltCall) -> None:
    data = page_data(call)
    both = zlib.decompress(base64.b64decode(data["sound"]))
    assert both[: data["caller"]] == bytes(call.caller.audio)
    assert both[data["caller"] :] == bytes(call.agent.audio)
    assert page_sound(b"", b"ab")["agent"] == 2


def test_states_are_told_by_what_changes(call: RebuiltCall) -> None:
    state: dict[str, Any] = {}
    for row, event in zip(call.rows, page_data(call)["events"], strict=True):
        for part, expected in (("b", row.before), ("a", row.after)):
            state = {name: value for name, value in (state | event[part]).items() if value is not None}
            assert state == expected


def test_a_voice_cut_off_is_seen(call: RebuiltCall) -> None:
    data = page_data(call)
    assert any(piece["unheard"] for piece in data["pieces"])
    assert data["overlaps"][0]["verdict"] == "commit"
    assert {name for name, works in data["work"].items() if works} == {"stt", "agent", "tts"}
    assert "the caller did not hear this" in call_page(call, "a.tape")
    assert max(base64.b64decode(data["scores"])) == 200


def test_what_cannot_be_read_stands_on_top(tape: Tape) -> None:
    end = replace(tape.end or TapeEnd(), trouble=(Trouble("long_wait", 1),), stood_s=1.5)
    header = replace(tape.header, line="desk", origin="cut", versions={"ivr": "1"})
    broken = Tape(header, tape.moments[:1500], tape.phrase_audio, end=end, faults=["event 7: a hole"], gaps=[7])
    page = call_page(replayed(broken), "a.tape")
    assert page.index("event 7: a hole") < page.index("<canvas")
    for words in ("1 gaps", "long wait", ">cut<", "desk", "1.50 s"):
        assert words in page
    ended = call_page(replayed(Tape(tape.header, tape.moments[:900], tape.phrase_audio)), "a.tape")
    assert "1 gaps" not in ended


def test_an_empty_tape_has_a_page(tape: Tape) -> None:
    page = call_page(replayed(Tape(tape.header)), "a.tape")
    assert "The call has no turns." in page


def test_a_tape_without_sound_says_so(tape: Tape) -> None:
    header = replace(tape.header, legs={"caller": "scores", "tts": "lengths"})
    page = call_page(replayed(Tape(header, tape.moments, tape.phrase_audio, end=tape.end)), "a.tape")
    assert "sound" not in _Page(page).data
    assert "The caller&#x27;s audio is not on this tape" in page
    assert "The agent&#x27;s audio is not on this tape" in page
    assert "not measured on sound" in page


def test_another_decision_is_said_on_top(tape: Tape) -> None:
    moments = list(tape.moments)
    place = next(n for n, moment in enumerate(moments) if n > 900 and moment.commands)
    moments[place] = Moment(moments[place].now, moments[place].event, [["SendClear", {}]])
    page = call_page(replayed(Tape(tape.header, moments, tape.phrase_audio, end=tape.end)), "a.tape")
    assert f"decides otherwise from event {place + 1} on" in page


def test_fillers_and_failures_are_told(phrases: Path) -> None:
    pace = TokenPace(first_token=4.5, rate=400.0)
    slow = replayed(taped(phrases, ("say what are your opening hours", "wait"), world.Peers(pace=pace)))
    page = call_page(slow, "a.tape")
    assert "While the caller waited, a filler was played at" in page
    assert "A filler was heard after" in page
    assert any(piece.get("filler") for piece in page_data(slow)["pieces"])
    lost = taped(phrases, ("say what are your opening hours", "wait"), world.Peers(rules=("tts error after=0",)))
    assert "TTS gave up sentence" in call_page(replayed(lost), "a.tape")
    coughs = ("say what are your opening hours", "over 2000 say ahem", "wait")
    coughed = replayed(taped(phrases, coughs))
    page = call_page(coughed, "a.tape")
    assert "too little to count" in page
    keyed = replayed(taped(phrases, ("press 12#", "wait")))
    assert [digit for _, digit in page_data(keyed)["keys"]] == ["1", "2", "#"]


def test_figures_are_plain_values(call: RebuiltCall) -> None:
    found = json.loads(json.dumps(call_figures(call)))
    wait = found["turns"][1]["wait"]
    assert sum(part["ms"] for part in wait["parts"]) == pytest.approx(wait["ms"], abs=0.5)
    assert found["turns"][1]["sentences"][0]["played"]
    assert call_figures(replayed(Tape(call.tape.header)))["result"] == ""


def test_the_wav_has_both_channels() -> None:
    wav = wav_file(b"\x00" * 4, b"\x80" * 6)
    assert wav[:4] == b"RIFF"
    assert len(wav) == 44 + 4 * 6
    assert wav[44:48] == b"\x84\x82\x7c\x7d"


EVENTS: list[tuple[events.Event, said.EventSide, str, str | None]] = [
    (events.AudioIn(20, bytes(160), 0.5), "caller", "20 ms of the caller at 20 ms, score 0.50", "phone"),
    (events.CallStarted("CA1", "MZ1"), "call", "the call begins: CA1", "phone"),
    (events.DigitPressed("5"), "caller", "key 5", "phone"),
    (events.MarkReached("p1"), "phone", "mark p1 is back", "phone"),
    (events.CallerLeft("stop"), "call", "the stream ends: stop", "phone"),
    (events.CallerLeft("dropped"), "call", "the stream ends: dropped", None),
    (events.PeerFault("stt", "bad"), "fault", "fault on the stt wire: bad", None),
    (events.TranscriptArrived(1, ""), "stt", "utterance 1 is: nothing", "STT"),
    (events.TranscriptFailed(1, "late"), "fault", "STT gave up utterance 1: late", None),
    (events.ReplyDelta(1, "yes"), "agent", "turn 1: yes", "agent"),
    (events.ReplyPause(1), "agent", "turn 1: the agent is busy", None),
    (events.ReplyAction(1, "pause", ms=500), "agent", "turn 1: pause 500", None),
    (events.ReplyEnded(1), "agent", "turn 1: the reply is whole", None),
    (events.ReplyEnded(1, hang_up=True), "agent", "turn 1: the reply is whole, then hang up", None),
    (events.ReplyEnded(1, transfer_to=""), "agent", "turn 1: the reply is whole, then a person", None),
    (events.ReplyFailed(1, "cut"), "fault", "turn 1: the reply failed: cut", None),
    (events.TtsAudio(1, 2, bytes(3200)), "tts", "100 ms of sentence 1.2", "TTS"),
    (events.TtsAudio(1, 2, bytes(800), 8000, "mulaw"), "tts", "100 ms of sentence 1.2", "TTS"),
    (events.TtsEnded(1, 2), "tts", "sentence 1.2 is whole", "TTS"),
    (events.TtsFailed(1, 2, "stalled"), "fault", "TTS gave up sentence 1.2: stalled", None),
    (events.CallAnswered("machine"), "call", "answered by: machine", None),
    (events.TurnJudged(1, 0.25), "call", "utterance 1 is all with a probability of 0.25", None),
    (events.Transferred(), "call", "the carrier takes the caller to a person", None),
    (events.TransferFailed("gone"), "fault", "the transfer failed: gone", None),
    (events.Withdraw("drain"), "call", "the bridge ends the call: drain", None),
    (events.Operated("hang_up"), "call", "an operator asks for: hang_up", None),
    (events.Operated("say", "One moment."), "call", "an operator asks for: say: One moment.", None),
    (events.Tick(), "call", "time has passed", None),
    (events.Tick(2.5), "fault", "the process stood still for 2.50 s", None),
]
REQUEST = ask.ReplyRequest("hello", "CA1", "speech", 1, "en", "CA1", "+1", "+2", "inbound")
COMMANDS: list[tuple[ask.Command, said.EventSide, str, str | None]] = [
    (ask.SendAudio(bytes(800)), "phone", "send 100 ms", "phone"),
    (ask.SendMark("p1"), "phone", "send mark p1", "phone"),
    (ask.SendClear(), "phone", "clear what was not played", "phone"),
    (ask.WarmUp(), "call", "open what the turn will need", None),
    (ask.Transcribe(1, bytes(1600)), "stt", "transcribe utterance 1, 100 ms", "STT"),
    (ask.ForgetTranscript(1), "stt", "forget utterance 1", None),
    (ask.JudgeTurn(1, bytes(1600)), "stt", "judge utterance 1, 100 ms", None),
    (ask.RequestReply(1, REQUEST), "agent", "turn 1: ask: hello", "agent"),
    (ask.TellAgent(REQUEST), "agent", "tell: speech", "agent"),
    (ask.CloseReply(1), "agent", "turn 1: read no more of the reply", "agent"),
    (ask.Speak(1, 2, "Yes."), "tts", "say sentence 1.2: Yes.", "TTS"),
    (ask.PlayAudio(1, 2, "menu.wav"), "tts", "play recording 1.2: menu.wav", None),
    (ask.CancelSpeech(1, 2), "tts", "cancel sentence 1.2", None),
    (ask.Transfer("+3"), "call", "let the carrier dial a person", None),
    (ask.HangUp("success", "bye"), "call", "the call is over: success, bye", None),
    (ask.Note("turn", {"turn": 1}), "call", "note turn turn=1", None),
    (ask.Note("peer_fault"), "fault", "note peer_fault", None),
]


def test_every_event_has_words_and_its_message() -> None:
    for event, side, words, wire in EVENTS:
        assert said.event_words(event) == said.EventWords(side, words)
        message = said.event_message(event, "MZ1")
        assert (None if message is None else message.wire) == wire
        assert message is None or message.received
    named = {type(event).__name__ for event, *_ in EVENTS}
    assert named == {kind.__name__ for kind in events.Event.__args__}


def test_every_command_has_words_and_its_message() -> None:
    for command, side, words, wire in COMMANDS:
        assert said.command_words(command) == said.EventWords(side, words)
        message = said.command_message(command, "MZ1")
        assert (None if message is None else message.wire) == wire
        assert message is None or not message.received
    assert {type(command).__name__ for command, *_ in COMMANDS} == {kind.__name__ for kind in ask.Command.__args__}


def test_a_turn_says_what_came_of_asking_ahead(call: RebuiltCall) -> None:
    dropped: dict[int, Mapping[str, Any]] = {
        1: {"outcome": "refused"},
        3: {"outcome": "went_on"},
        4: {"outcome": "keys"},
    }
    found = replace(call, dropped=dropped)
    assert asked_ahead(found, Turn(5, "speech", gained_s=0.24)) == (
        "Asked ahead in vain: the caller went on. Asked ahead in vain: the caller typed. "
        "Asked ahead: the answer came 240 ms sooner."
    )
    assert asked_ahead(found, Turn(3, "speech")) == ""
    assert asked_ahead(found, Turn(2, "speech")) == "Asked ahead in vain: the agent said nothing."
