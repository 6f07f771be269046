"""TwiML documents: what an operator may write, and where a mistake is."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.twilio.document import Document

ALLOWED = frozenset({"stream_url", "number"})


def document(body: str, required: frozenset[str] = frozenset()) -> Document:
    return Document("test.xml", f"<Response>\n{body}\n</Response>".encode(), ALLOWED, required)


def test_is_filled_through_the_tree() -> None:
    filled = document('<Dial timeout="5">{number}</Dial>').fill("ar", {"number": '<Hangup/>&"'})
    assert filled == (
        '<?xml version="1.0" encoding="UTF-8"?><Response><Dial timeout="5">&lt;Hangup/&gt;&amp;"</Dial></Response>'
    )


def test_a_language_sees_its_own_elements() -> None:
    made = document('<Say for="ar">سلام</Say><Gather><Say for="en">Hi</Say><Pause/></Gather><Hangup/>')
    assert "<Say>سلام</Say><Gather><Pause /></Gather>" in made.fill("ar", {})
    assert "<Response><Gather><Say>Hi</Say><Pause /></Gather>" in made.fill("en", {})
    assert [verb.tag for verb in made.verbs("en")] == ["Gather", "Hangup"]


def test_parameters_are_added_to_the_stream() -> None:
    made = document('<Connect><Stream url="{stream_url}"><Parameter name="a" value="1"/></Stream></Connect>')
    filled = made.fill("en", {"stream_url": "wss://x/media"}, {"b": "<2>"})
    assert '<Parameter name="a" value="1" /><Parameter name="b" value="&lt;2&gt;" /></Stream>' in filled


def test_comments_and_layout_are_left_out() -> None:
    assert "!--" not in document("<!-- {nobody} -->\n  <Hangup/>").fill("ar", {})
    assert "\n" not in document("\n  <Hangup/>\n").fill("ar", {})


def test_ssml_may_stand_inside_say() -> None:
    made = document('<Say>One <break strength="x-weak"/> two</Say>')
    assert '<Say>One <break strength="x-weak" /> two</Say>' in made.fill("ar", {})


def test_prints_itself() -> None:
    assert repr(document("<Pause/><Hangup/>")) == "<Document test.xml Pause Hangup>"


WRONG: list[tuple[str, str]] = [
    ("<Saay>x</Saay>", "test.xml:2: Twilio knows no verb <Saay>"),
    ("<Hangup/>\n<hangup/>", "test.xml:3: Twilio knows no verb <hangup>"),
    ("<Say>", "test.xml:3: not well-formed XML: mismatched tag"),
    ("&nbsp;", "test.xml:2: not well-formed XML: undefined entity"),
    ("<Say>\0</Say>", "test.xml:2: not well-formed XML"),
    ("", "test.xml:1: nothing is left of it on a line of language ar"),
    ('<Say for="ar">x</Say>', "test.xml:1: nothing is left of it on a line of language en"),
    ('<Say for="fr">x</Say>', 'test.xml:2: for="fr" is not a language of a line'),
    ("<Hangup/><Say>{caller}</Say>", "test.xml:2: knows no {caller}; it may use {number}, {stream_url}"),
    ("<Say>{}</Say>", "test.xml:2: knows no {}"),
    ('<Play loop="{n}">x</Play>', "test.xml:2: knows no {n}"),
    ("<Hangup/> {tail}", "test.xml:2: knows no {tail}"),
    ("<Connect>\n<Say>x</Say></Connect>", "test.xml:3: <Say> may not stand inside <Connect>"),
    ("<Pause><Hangup/></Pause>", "test.xml:2: <Hangup> may not stand inside <Pause>"),
    ('<Connect><Stream url="ws://x"/></Connect>', 'test.xml:2: url must be "{stream_url}" or begin with wss://'),
    ("<Connect><Stream/></Connect>", "test.xml:2: url must be"),
    ('<Connect><Stream url="wss://x/?a=1"/></Connect>', "test.xml:2: a stream's url may hold no query string"),
    ('<Connect><Stream url="wss://x" track="both_tracks"/></Connect>', "test.xml:2: a stream under <Connect> carries"),
    (
        '<Connect><Stream url="wss://x"><Parameter name="a"/></Stream></Connect>',
        "test.xml:2: <Parameter> needs name and",
    ),
    ("<Say>" + "x" * 4097 + "</Say>", "test.xml:2: <Say> holds at most 4096 characters"),
    (
        f'<Connect><Stream url="wss://x"><Parameter name="a" value="{"x" * 499}"/></Stream></Connect>',
        "test.xml:2: parameter a: name and value together must be under 500 characters",
    ),
]


@pytest.mark.parametrize(("body", "problem"), WRONG)
def test_names_the_line_of_a_mistake(body: str, problem: str) -> None:
    with pytest.raises(ValueError, match=r"^test\.xml") as caught:
        document(body)
    assert str(caught.value).startswith(problem)


def test_what_must_be_used() -> None:
    with pytest.raises(ValueError, match=r"test\.xml:1: must use {number}"):
        document("<Hangup/>", required=frozenset({"number"}))
    document("<Dial>{number}</Dial>", required=frozenset({"number"}))


def test_another_root_is_refused() -> None:
    with pytest.raises(ValueError, match="begins with <Response>, not <response>"):
        Document("test.xml", b"<response><Hangup/></response>", ALLOWED)


def test_entities_cannot_be_declared() -> None:
    bomb = b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "bb">]><Response><Say>&b;</Say></Response>'
    with pytest.raises(ValueError, match=r"test\.xml:2: a TwiML document has no DOCTYPE"):
        Document("test.xml", bomb, ALLOWED)


def test_streams_elsewhere_follow_their_own_rules() -> None:
    both = '<Start><Stream url="wss://x" track="both_tracks"/></Start><Stop><Stream name="a"/></Stop>'
    assert 'track="both_tracks"' in document(both).fill("ar", {})


@pytest.mark.parametrize(
    "body",
    [
        "<Dial><Number>{number}</Number><Sip>sip:a@b<Headers><Header name='X' value='y'/></Headers></Sip></Dial>",
        "<Dial><Client><Identity>ann</Identity><Parameter name='a' value='b'/></Client><WhatsApp>+1</WhatsApp></Dial>",
        "<Dial><Application><ApplicationSid>AP1</ApplicationSid></Application></Dial><Refer><Sip>sip:a@b</Sip></Refer>",
        "<Stop><Siprec name='s'/><Transcription name='t'/></Stop><Reject><Parameter name='a' value='b'/></Reject>",
        "<Pay><Prompt for='payment-card-number'><Say>Card?</Say></Prompt></Pay><Echo/>",
        "<Connect><ConversationRelay url='wss://a'><Language code='en'/></ConversationRelay></Connect>",
    ],
)
def test_takes_what_twilio_takes(body: str) -> None:
    filled = document(body).fill("en", {"number": "+1"})
    assert ElementTree.tostring(ElementTree.fromstring(filled)).count(b"for=") == body.count("for=")


def test_a_missing_value_is_named() -> None:
    with pytest.raises(ValueError, match=r"no value for {number}"):
        document("<Dial>{number}</Dial>").fill("ar", {})


@pytest.mark.parametrize("value", ["\0", "\x1b", "a\ud800", "\ufffe", "\x08"])
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match="control characters"):
        document("<Dial>{number}</Dial>").fill("ar", {"number": value})
    stream = document('<Connect><Stream url="wss://x"/></Connect>')
    with pytest.raises(ValueError, match="control characters"):
        stream.fill("ar", {}, {"a": value})


def test_a_filled_parameter_keeps_the_limit() -> None:
    made = document('<Connect><Stream url="wss://x"/></Connect>')
    with pytest.raises(ValueError, match="parameter a: name and value"):
        made.fill("ar", {}, {"a": "x" * 499})


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cn")), max_size=200))
def test_every_value_comes_back_whole(value: str) -> None:
    filled = document('<Dial callerId="{number}">{number}</Dial>').fill("ar", {"number": value})
    dial = ElementTree.fromstring(filled).find("Dial")
    assert dial is not None
    assert (dial.text or "") == value
    assert dial.get("callerId") == value
