"""What goes over the speech wire, and every way its answers can be misread."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.hamsa.messages import (
    Ack,
    Audio,
    End,
    Error,
    Info,
    Marker,
    SpeechMessage,
    Text,
    ends_reply,
    parse,
    request,
    stt_payload,
    stt_request,
    tts_payload,
)

ACK = '{"type":"ack","payload":{"message":"Real time text to speach connection establesh"}}'
END = '{"type":"end","payload":{"message":"End of TTS stream"}}'

FRAMES: list[tuple[str | bytes, SpeechMessage]] = [
    ('{"type":"info","payload":{"message":"Connected to realtime WebSocket server"}}', Info()),
    (ACK, Ack()),
    (END, End()),
    ('{"type":"ack"}', Ack()),
    ('  {"type":"end"}\n', End()),
    ('{"type":"tts","payload":{}}', Info()),
    ('{"type":"stt"}', Info()),
    ('{"type":"transcription","payload":{"text":" مرحبا "}}', Text("مرحبا")),
    ('{"type":"response","payload":{"text":5}}', Info()),
    ('{"type":"response","payload":"x"}', Info()),
    (b"", Audio(b"")),
    (b'{"type":"end"}', Audio(b'{"type":"end"}')),
    ("مرحبا بك في خدمة همسة", Text("مرحبا بك في خدمة همسة")),
    ("7826459301240", Text("7826459301240")),
    ("9" * 6000, Text("9" * 6000)),
    ("null", Text("null")),
    ('"x"', Text('"x"')),
    ("[1, 2]", Text("[1, 2]")),
    ("", Text("")),
    ("  \n", Text("")),
    (" leading", Text("leading")),
    ("{not json", Text("{not json")),
    ("{}", Text("{}")),
    ('{"type":5}', Text('{"type":5}')),
    ('{"type":null}', Text('{"type":null}')),
    ('{"type":["end"]}', Text('{"type":["end"]}')),
    ('{"type":"later"}', Text('{"type":"later"}')),
    ('{"a":' * 100_000, Text('{"a":' * 100_000)),
    ("[THINKING]", Marker("THINKING")),
    (" [NO SPEECH] ", Marker("NO SPEECH")),
    ("[thinking]", Text("[thinking]")),
    ("[]", Text("[]")),
    ("[" + "A" * 41 + "]", Text("[" + "A" * 41 + "]")),
    ("\0", Text("\0")),
]


@pytest.mark.parametrize(("frame", "message"), FRAMES, ids=range(len(FRAMES)))
def test_frame(frame: str | bytes, message: SpeechMessage) -> None:
    assert parse(frame) == message


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Only WAV files are supported", "audio_format"),
        ("Error generating transcription: Audio format not supported", "audio_format"),
        ("Voice not owned by user", "voice"),
        ("Rate limit exceeded", "rate_limit"),
        ("too many requests", "rate_limit"),
        ("insufficient funds", "funds"),
        ("usage limit reached, rate limit", "funds"),
        ("API key is inactive", "auth"),
        ("Unauthorized", "auth"),
        ("Invalid payload", "invalid"),
        ("Invalid message format", "invalid"),
        ("aborted", "aborted"),
        ("boom", "unknown_error"),
        ("", "unknown_error"),
    ],
)
def test_error_text_is_the_only_signal(said: str, kind: str) -> None:
    error = parse(json.dumps({"type": "error", "payload": {"message": said}}))
    assert isinstance(error, Error)
    assert error.kind == kind


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"error","payload":"rate limit"}',
        '{"type":"error","message":"rate limit"}',
        '{"type":"error","payload":{},"message":"rate limit"}',
    ],
)
def test_error_text_is_found_where_it_should_not_be(frame: str) -> None:
    assert parse(frame) == Error("rate_limit")


@pytest.mark.parametrize("payload", ["5", "null", "[]", "{}", '{"message":{}}', '{"message":5}'])
def test_error_of_any_shape_is_an_error(payload: str) -> None:
    assert parse(f'{{"type":"error","payload":{payload}}}') == Error("unknown_error")
    assert parse('{"type":"error"}') == Error("unknown_error")


@given(
    st.text()
    | st.binary()
    | st.recursive(st.none() | st.text(), lambda s: st.dictionaries(st.text(), s)).map(json.dumps)
)
def test_parse_never_raises(frame: str | bytes) -> None:
    assert parse(frame) is not None


@given(st.text(alphabet="0123456789 +-"))
def test_digits_are_what_somebody_said(digits: str) -> None:
    assert parse(digits) == Text(digits.strip())


def test_synthesis_request_is_as_documented() -> None:
    assert json.loads(request("tts", tts_payload("مرحبا", "Hiba", "ksa", "ar", False))) == {
        "type": "tts",
        "payload": {"text": "مرحبا", "speaker": "Hiba", "dialect": "ksa", "languageId": "ar", "mulaw": False},
    }


@pytest.mark.parametrize(("mulaw", "asked", "sent"), [(False, "8k", "8k"), (True, "8k", None), (False, None, None)])
def test_sample_rate_goes_with_pcm_only(mulaw: bool, asked: str | None, sent: str | None) -> None:
    payload = tts_payload("x", "s", "d", "en", mulaw, "8k" if asked else None)
    assert (payload["mulaw"], payload.get("sampleRate")) == (mulaw, sent)


@given(st.text(alphabet=st.characters()))
def test_any_text_makes_a_frame(text: str) -> None:
    frame = request("tts", tts_payload(text + "\ud800", "s", "d", "ar", False))
    assert json.loads(frame.encode())["payload"]["text"][:-1] == text.encode("utf-8", "replace").decode()


@given(st.binary(max_size=200))
def test_utterance_request_is_as_documented(wav: bytes) -> None:
    assert stt_request(wav, "en") == request("stt", stt_payload(wav, "en"))
    message = json.loads(stt_request(wav, "en"))
    assert message["type"] == "stt"
    payload = message["payload"]
    assert base64.b64decode(payload.pop("audioBase64")) == wav
    assert payload == {"language": "en", "isEosEnabled": False, "eosThreshold": 0.3}


@pytest.mark.parametrize(
    ("message", "speech", "hearing"),
    [
        (End(), True, False),
        (Error("aborted"), False, False),
        (Text(""), False, True),
        (Marker("THINKING"), False, False),
        (Marker("NOISE"), False, True),
        (Audio(b"x"), False, False),
        (Ack(), False, False),
        (Info(), False, False),
    ],
)
def test_what_makes_a_reply_whole(message: SpeechMessage, speech: bool, hearing: bool) -> None:
    assert (ends_reply("tts", message), ends_reply("stt", message)) == (speech, hearing)
