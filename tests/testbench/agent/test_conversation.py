"""The demo agent's conversation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.testbench.agent import conversation as agent
from ivr.testbench.agent.conversation import DemoConversation, DemoConversations, DemoReply, four_sentences, phrases
from ivr.testbench.agent.dialogue import CALLER_PHRASES, DIGIT_WORDS, FOUR, LINES, MEANINGS, Language

LANGUAGES: list[Language] = ["en", "ar"]


def talk(*said: str, language: Language = "ar", event: str = "speech") -> list[DemoReply]:
    conversation = DemoConversation()
    return [conversation.answer(text, language=language, event=event) for text in said]


def test_whole_conversation_in_english() -> None:
    answers = talk(
        "hello",
        "Where is my shipment?",
        "my name is Sarah Ahmed",
        "My number is seven three five one nine four two eight six zero five four one",
        "yes please",
        "no thank you",
    )
    english = LINES["en"]
    assert [answer.text for answer in answers] == [
        english["hello"],
        english["ask_name"],
        english["ask_number"],
        english["transit"].replace("{tail}", "541"),
        english["more"],
        english["closing"],
    ]
    assert [answer.closing for answer in answers] == [False] * 5 + [True]


def test_whole_conversation_in_arabic() -> None:
    answers = talk("السلام عليكم", "وين شحنتي؟", "انا عمر خالد", "٧٨٢٦ ٤٥٩٣ ٠١٢٤ ٠", "لا", language="en")
    arabic = LINES["ar"]
    assert [answer.text for answer in answers] == [
        arabic["hello"],
        arabic["ask_name"],
        arabic["ask_number"],
        arabic["delivered"].replace("{tail}", "240"),
        arabic["closing"],
    ]
    assert answers[-1].closing


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("what are your opening hours", "hours"),
        ("how much does it cost", "price"),
        ("I want to change the address", "move"),
        ("hold on a moment", "hold"),
        ("mumble", "unclear"),
        ("", "unclear"),
        ("12345678", "unclear"),
    ],
)
def test_reply_to_one_question(said: str, line: str) -> None:
    assert talk(said, language="en") == [DemoReply(LINES["en"][line])]  # type: ignore[index]


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("7826459301240", "delivered"),
        ("055-123.4567", "refused"),
        ("+966 55 123 4561", "transit"),
        ("my number is 966551234562 thanks", "address"),
        ("zero five five one two three four five six eight", "delivered"),
        ("صفر خمسة خمسة واحد اثنين ثلاثة اربعة خمسة ستة واحد", "transit"),
    ],
    ids=["written", "grouped", "spaced", "in words", "spoken", "spoken ar"],
)
def test_numbers_in_every_form(said: str, line: str) -> None:
    (answer,) = talk(said, language="en")
    language: Language = "ar" if "صفر" in said else "en"
    assert answer.text.partition(" ")[0] == LINES[language][line].partition(" ")[0]  # type: ignore[index]
    assert "{" not in answer.text


def test_first_words_choose_the_language() -> None:
    conversation = DemoConversation()
    conversation.answer("7826459301240", language="ar")
    assert conversation.answer("thank you goodbye").text == LINES["ar"]["closing"]


def test_replies_to_keys() -> None:
    conversation = DemoConversation()
    keys = {"1": "ask_name", "2": "hours", "3": "price", "4": "move", "*": "unclear"}
    for key, line in keys.items():
        assert conversation.answer(key, event="dtmf").text == LINES["ar"][line]  # type: ignore[index]
    assert "561" in conversation.answer("0551234561", event="dtmf").text
    assert conversation.answer("5", event="dtmf").closing
    assert conversation.answer("0", event="dtmf") == DemoReply(LINES["ar"]["closing"], closing=True)


def test_no_ends_the_conversation_only_once() -> None:
    answers = talk("7826459301240", "no", "no", language="en")
    assert [answer.closing for answer in answers] == [False, True, False]
    assert answers[-1].text == LINES["en"]["unclear"]


def test_key_in_the_name_stage_is_no_name() -> None:
    conversation = DemoConversation()
    conversation.answer("where is my shipment")
    assert conversation.answer("*", event="dtmf").text == LINES["en"]["unclear"]
    assert conversation.answer("yes").text == LINES["en"]["ask_number"]
    assert conversation.answer("track my parcel").text == LINES["en"]["ask_number"]


def test_repeat_begins_with_what_was_not_heard() -> None:
    conversation = DemoConversation()
    assert conversation.answer("say that again").text == LINES["en"]["nothing_yet"]
    hours = conversation.answer("opening hours")
    assert conversation.answer("please say that again").text == hours.text
    assert conversation.answer("again", unheard=" from eight").text == " from eight"


@pytest.mark.parametrize("language", LANGUAGES)
def test_caller_phrases_are_understood(language: Language) -> None:
    for phrase in phrases(language):
        conversation = DemoConversation()
        conversation.answer("track" if language == "en" else "شحنتي")
        assert conversation.answer(phrase).text != LINES[language]["unclear"], phrase
        assert conversation.language == language


def test_phrases_are_distinct_and_a_copy() -> None:
    for language in LANGUAGES:
        assert len(set(phrases(language))) == len(CALLER_PHRASES[language])
    phrases("en").clear()
    assert phrases("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_english_phrases_are_plain_words(language: Language) -> None:
    for phrase in phrases(language):
        assert all(word.isalpha() for word in phrase.split())


def test_dialogue_tables_agree() -> None:
    assert LINES["en"].keys() == LINES["ar"].keys()
    assert set(DIGIT_WORDS.values()) == set("0123456789")
    assert len({meaning for meaning, _ in MEANINGS}) == len(MEANINGS)


def test_four_sentences_have_their_lengths() -> None:
    assert [len(sentence) for sentence in FOUR] == [32, 65, 89, 111]
    assert four_sentences() == " ".join(FOUR)


def test_conversations_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "MAX_CONVERSATIONS", 3)
    desk = DemoConversations()
    first = desk.conversation("0")
    for number in range(3):
        assert desk.conversation(str(number)) is desk.conversation(str(number))
    assert desk.conversation("0") is first
    desk.conversation("3")
    assert len(desk) == 3
    assert desk.conversation("0") is first


@given(st.text(max_size=40), st.sampled_from(["speech", "dtmf", "x"]))
def test_answer_never_fails(text: str, event: str) -> None:
    conversation = DemoConversation()
    for _ in range(2):
        assert conversation.answer(text, event=event).text


def test_what_else_the_agent_asks_for() -> None:
    assert talk("7", language="en", event="dtmf") == [DemoReply(LINES["en"]["code"], actions=agent.CODE)]
    assert talk("6", language="en", event="dtmf") == [DemoReply(LINES["en"]["leave_message"], message=True)]
    for said, line in (("play me the tones", "tones"), ("some music", "music")):
        assert talk(said, language="en") == [DemoReply(LINES["en"][line], actions=agent.WANTED[line])]  # type: ignore[index]
    [terms] = talk("what are your terms", language="en")
    assert terms.actions == ({"action": "say", "text": LINES["en"]["terms"]},)


def test_the_agent_changes_the_language() -> None:
    said = ("hello", "arabic please", "say that again", "انجليزي")
    _, arabic, again, english = talk(*said, language="en")
    assert arabic.actions[0] == {"action": "language", "language": "ar"}
    assert arabic.actions[1]["text"] == again.text == LINES["ar"]["language"]
    assert english.actions[0] == {"action": "language", "language": "en"}
    conversation = DemoConversation()
    conversation.answer("hello", language="en")
    # By a key it is the other one.
    assert conversation.answer("8", event="dtmf").actions[0] == {"action": "language", "language": "ar"}


def test_the_agent_takes_a_code() -> None:
    conversation = DemoConversation()
    conversation.answer("7", event="dtmf", language="en")
    assert conversation.answer("1234", event="dtmf").text == LINES["en"]["code_taken"]
    conversation.answer("7", event="dtmf")
    assert conversation.answer("I have none").text == LINES["en"]["more"]


@pytest.mark.parametrize(("first", "both"), [("where", "where is my parcel"), ("وين", "وين شحنتي")])
def test_a_withdrawn_question_is_forgotten(first: str, both: str) -> None:
    conversation = DemoConversation()
    conversation.answer("hello", language="en")
    before = conversation.last
    conversation.answer("track my parcel")
    assert conversation.stage == "name"
    conversation.answer("hello again", superseded=True)
    assert (conversation.stage, conversation.last) == ("open", before)
    conversation.answer(first)
    conversation.answer(both, superseded=True)
    assert conversation.stage == "name"
