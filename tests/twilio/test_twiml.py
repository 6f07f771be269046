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


def test_a_transfer_rings_and_has_words_for_nobody_there(shipped: Documents) -> None:
    response = ElementTree.fromstring(shipped.transfer("+966500000001", "ar"))
    dial = response[0]
    assert (dial.tag, dial.text, dial.get("answerOnBridge")) == ("Dial", "+966500000001", "true")
    assert [verb.tag for verb in response[1:]] == ["Say", "Hangup"]


@pytest.mark.parametrize("number", ["", "abc", "+1", "+966 50", "<Number>", "+" + "9" * 16, "sip:a@b"])
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
