"""The shipped documents, and those of an operator."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import pytest

from ivr.twilio import twiml
from ivr.twilio.twiml import NAMES, Documents, default_directory

SHIPPED = Path(__file__).parents[2] / "twiml"
STREAM = "wss://bridge.example/media"


@pytest.fixture
def shipped() -> Documents:
    return Documents.load(SHIPPED, "https://bridge.example/")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    for name in NAMES:
        shutil.copy(SHIPPED / f"{name}.xml", tmp_path)
    return tmp_path


@pytest.mark.parametrize("language", ["ar", "en"])
def test_answer_xml_connects_and_redirects(shipped: Documents, language: str) -> None:
    response = ElementTree.fromstring(shipped.answer(STREAM, {"token": "t", "shop": "1"}, language))
    assert [verb.tag for verb in response] == ["Connect", "Redirect"]
    stream = response.find("Connect/Stream")
    assert stream is not None
    assert stream.attrib == {"url": STREAM}
    assert {one.get("name"): one.get("value") for one in stream} == {"token": "t", "shop": "1"}
    redirect = response.find("Redirect")
    assert redirect is not None
    assert (redirect.text, redirect.get("method")) == ("https://bridge.example/resume", "GET")
    lost = ElementTree.fromstring(shipped.say("lost", language)).find("Say")
    assert lost is not None
    assert lost.get("language", "").startswith(language)


def test_a_folder_without_lost_xml_has_the_shipped_one(own: Path, shipped: Documents) -> None:
    (own / "lost.xml").unlink()
    assert Documents.load(own, "https://bridge.example").say("lost", "en") == shipped.say("lost", "en")


def test_a_stream_is_only_ever_connected(shipped: Documents) -> None:
    assert "<Start" not in shipped.answer(STREAM, {"token": "t"}, "ar")


@pytest.mark.parametrize("language", ["ar", "en"])
@pytest.mark.parametrize("name", ["busy", "closed", "drain", "error", "voicemail", "goodbye"])
def test_the_others_speak_the_language_and_end(
    shipped: Documents,
    name: Literal["busy", "closed", "drain", "error", "voicemail", "goodbye"],
    language: str,
) -> None:
    response = ElementTree.fromstring(shipped.say(name, language))
    assert {say.get("language", "")[:2] for say in response.iter("Say")} == {language}
    assert response[-1].tag == "Hangup"
    assert "for=" not in shipped.say(name, language)


def test_voicemail_ends_with_goodbye(shipped: Documents) -> None:
    assert 'action="https://bridge.example/goodbye"' in shipped.say("voicemail", "ar")


def test_a_transfer_rings_and_asks_what_follows(shipped: Documents) -> None:
    response = ElementTree.fromstring(shipped.transfer("+966500000001", "ar", call_id="CA1", ring_s=40))
    [dial] = response
    assert (dial.tag, dial.get("answerOnBridge"), dial.get("timeout")) == ("Dial", "true", "40")
    assert (dial.get("action"), dial.get("method")) == ("https://bridge.example/transfer/done", "GET")
    [number] = dial
    assert (number.tag, number.text) == ("Number", "+966500000001")
    assert number.get("statusCallback") == "https://bridge.example/transfer/leg?call=CA1"
    assert number.get("statusCallbackEvent") == "ringing answered"


@pytest.mark.parametrize("text", ["<Dial>{number}</Dial>", "<Dial><Number>{number}</Number></Dial>"])
def test_a_sip_address_is_dialled_as_one(own: Path, text: str) -> None:
    (own / "transfer.xml").write_text(f"<Response>{text}<Hangup/></Response>", "utf-8")
    documents = Documents.load(own, "https://bridge.example")
    response = ElementTree.fromstring(documents.transfer("sip:ann@desk.example", "en"))
    [dial] = response.iter("Dial")
    assert dial.text is None
    assert [(one.tag, one.text) for one in dial] == [("Sip", "sip:ann@desk.example")]


def test_a_queue_is_entered_and_left_in_time(shipped: Documents) -> None:
    [enqueue] = ElementTree.fromstring(shipped.transfer("queue:sales", "en", call_id="CA1"))
    assert (enqueue.tag, enqueue.text) == ("Enqueue", "sales")
    assert enqueue.get("action") == "https://bridge.example/transfer/done"
    assert enqueue.get("waitUrl") == "https://bridge.example/transfer/music?call=CA1"


def test_a_caller_waits_where_the_person_comes(shipped: Documents) -> None:
    [held] = ElementTree.fromstring(shipped.hold("CA1", "ar")).iter("Conference")
    [joined] = ElementTree.fromstring(shipped.connect("CA1", "ar")).iter("Conference")
    assert held.text == joined.text == "CA1"
    # It begins with the person, and ends with either.
    assert (held.get("startConferenceOnEnter"), joined.get("startConferenceOnEnter")) == ("false", "true")
    assert (held.get("endConferenceOnExit"), joined.get("endConferenceOnExit")) == ("true", "true")
    music = ElementTree.fromstring(shipped.music("CA1", "ar"))
    assert [verb.tag for verb in music] == ["Play", "Redirect"]


@pytest.mark.parametrize(
    ("language", "key", "named"),
    [
        ("en", "1", "press 1."),
        ("en", "", "press any key."),
        ("en", "#", "press pound."),
        ("ar", "5", "اضغط الرقم 5."),
        ("ar", "", "اضغط أي رقم."),
        ("ar", "*", "اضغط علامة النجمة."),
    ],
)
def test_a_whisper_names_the_key(shipped: Documents, language: str, key: str, named: str) -> None:
    response = ElementTree.fromstring(shipped.whisper("CA1", language, "About <b>order</b> 5\x00 & more", key))
    words = [say.text or "" for say in response.iter("Say")]
    assert all(text.endswith(named) for text in words)
    assert "About <b>order</b> 5  & more" in words[0]
    assert {gather.get("action") for gather in response.iter("Gather")} == {
        "https://bridge.example/transfer/accept?call=CA1"
    }
    assert response[-1].tag == "Hangup"


def test_a_whisper_is_short(shipped: Documents) -> None:
    whisper = shipped.whisper("CA1", "en", "x" * 5000, "1")
    assert "x" * twiml.LONGEST_WHISPER in whisper
    assert "x" * (twiml.LONGEST_WHISPER + 1) not in whisper


def test_an_older_folder_has_the_shipped_documents_of_a_transfer(own: Path, shipped: Documents) -> None:
    for name in ("queue", "hold", "music", "whisper", "connect", "gone"):
        (own / f"{name}.xml").unlink()
    older = Documents.load(own, "https://bridge.example")
    assert older.hold("CA1", "en") == shipped.hold("CA1", "en")
    assert older.say("gone", "ar") == shipped.say("gone", "ar")


@pytest.mark.parametrize("number", ["", "abc", "+1", "+966 50", "<Number>", "+" + "9" * 16, "sip:a", "sip: a@b"])
def test_a_transfer_goes_to_a_number(shipped: Documents, number: str) -> None:
    with pytest.raises(ValueError, match="telephone number"):
        shipped.transfer(number, "ar")


@pytest.mark.parametrize("url", ["https://a/media", "wss://a/media?x=1", "wss://a/media#x", "/media", ""])
def test_a_stream_needs_a_websocket_url_without_a_query(shipped: Documents, url: str) -> None:
    with pytest.raises(ValueError, match="without a query string"):
        shipped.answer(url, {"token": "t"}, "ar")


def test_a_missing_document_is_named(own: Path) -> None:
    (own / "busy.xml").unlink()
    with pytest.raises(ValueError, match=r"^busy\.xml: cannot be read in .*: No such file"):
        Documents.load(own)


ANSWERS: list[tuple[str, str]] = [
    ("<Say>x</Say>", "answer.xml:1: must use {stream_url}, {token}"),
    ("<Say>{stream_url} {token}</Say>", "answer.xml:1: language ar needs exactly one stream"),
    (
        '<Start><Stream url="{stream_url}"><Parameter name="token" value="{token}"/></Stream></Start><Hangup/>',
        "answer.xml:1: the bridge's own stream belongs into <Connect>",
    ),
    (
        '<Connect><Stream url="wss://a"><Parameter name="token" value="{token} {stream_url}"/></Stream></Connect>',
        "answer.xml:1: language ar needs exactly one stream, in <Connect>",
    ),
    (
        '<Connect><Stream url="{stream_url}"><Parameter name="token" value="{token}"/></Stream>'
        '<Stream url="wss://a"/></Connect><Hangup/>',
        "answer.xml:1: language ar needs exactly one stream, in <Connect>",
    ),
    (
        '<Hangup/>\n<Connect><Stream url="{stream_url}"><Parameter name="token" value="{token}"/></Stream></Connect>',
        "answer.xml:2: nothing follows </Connect>",
    ),
    (
        '<Connect for="ar"><Stream url="{stream_url}"><Parameter name="token" value="{token}"/></Stream></Connect>'
        "\n<Hangup/>",
        "answer.xml:2: language en needs exactly one stream",
    ),
]


@pytest.mark.parametrize(("body", "problem"), ANSWERS)
def test_an_answer_that_would_not_answer(own: Path, body: str, problem: str) -> None:
    (own / "answer.xml").write_text(f"<Response>{body}</Response>", "utf-8")
    with pytest.raises(ValueError, match=r"^answer\.xml") as caught:
        Documents.load(own)
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize(
    "beside",
    [
        '<Recording channels="dual" recordingStatusCallback="https://a.example/r"/>',
        '<Transcription statusCallbackUrl="https://a.example/t"><Parameter name="a" value="b"/></Transcription>',
        '<Siprec name="s" connectorName="c"><Parameter name="a" value="b"/></Siprec>',
        '<Stream name="s" url="wss://a.example" track="both_tracks"><Parameter name="a" value="b"/></Stream>',
    ],
)
def test_what_runs_beside_the_bridge_is_its_own(own: Path, beside: str) -> None:
    answer = own / "answer.xml"
    edited = answer.read_text("utf-8").replace("<Connect>", f"<Start>{beside}</Start><Connect>")
    answer.write_text(edited, "utf-8")
    made = Documents.load(own, "https://bridge.example").answer(STREAM, {"token": "t", "shop": "1"}, "en")
    response = ElementTree.fromstring(made)
    assert [verb.tag for verb in response] == ["Start", "Connect", "Redirect"]
    started = response.find("Start/*")
    assert started is not None
    # Nothing of the call is for others.
    assert ElementTree.tostring(started) == ElementTree.tostring(ElementTree.fromstring(beside))
    assert len(response.findall("Connect/Stream/Parameter")) == 2


def test_an_operators_document_is_used(own: Path) -> None:
    (own / "busy.xml").write_text("<Response><Redirect>{voice_url}</Redirect></Response>", "utf-8")
    documents = Documents.load(own, "https://bridge.example")
    assert "<Redirect>https://bridge.example/voice</Redirect>" in documents.say("busy", "en")


def test_the_documents_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (default_directory() / "answer.xml").is_file()
    package = tmp_path / "site" / "ivr"
    monkeypatch.setattr(twiml, "__file__", str(package / "twilio" / "twiml.py"))
    assert default_directory() == tmp_path / "site" / "twiml"
    (package / "_twiml").mkdir(parents=True)
    assert default_directory() == package / "_twiml"
    monkeypatch.undo()
    assert Documents.load().say("busy", "ar")
