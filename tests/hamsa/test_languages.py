"""Each request in the language it is asked for: voice, dialect and code; over links that all of them share."""

from __future__ import annotations

from dataclasses import replace

from ivr.testbench import virtual_time
from tests.hamsa.service import Service, settings, shut, speech_service
from tests.hamsa.stt.test_transcriber import PCM, answering

ENGLISH = replace(settings(), speaker="Emma", fallback_speaker="", dialect="en", language="en")


async def spoken(service: Service, *languages: str) -> None:
    voice = speech_service(service, settings()).synthesizer_for(settings(), (ENGLISH,))
    for language in languages:
        async for _ in voice.speak("A sentence that is long enough for speech.", 0.0, language):
            pass
    await shut(service)


def test_a_sentence_has_the_voice_of_its_language() -> None:
    service = Service()
    virtual_time.run(spoken(service, "", "en", "ar", "fr", "en"))
    asked = [request["payload"] for socket in service.sockets for request in socket.requests]
    assert [(one["speaker"], one["dialect"], one["languageId"]) for one in asked] == [
        ("Hiba", "ksa", "ar"),
        ("Emma", "en", "en"),
        # The line's own language, and one that it does not have, are said in its own voice.
        ("Hiba", "ksa", "ar"),
        ("Hiba", "ksa", "ar"),
        ("Emma", "en", "en"),
    ]
    assert len(service.sockets) == 1


def test_an_utterance_is_taken_to_be_in_its_language() -> None:
    service = answering()

    async def story() -> list[str]:
        ears = speech_service(service, settings()).transcriber_for(settings())
        words = [await ears.transcribe(PCM, language) for language in ("", "en", "ar")]
        await shut(service)
        return words

    assert virtual_time.run(story()) == ["utterance 1", "utterance 2", "utterance 3"]
    asked = [request["payload"]["language"] for socket in service.sockets for request in socket.requests]
    assert asked == ["ar", "en", "ar"]
