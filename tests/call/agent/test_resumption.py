"""What goes on of a call whose stream dies: what was heard, what is said again, what is asked again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.call.agent.agent_turns import AgentTurns
from ivr.call.agent.output import SpeechOutput
from ivr.call.agent.resumption import BEGUN_MS, cut_off, goes_on
from ivr.call.events import ReplyDelta, ReplyEnded, Resumption
from ivr.call.options import CallOptions
from ivr.call.timeline import Sentence, Turn

TEXT = "One two three, four five six, seven."
"""36 characters: its clauses begin at 0, 15 and 30."""


def sentence(text: str = TEXT, heard_ms: int = 0, audio_ms: int = 3600, **more: Any) -> Sentence:
    return Sentence(1, text, text, 1.0, heard_ms=heard_ms, audio_ms=audio_ms, **{"whole": True, **more})


def output() -> SpeechOutput:
    return SpeechOutput(CallOptions())


@pytest.mark.parametrize(
    ("sentences", "heard", "rest"),
    [
        ([], "", ""),
        ([sentence()], "", TEXT),
        ([sentence(heard_ms=3600, finished=True)], TEXT, ""),
        # What TTS gave up is not asked for again.
        ([sentence(failed="degenerate")], TEXT, ""),
        ([sentence(heard_ms=1400)], "", TEXT),
        ([sentence(heard_ms=1600)], TEXT[:14], TEXT[15:]),
        ([sentence(heard_ms=3500)], TEXT[:29], TEXT[30:]),
        # Half of it came so far: it is said to be as long as a fast speaker needs.
        ([sentence(heard_ms=1000, audio_ms=1000, whole=False)], "", TEXT),
        ([sentence(heard_ms=1300, audio_ms=1300, whole=False)], TEXT[:14], TEXT[15:]),
        # Only the first sentence that broke off is begun in its middle.
        ([sentence(heard_ms=1600), sentence("Next.", 100, 500)], TEXT[:14], f"{TEXT[15:]} Next."),
        ([sentence(finished=True), sentence("Next.")], TEXT, "Next."),
        # What the next sentence says again is its own.
        ([sentence(heard_ms=1500, audio_ms=1500, again_from=15), sentence(TEXT[15:])], TEXT[:14], TEXT[15:]),
        ([sentence(audio_ms=1500, again_from=15), sentence(TEXT[15:])], "", TEXT),
        ([sentence("  "), sentence("Next.")], "", "Next."),
    ],
)
def test_a_sentence_is_cut_between_two_clauses(sentences: list[Sentence], heard: str, rest: str) -> None:
    assert cut_off(sentences, output()) == (heard, rest)


@given(st.lists(st.tuples(st.text("ab, .", max_size=30), st.integers(0, 4000), st.booleans()), max_size=4))
def test_no_word_is_lost(parts: list[tuple[str, int, bool]]) -> None:
    sentences = [sentence(text, heard_ms, 4000, finished=over) for text, heard_ms, over in parts]
    heard, rest = cut_off(sentences, output())
    said = "".join("".join(text.split()) for text, _, _ in parts)
    assert sorted("".join(f"{heard}{rest}".split())) == sorted(said)


class Call:
    """The turns of a call, and what the phone has confirmed."""

    def __init__(self) -> None:
        options = CallOptions()
        self.output = SpeechOutput(options)
        self.turns = AgentTurns(options, self.output)

    def phrase(self, text: str = "Welcome. ", heard_ms: int = 0) -> Turn:
        turn = self.turns.open_turn("phrase")
        turn.sentences.append(sentence(text, heard_ms, 500, finished=heard_ms == 500, fixed=True))
        return turn

    def answer(self, heard_ms: int = 0, *, over: bool = True, asked: str = "where is it", digits: str = "") -> Turn:
        turn = self.turns.open_turn("dtmf" if digits else "speech")
        turn.put_question(asked, digits=digits)
        self.turns.reply(ReplyDelta(turn.number, "Yes"), 1.0)
        if over:
            self.turns.reply(ReplyEnded(turn.number), 1.0)
        turn.sentences[:] = [sentence(heard_ms=heard_ms)]
        return turn

    def stands(self, waiting: str = "", digits: str = "", fixed: tuple[str, ...] = ()) -> Resumption:
        return goes_on(self.turns, self.output, waiting, digits, fixed)


def test_between_two_turns_nothing_is_owed() -> None:
    call = Call()
    assert call.stands() == Resumption()
    call.turns.heard_last = ("Welcome.", "How can I help?")
    assert call.stands("my number is", "7") == Resumption(
        heard="Welcome.", unheard="How can I help?", question="my number is", digits="7"
    )


def test_a_phrase_goes_on_unless_it_is_said_anyway() -> None:
    call = Call()
    call.phrase("Sorry.")
    call.turns.turn.sentences.append(sentence(heard_ms=1600))
    rest = TEXT[15:]
    assert call.stands("hello", "", ("Sorry.",)) == Resumption(
        heard=TEXT[:14], unheard=rest, rest=rest, question="hello"
    )
    # In their order: behind what is said again nothing is left out.
    assert call.stands().rest == f"Sorry. {TEXT}"


def test_a_phrase_of_which_nothing_was_heard_leaves_the_last_answer() -> None:
    call = Call()
    call.turns.heard_last = ("It is in Riyadh.", "")
    call.phrase("Are you still there?")
    assert call.stands() == Resumption(
        heard="It is in Riyadh.", unheard="Are you still there?", rest="Are you still there?"
    )


def test_the_rest_of_an_answer_is_one_with_its_beginning() -> None:
    call = Call()
    call.turns.resume(Resumption(turn=3, heard="It is in Riyadh.", unheard=TEXT, rest=TEXT))
    turn = call.phrase("Sorry.", heard_ms=500)
    call.turns.say_rest("", 1.0)
    turn.sentences.append(sentence(heard_ms=1600))
    stands = call.stands(fixed=("Sorry.",))
    assert (stands.heard, stands.rest) == (f"It is in Riyadh. {TEXT[:14]}", TEXT[15:])


@pytest.mark.parametrize(
    ("heard_ms", "over", "stands"),
    [
        # Nothing was heard: the question is asked again, and the answer before it is the last one heard.
        (0, True, Resumption(heard="Hello.", question="where is it")),
        (BEGUN_MS - 1, True, Resumption(heard="Hello.", question="where is it")),
        # The agent knows the rest of an answer that it has not finished.
        (1600, False, Resumption(heard=TEXT[:14], unheard=TEXT[15:], question="where is it")),
        (BEGUN_MS, True, Resumption(unheard=TEXT, rest=TEXT, question="and", digits="")),
        (1600, True, Resumption(heard=TEXT[:14], unheard=TEXT[15:], rest=TEXT[15:], question="and")),
    ],
)
def test_a_question_is_asked_again_where_its_answer_is_not_known(heard_ms: int, over: bool, stands: Resumption) -> None:
    call = Call()
    call.turns.heard_last = ("Hello.", "")
    call.answer(heard_ms, over=over)
    assert call.stands("and") == stands


def test_keys_of_a_question_are_asked_again() -> None:
    call = Call()
    call.answer(asked="1234#", digits="1234#")
    assert call.stands() == Resumption(question="1234#", digits="1234#")
