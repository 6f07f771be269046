"""Make the voices of scenes, from espeak-ng or from anything else that can fill the cast.

The voices made here are espeak-ng's, in ten languages and with the throats of all its variants, cut to where they can
be heard. `tools.vad.recordings` has people instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np

from ivr.media.g711 import RATE
from ivr.media.resample import resample
from ivr.testbench import tts
from tools.vad.sounds import Rng, Sound, active, at_level, rms, telephone

THROATS = [
    *[f"+m{n}" for n in range(1, 9)],
    *[f"+f{n}" for n in range(1, 6)],
    *["", "+Andy", "+Annie", "+linda", "+steph", "+belinda", "+aunty", "+grandma", "+grandpa", "+klatt3", "+paul"],
]
"""espeak-ng's variants of a voice; whispers and robots are left out."""

WORDS = {
    "en-us": ["no", "yes", "stop", "help", "wait", "okay", "back", "one", "five", "eight", "repeat", "agent", "menu"],
    "ar": ["لا", "نعم", "قف", "أيوه", "طيب", "انتظر", "موظف", "خمسة", "واحد", "تسعة", "مساعدة", "لحظة", "تمام", "صح"],
    "fr": ["non", "oui", "stop", "attendez", "cinq"],
    "de": ["nein", "ja", "halt", "zwei", "hilfe"],
    "es": ["no", "sí", "espera", "cinco", "ayuda"],
    "hi": ["नहीं", "हाँ", "रुको", "पाँच"],
    "tr": ["hayır", "evet", "dur", "beş"],
    "ur": ["نہیں", "ہاں", "رکو"],
    "ru": ["нет", "да", "стой", "пять"],
}
"""Short answers: what a caller says into the agent's sentence. The Arabic six is not among them: espeak-ng says it
without a vowel, a hiss of 200 ms that no detector takes for speech."""

SENTENCES = {
    "en-us": [
        "I want to track my shipment please.",
        "My waybill number is one two three four five six seven.",
        "Can you tell me when it will arrive?",
        "No, that is not what I asked for.",
        "I would like to speak with somebody about my order, because it has not arrived yet.",
        "Send it to the office instead of my house.",
    ],
    "ar": [
        "أريد تتبع شحنتي من فضلك",
        "رقم البوليصة واحد اثنان ثلاثة أربعة خمسة",
        "متى تصل الشحنة إلى الرياض؟",
        "لا هذا ليس ما طلبته",
        "أريد التحدث مع موظف خدمة العملاء لأن الطلب لم يصل بعد",
        "العنوان غير صحيح أرجو تغييره",
    ],
    "fr": ["Je voudrais suivre mon colis s'il vous plaît.", "Quand est-ce que la livraison arrive?"],
    "de": ["Ich möchte meine Sendung verfolgen.", "Wann kommt das Paket in der Stadt an?"],
    "es": ["Quiero rastrear mi paquete por favor.", "Cuándo llega el envío a la ciudad?"],
    "hi": ["मैं अपना पार्सल ट्रैक करना चाहता हूँ", "यह कब पहुँचेगा"],
    "tr": ["Kargomu takip etmek istiyorum.", "Paket ne zaman gelecek?"],
    "ur": ["میں اپنا پارسل ٹریک کرنا چاہتا ہوں"],
    "ru": ["Я хочу узнать, где моя посылка."],
    "id": ["Saya ingin melacak kiriman saya."],
}

AGENT = {
    "en-us": "Your shipment left the warehouse in Riyadh this morning and is expected to arrive tomorrow between nine "
    "and twelve. Would you like me to send you the tracking link by text message, or do you want to hear more details "
    "about the delivery? You can also ask for an agent at any time.",
    "ar": "غادرت شحنتك المستودع في الرياض صباح اليوم ومن المتوقع أن تصل غدا بين التاسعة والثانية عشرة. هل تريد أن أرسل "
    "لك رابط التتبع برسالة نصية أم تريد سماع مزيد من التفاصيل عن التوصيل؟ يمكنك أيضا طلب موظف في أي وقت.",
}


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody saying something."""

    sound: Sound
    """As it is heard on a telephone, at any level."""
    name: str
    """What and who, for the list of misses."""


class Cast(Protocol):
    """Hold speakers. Every group (a language, a person) speaks as often as any other."""

    sentences: dict[str, int]
    """Groups with sentences of theirs, and how many of their sentences to take for one of another's."""
    words: dict[str, int]
    """The same of short words."""

    def sentence(self, rng: Rng, group: str | None = None) -> Voice: ...

    def word(self, rng: Rng, group: str | None = None) -> Voice: ...

    def agent(self, rng: Rng, length: int) -> Sound:
        """An agent that talks and talks, at -20 dBFS, with pauses between its replies."""
        ...


class Espeak:
    """espeak-ng in all its throats. The groups are languages."""

    def __init__(self) -> None:
        self.sentences = {language: 2 if len(texts) > 2 else 1 for language, texts in SENTENCES.items()}
        self.words = {language: 3 if len(texts) > 6 else 1 for language, texts in WORDS.items()}

    def sentence(self, rng: Rng, group: str | None = None) -> Voice:
        return self._voice(rng, SENTENCES, group)

    def word(self, rng: Rng, group: str | None = None) -> Voice:
        return self._voice(rng, WORDS, group)

    def agent(self, rng: Rng, length: int) -> Sound:
        language = list(AGENT)[rng.integers(len(AGENT))]
        said = at_level(spoken(AGENT[language], *_throat(rng, language)), -20)
        parts: list[Sound] = []
        while sum(map(len, parts)) < length:
            parts += [said, np.zeros(rng.integers(800, 4000))]
        return np.concatenate(parts)[:length]

    def _voice(self, rng: Rng, texts: dict[str, list[str]], language: str | None) -> Voice:
        language = language or list(texts)[rng.integers(len(texts))]
        text = texts[language][rng.integers(len(texts[language]))]
        who = _throat(rng, language)
        return Voice(spoken(text, *who), f"{text[:20]} ({who[0]})")


def _throat(rng: Rng, language: str) -> tuple[str, int, int]:
    """Somebody: voice, speed, pitch."""
    return language + THROATS[rng.integers(len(THROATS))], int(rng.integers(135, 205)), int(rng.integers(25, 75))


@cache
def spoken(text: str, name: str, speed: int, pitch: int) -> Sound:
    """A text as spoken into a telephone, cut to where it is within 38 dB of its loudest 5 ms."""
    pcm, rate = tts._spoken(text, name, speed, pitch)
    sound = telephone(np.frombuffer(resample(pcm, rate, RATE), "<i2").astype(np.float64))
    loud = np.flatnonzero(levels(sound) > -38)
    return sound[loud[0] * 40 : (loud[-1] + 1) * 40]


def levels(sound: Sound) -> Sound:
    """Level of every 5 ms, in dB against the loudest."""
    size = np.sqrt((sound[: len(sound) // 40 * 40].reshape(-1, 40) ** 2).mean(axis=1))
    return np.asarray(20 * np.log10(np.maximum(size, 1e-9) / max(size.max(), 1e-9)), np.float64)


def babble(rng: Rng, cast: Cast, length: int) -> Sound:
    """Seven people talking at once: RMS 1."""
    total = np.zeros(length)
    for _ in range(7):
        parts: list[Sound] = []
        while sum(map(len, parts)) < length:
            said = cast.sentence(rng).sound
            parts += [said / active(said), np.zeros(rng.integers(800, 5000))]
        total += np.roll(np.concatenate(parts)[:length], rng.integers(length))
    return total / rms(total)
