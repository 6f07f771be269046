"""Scenarios: what can be said in a file and in words, and how a mistake is named."""

from pathlib import Path

import pytest

from ivr.testbench.expect import ExpectedCall, ExpectedStep
from ivr.testbench.scenario import (
    AfterAgent,
    At,
    HangUpStep,
    IntoReply,
    PlayFile,
    Press,
    Say,
    Scenario,
    ScenarioError,
    Step,
    Wait,
    from_toml,
    from_words,
    load,
)

WHOLE = """
name = "talk over"
language = "ar"
settle_ms = 900
patience_s = 12
caller = "+9665"
called = "+9661"

[[step]]
say = "أين شحنتي؟"

[[step]]
name = "number"
press = "12#"
after_s = 0.5

[[step]]
wav = "stop.wav"
over_ms = 2000
reply = 2

[[step]]
say = "never mind"
over_ms = 100

[[step]]
hang_up = "drop"
at_s = 30

[[step]]
hang_up = true
patience_s = 3

[[step]]
wait = true
"""


def test_everything_a_file_can_say(tmp_path: Path) -> None:
    (tmp_path / "talk.toml").write_text(WHOLE, "utf-8")
    scenario = load(tmp_path / "talk.toml")
    assert scenario == Scenario(
        (
            Step(Say("أين شحنتي؟")),
            Step(Press("12#"), AfterAgent(0.5), name="number"),
            Step(PlayFile(tmp_path / "stop.wav"), IntoReply(2000, 2)),
            Step(Say("never mind"), IntoReply(100)),
            Step(HangUpStep("drop"), At(30)),
            Step(HangUpStep("stop"), patience_s=3),
            Step(Wait()),
        ),
        name="talk over",
        language="ar",
        settle_ms=900,
        patience_s=12,
        caller="+9665",
        called="+9661",
    )
    assert scenario.texts == ["أين شحنتي؟", "never mind"]


def test_what_a_file_expects() -> None:
    text = """
        [expect]
        ended_by = "agent"
        result = ["success", "/_error$/"]
        transfer = false
        on_time = true
        first_audio_ms = 1000
        underruns = 0
        not_heard = "sorry"
        [[step]]
        press = "1"
        [step.expect]
        answer_ms = 2500
        transcript = "1"
        heard = ["one", '/\\d+ SAR/']
        resumed = false
        [[step]]
        name = "the end"
        say = "Bye"
        over_ms = 100
        [[step]]
        wav = "folder/x.wav"
        [[step]]
        wait = true
    """
    scenario = from_toml(text)
    assert scenario.expected == ExpectedCall(
        {
            "ended_by": ("agent",),
            "result": ("success", "/_error$/"),
            "transfer": False,
            "on_time": True,
            "first_audio_ms": 1000.0,
            "underruns": 0.0,
            "not_heard": ("sorry",),
        },
        [
            ExpectedStep(
                "step 1 (press 1)",
                {"answer_ms": 2500.0, "transcript": ("1",), "heard": ("one", "/\\d+ SAR/"), "resumed": False},
                # The caller goes on without waiting for the answer.
                waits=False,
            ),
            ExpectedStep("step 2 (the end)"),
            ExpectedStep("step 3 (wav x.wav)"),
        ],
        hang_up_awaited=True,
    )
    assert from_words(["hang up"]).place(0) == "step 1 (hang up)"


def test_a_file_that_says_little() -> None:
    scenario = from_toml('[[step]]\nwav = "a.wav"')
    assert scenario == Scenario((Step(PlayFile(Path("a.wav"))),), name="scenario")
    assert (scenario.settle_ms, scenario.patience_s, scenario.language) == (1200, 30, "en")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "demo: no [[step]] in it"),
        ("step = 1", "demo: no [[step]] in it"),
        ("step = [1]", "demo: step 1: must be a table"),
        ("[[step]", "demo: "),
        ("[[step]]", "demo: step 1: nothing to do: one of say, wav, press, hang_up, wait is needed"),
        ('[[step]]\nsay = "a"\nwait = true', "demo: step 1: say and wait cannot go together"),
        ('[[step]]\nsay = "a"\nat_s = 1\nover_ms = 1', "demo: step 1: at_s and over_ms cannot go together"),
        ('[[step]]\nsay = "a"\nat_s = "1"', "demo: step 1: at_s must be a number from 0 on, not '1'"),
        ('[[step]]\nsay = "a"\nat_s = -1', "demo: step 1: at_s must be a number from 0 on, not -1"),
        ('[[step]]\nsay = "a"\nat_s = true', "demo: step 1: at_s must be a number from 0 on, not True"),
        ('[[step]]\nsay = "a"\nat_s = nan', "demo: step 1: at_s must be a number from 0 on, not nan"),
        ('[[step]]\nsay = " "', "demo: step 1: say is empty"),
        ("[[step]]\nsay = 1", "demo: step 1: say must be a text, not 1"),
        ('[[step]]\nsay = "a"\nreply = 1', "demo: step 1: unknown key 'reply'"),
        ('[[step]]\nsay = "a"\nsy = 1', "demo: step 1: unknown key 'sy': did you mean say?"),
        ('[[step]]\nsay = "a"\nqqqq = 1', "demo: step 1: unknown key 'qqqq': the keys are say, wav, press"),
        ("[step.expect]\nheard = 'a'", "demo: [step.expect] stands before the first [[step]]"),
        ("language = 'fr'\n[[step]]\nwait = true", "demo: language 'fr' is none of "),
        ('[[step]]\nname = "one"\npress = "x"', "demo: step 1 (one): no such keys: 'x' (0-9 * # A-D)"),
        (
            '[[step]]\nhang_up = "loudly"',
            "demo: step 1: hang up how? 'loudly' is none of stop, stop_open, close, drop",
        ),
        ("[[step]]\nwait = 3", "demo: step 1: wait must be true"),
        ('[[step]]\nsay = "a"\n[[step]]\nshout = "b"\nsay = "b"', "demo: step 2: unknown key 'shout'"),
        ('colour = "red"\n[[step]]\nwait = true', "demo: unknown key 'colour'"),
        ("language = 1\n[[step]]\nwait = true", "demo: language must be a text, not 1"),
        ("expect = 1\n[[step]]\nwait = true", "demo: expect must be a table, not 1"),
        ("[expect]\nunderrun = 0\n[[step]]\nwait = true", "demo: expect: unknown key 'underrun'"),
        ("[expect]\nended_by = 'me'\n[[step]]\nwait = true", "demo: expect: ended_by 'me' is none of agent, caller"),
        ("[expect]\nunderruns = true\n[[step]]\nwait = true", "demo: expect: underruns must be a number from 0 on"),
        ("[expect]\non_time = 1\n[[step]]\nwait = true", "demo: expect: on_time must be true or false, not 1"),
        ("[expect]\nresumed = true\n[[step]]\nwait = true", "demo: expect: resumed belongs into [step.expect] behind"),
        ("[expect]\nresult = ['x']\n[[step]]\nwait = true", "demo: expect: result 'x' is none of success, "),
        ("[expect]\nheard = '/(/'\n[[step]]\nwait = true", "demo: expect: heard: /(/ is no regular expression: "),
        ("[expect]\nheard = '?'\n[[step]]\nwait = true", "demo: expect: heard: there is no word in '?'"),
        ("[[step]]\nsay = 'a'\n[step.expect]\nunderruns = 0", "demo: step 1: expect: underruns belongs into [expect]"),
        ("[[step]]\nsay = 'a'\n[step.expect]\nheard = 1", "demo: step 1: expect: heard must be a text or a list"),
        ("[[step]]\nsay = 'a'\n[step.expect]\nheard = ['']", "demo: step 1: expect: heard must be a text or a list"),
        ("[[step]]\nsay = 'a'\n[step.expect]\nsaid = 'b'", "demo: step 1: expect: unknown key 'said'"),
        ("[[step]]\nwait = true\n[step.expect]\nheard = 'b'", "demo: step 1: nothing comes of this step: expect goes"),
    ],
)
def test_mistakes_in_a_file(text: str, error: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        from_toml(text, "demo")
    assert str(caught.value).startswith(error)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.toml: cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ScenarioError, match=r"bytes\.toml: cannot be read"):
        load(tmp_path / "bytes.toml")


@pytest.mark.parametrize(
    ("line", "step"),
    [
        ("say Where is my parcel?", Step(Say("Where is my parcel?"))),
        ("at 2.5 say  say it", Step(Say("say it"), At(2.5))),
        ("after 1 press 12#", Step(Press("12#"), AfterAgent(1))),
        ("over 2000 wav my file.wav", Step(PlayFile(Path("my file.wav")), IntoReply(2000))),
        ("hang up", Step(HangUpStep())),
        ("at 3 hang up close", Step(HangUpStep("close"), At(3))),
        ("wait", Step(Wait())),
    ],
)
def test_words(line: str, step: Step) -> None:
    scenario = from_words([line], language="ar", settle_ms=500)
    assert scenario == Scenario((step,), language="ar", settle_ms=500)


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ([], "a scenario needs at least one step"),
        (["wait", "sing"], "step 2 ('sing'): expected say TEXT, wav PATH, press KEYS, hang up [HOW] or wait"),
        (["say"], "step 1 ('say'): expected"),
        (["at noon say x"], "step 1 ('at noon say x'): at what? 'noon' is no number"),
        (["at -1 wait"], "step 1 ('at -1 wait'): at -1: must be a number from 0 on"),
        (["over"], "step 1 ('over'): expected"),
        (["press 1z"], "step 1 ('press 1z'): no such keys: '1z'"),
        (["hang up twice now"], "step 1 ('hang up twice now'): expected"),
        (["hang up softly"], "step 1 ('hang up softly'): hang up how?"),
    ],
)
def test_mistakes_in_words(lines: list[str], error: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        from_words(lines)
    assert str(caught.value).startswith(error)


@pytest.mark.parametrize("text", ["a = " + "[" * 5000 + "]" * 5000, "a = " + "9" * 5000])
def test_a_scenario_that_exhausts_its_reader_is_named(text: str) -> None:
    with pytest.raises(ScenarioError, match="demo: "):
        from_toml(text, "demo")
