"""Run the verbs that take something from the far party: `<Gather>` keys or words, `<Record>` a message."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Final

from ivr.testbench.twilio.legs.leg import Follow, Leg, VerbOutcome
from ivr.testbench.twilio.legs.verbs import pause, play, say, seconds_of
from ivr.testbench.twilio.twiml import TwimlDocument, Verb, absolute

KEY_PAUSE: Final = 0.25
"""Seconds between two keys of one number."""
THINKS: Final = 1.0
"""Seconds after a prompt until the party presses or speaks."""
WORDS_S: Final = 1.5
"""Seconds that words said to a `<Gather>` take."""
END_OF_SPEECH: Final = 1.0
"""Seconds of silence after which speech is over."""
RECORD_BEEP: Final = 0.5
"""Seconds of the beep before a message."""
NESTED: Final = {"Say": say, "Play": play, "Pause": pause}


def action_of(verb: Verb, document: TwimlDocument, more: Mapping[str, str]) -> Follow | None:
    """Return the `action` of a verb that takes something; without one the document itself is asked again."""
    url = absolute(verb.attributes.get("action", ""), document.url) or document.url
    return Follow(url, more, verb.attributes.get("method", "POST")) if url else None


async def gather(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Take keys or words, while the prompts inside are spoken."""
    number, leg.gathers = leg.gathers, leg.gathers + 1
    party, took = leg.party, verb.attributes.get("input", "dtmf").split()
    while not leg.keys.empty():
        leg.keys.get_nowait()
    keys = party.keys[number] if number < len(party.keys) else ""
    says = party.says[number] if number < len(party.says) else ""
    if keys and party.key_after_s is not None:
        leg.alarm(party.key_after_s, lambda: leg.press(keys[0]))
    prompts = asyncio.ensure_future(speak_prompts(leg, verb, document))
    first = asyncio.ensure_future(leg.keys.get())
    try:
        # Twilio's page on `Gather`: a key interrupts the prompt.
        await asyncio.wait({prompts, first}, return_when=asyncio.FIRST_COMPLETED)
        if prompts.done():
            await prompts
            if keys and party.key_after_s is None:
                leg.alarm(THINKS, lambda: leg.press(keys[0]))
            elif says and "speech" in took:
                return await take_words(leg, verb, document, says)
        patience = seconds_of(verb, "timeout", 5.0)
        if "dtmf" not in took:
            await leg.pause(patience)
            return None
        digits = await read_digits(leg, verb, first, keys[1:], patience)
    finally:
        for task in (prompts, first):
            task.cancel()
        await asyncio.gather(prompts, first, return_exceptions=True)
    if digits is not None:
        return action_of(verb, document, {"Digits": digits, "FinishedOnKey": ""})
    # Twilio's page on `Gather`: without input the next verb follows, unless `actionOnEmptyResult`.
    empty = verb.attributes.get("actionOnEmptyResult") == "true"
    return action_of(verb, document, {"Digits": ""}) if empty else None


async def speak_prompts(leg: Leg, verb: Verb, document: TwimlDocument) -> None:
    """Speak what stands in a `<Gather>`."""
    for child in verb.children:
        perform = NESTED.get(child.name)
        if perform is None:
            leg.record.warn(leg.clock.now(), 12200, f"unknown <{child.name}> in Gather")
        else:
            await perform(leg, child, document)


async def read_digits(leg: Leg, verb: Verb, first: asyncio.Future[str], more: str, patience: float) -> str | None:
    """Return the keys that are pressed, without the one that ends them; None when none is."""
    finish, most = verb.attributes.get("finishOnKey", "#"), int(seconds_of(verb, "numDigits", 0))
    digits, pending = "", first
    while True:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience / leg.clock.speed):
                await asyncio.wait({pending})
        if not pending.done():
            return digits or None
        digit = await pending
        if digit in finish:
            return digits
        digits += digit
        if most and len(digits) >= most:
            return digits
        if more:
            leg.alarm(KEY_PAUSE, lambda digit=more[0]: leg.press(digit))  # type: ignore[misc]
            more = more[1:]
        pending = asyncio.ensure_future(leg.keys.get())


async def take_words(leg: Leg, verb: Verb, document: TwimlDocument, says: str) -> VerbOutcome:
    """Take words: they are understood as they are said."""
    await leg.pause(THINKS)
    leg.record.note(leg.clock.now(), "caller_speaks", says)
    await leg.pause(WORDS_S + END_OF_SPEECH)
    return action_of(verb, document, {"SpeechResult": says, "Confidence": "0.93"})


async def record(leg: Leg, verb: Verb, document: TwimlDocument) -> VerbOutcome:
    """Take a message."""
    if verb.attributes.get("playBeep", "true") == "true":
        leg.record.note(leg.clock.now(), "beep")
        await leg.pause(RECORD_BEEP)
    longest, silence = seconds_of(verb, "maxLength", 3600.0), seconds_of(verb, "timeout", 5.0)
    spoken = min(leg.party.message_s, longest)
    if not spoken:
        # Twilio's page on `Record`: a message of silence alone is none, and the next verb follows.
        await leg.pause(min(silence, longest))
        return None
    made, digits = leg.office.record(leg.call_sid, "RecordVerb"), ""
    leg.record.note(leg.clock.now(), "caller_speaks", "a message")
    finish = verb.attributes.get("finishOnKey", "1234567890*#")
    try:
        digits = await speak_message(leg, min(spoken + silence, longest), finish)
    finally:
        made.change("completed", leg.clock.now())
        report_recording(leg, verb, document, made.told())
        # Twilio's page on `Record`: a hang-up ends the message, and `action` is asked with `hangup` for the keys.
        if leg.left and (after := action_of(verb, document, {**made.fields(), "Digits": "hangup"})) is not None:
            leg.call_back(after.url, {**leg.call_fields(), **after.more}, "record action", after.method)
    return action_of(verb, document, {**made.fields(), "Digits": digits})


async def speak_message(leg: Leg, seconds: float, finish: str) -> str:
    """Let a message be spoken; return the key that ended it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds / leg.clock.speed):
            while (digit := await leg.keys.get()) not in finish:
                pass
            return digit
    return ""


def report_recording(leg: Leg, verb: Verb, document: TwimlDocument, form: Mapping[str, str]) -> None:
    """Tell that a recording is complete, where its verb asks for it."""
    url = absolute(verb.attributes.get("recordingStatusCallback", ""), document.url)
    if url and "completed" in verb.attributes.get("recordingStatusCallbackEvent", "completed").split():
        leg.call_back(url, form, "recording completed", verb.attributes.get("recordingStatusCallbackMethod", "POST"))
