"""What the service must never be able to do to a call, whatever it sends.

Each row plays frames into the middle of a sentence or an utterance and says what comes of it. In every row the next
request is answered as if nothing had been, no task or socket is left, and no audio or word of the row is attributed to
anybody else (`with_voice` and `with_ears` see to the rest).
"""

from __future__ import annotations

import asyncio

import pytest

from ivr.call.ports import SttError, TtsError
from ivr.hamsa.stt.transcriber import Transcriber
from ivr.hamsa.tts.synthesizer import Synthesizer
from tests.hamsa.service import ACK, END, TEXT, Item, Reply, Service, good, said, sound, with_ears, with_voice
from tests.hamsa.stt.test_transcriber import PCM, words

HUGE = "x" * 5_000_000
NESTED = '{"type":' * 50_000

VOICE_ROWS: list[tuple[str, list[Item], str]] = [
    ("text garbage", ["garbage", "مرحبا"], "heard"),
    ("5 MB of text", [HUGE], "heard"),
    ("half a character", ["\udc80\ud800"], "heard"),
    ("NUL", ["\0", "\0" * 1000], "heard"),
    ("empty text", [""], "heard"),
    ("empty binary", [b""], "heard"),
    ("unknown type", ['{"type":"pause","payload":{}}'], "heard"),
    ("no type", ['{"payload":{}}', "{}"], "heard"),
    ("type of the wrong type", ['{"type":1}', '{"type":{}}', '{"type":["end"]}'], "heard"),
    ("JSON that is no object", ["null", "1", '"end"', '["end"]', "1e999", "NaN"], "heard"),
    ("digits without end", ["9" * 100_000], "heard"),
    ("nested 50,000 deep", [NESTED], "heard"),
    ("cut JSON", ['{"type":"en'], "heard"),
    ("a second ack", [ACK, ACK], "heard"),
    ("a marker", ["[THINKING]"], "heard"),
    ("a request of its own", ['{"type":"tts","payload":{"text":"x"}}'], "heard"),
    ("JSON in a binary frame", [b"", END.encode()], "audio"),
    ("an error without words", ['{"type":"error"}'], "retried"),
    ("an error with a payload of the wrong type", ['{"type":"error","payload":[1]}'], "retried"),
    ("an error of 1 MB", ['{"type":"error","payload":{"message":"' + "x" * 1_000_000 + '"}}'], "retried"),
    ("a thousand frames of nothing", [b""] * 1000, "heard"),
    ("ten thousand unknown envelopes", ['{"type":"noise"}'] * 10_000, "heard"),
]

EARS_ROWS: list[tuple[str, list[Item], str]] = [
    ("binary", [b"\0" * 1000, "مرحبا".encode()], "words"),
    ("5 MB of binary", [b"\xff" * 5_000_000], "words"),
    ("5 MB of text", [HUGE], HUGE),
    ("half a character", ["\udc80"], "\udc80"),
    ("NUL", ["\0"], "\0"),
    ("an ack and an end", [ACK, END], "words"),
    ("a transcript of the wrong type", ['{"type":"transcription","payload":{"text":5}}'], "words"),
    ("a payload of the wrong type", ['{"type":"transcription","payload":"x"}'], "words"),
    ("unknown envelope", ['{"type":"partial","payload":{}}'], '{"type":"partial","payload":{}}'),
    ("nested 50,000 deep", [NESTED], NESTED),
    ("thinking a hundred times", ["[THINKING]"] * 100, "words"),
    ("an error without words", ['{"type":"error","payload":null}'], "utterance 2"),
    ("digits without end", ["7" * 100_000], "7" * 100_000),
]


@pytest.mark.parametrize(("items", "outcome"), [row[1:] for row in VOICE_ROWS], ids=[row[0] for row in VOICE_ROWS])
def test_in_the_middle_of_a_sentence(items: list[Item], outcome: str) -> None:
    hostile: Reply = [(0.03, ACK), *[(0.0, item) for item in items], *good(1)[1:]]
    service = Service(replies=[hostile])

    async def story(voice: Synthesizer) -> bytes:
        first = await said(voice)
        assert set(await said(voice)) == {service.requests}
        return first

    first = with_voice(service, story)
    if outcome == "audio":
        assert first == END.encode() + sound(1, 80000)
    else:
        assert len(set(first)) == 1
        assert len(first) == 80000


@pytest.mark.parametrize("item", [b"\0", sound(99, 4000), "text", END, ACK, "", '{"type":"error"}', HUGE])
def test_between_sentences(item: Item) -> None:
    service = Service(on_end=[(0.5, item)])

    async def story(voice: Synthesizer) -> None:
        for number in range(1, 4):
            assert await said(voice) == sound(number, 80000)
            await asyncio.sleep(2.0)

    with_voice(service, story)


@pytest.mark.parametrize(("items", "text"), [row[1:] for row in EARS_ROWS], ids=[row[0] for row in EARS_ROWS])
def test_in_place_of_a_transcript(items: list[Item], text: str) -> None:
    answer: list[tuple[float, Item]] = [(0.8, "words")] if text == "words" else []
    hostile: Reply = [*[(0.01, item) for item in items], *answer]
    service = Service(replies=[hostile], default=lambda number: words(f"utterance {number}"))

    async def story(ears: Transcriber) -> str:
        first = await ears.transcribe(PCM)
        assert await ears.transcribe(PCM) == f"utterance {service.requests}"
        return first

    assert with_ears(service, story) == text


def test_audio_for_ever_on_an_utterance() -> None:
    """Ears have no use for audio: what piles up unread costs the link, not the memory."""
    service = Service(default=lambda _number: [(0.01, bytes(1 << 20))] * 100)

    async def story(ears: Transcriber) -> None:
        with pytest.raises(SttError, match="transcript_timeout"):
            await ears.transcribe(PCM)

    with_ears(service, story)


def test_nothing_of_it_is_noted_twice() -> None:
    chatter: list[tuple[float, Item]] = [(0.0, b"late"), (0.0, "text")] * 50
    service = Service(default=lambda number: [*good(number), *chatter])

    async def story(voice: Synthesizer) -> None:
        for _ in range(3):
            await said(voice)

    with_voice(service, story)
    strays = [note["what"] for note in service.noted("tts_stray")]
    assert len(strays) == len(set(strays)) <= 3


def test_failures_name_no_words_of_the_service() -> None:
    service = Service(default=lambda _number: [(0.0, '{"type":"error","payload":{"message":"SECRET words"}}')])

    async def story(voice: Synthesizer) -> None:
        with pytest.raises(TtsError) as failed:
            await said(voice, TEXT)
        assert "SECRET" not in str(failed.value)

    with_voice(service, story)
    assert "SECRET" not in repr(service.notes)
