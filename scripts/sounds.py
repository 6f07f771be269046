"""What may be heard on a telephone line, made on the spot from a seed: voices, noise, music and everything else.

Samples are float64 at 8 kHz, in the units of PCM16. Voices are espeak-ng's, in ten languages and with the throats of
all its variants, cut to where they can be heard. The rest is arithmetic. Nothing recorded lies in the repository.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ivr.media.g711 import RATE
from ivr.media.resample import resample
from ivr.replay import voices

Sound: TypeAlias = NDArray[np.float64]
Rng: TypeAlias = np.random.Generator

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


def amplitude(dbfs: float) -> float:
    """RMS in PCM16 units."""
    return 32768 * float(10 ** (dbfs / 20))


def band(sound: Sound, low: float, high: float, order: int = 4) -> Sound:
    """Only what lies between two frequencies, with soft edges."""
    spectrum = np.fft.rfft(sound)
    hz = np.maximum(np.fft.rfftfreq(len(sound), 1 / RATE), 1e-3)
    shape = 1 / np.sqrt(1 + (low / hz) ** (2 * order)) / np.sqrt(1 + (hz / high) ** (2 * order))
    out: Sound = np.fft.irfft(spectrum * shape, len(sound))
    return out


def telephone(sound: Sound) -> Sound:
    """What a telephone line lets through."""
    return band(sound, 250, 3400)


def rms(sound: Sound) -> float:
    return float(np.sqrt(np.mean(sound**2)) + 1e-9)


def active(sound: Sound) -> float:
    """RMS of a voice, its pauses not counted: of the blocks within 25 dB of the loudest."""
    blocks = sound[: len(sound) // 160 * 160].reshape(-1, 160)
    powers = (blocks**2).mean(axis=1)
    return float(np.sqrt(powers[powers > powers.max() * 10**-2.5].mean()) + 1e-9)


def at_level(sound: Sound, dbfs: float) -> Sound:
    return sound * (amplitude(dbfs) / active(sound))


@cache
def spoken(text: str, name: str, speed: int, pitch: int) -> Sound:
    """A text as spoken into a telephone, cut to where it is within 38 dB of its loudest 5 ms."""
    pcm, rate = voices._spoken(text, name, speed, pitch)
    sound = telephone(np.frombuffer(resample(pcm, rate, RATE), "<i2").astype(np.float64))
    blocks = sound[: len(sound) // 40 * 40].reshape(-1, 40)
    size = np.sqrt((blocks**2).mean(axis=1))
    loud = np.flatnonzero(size > size.max() * 10 ** (-38 / 20))
    return sound[loud[0] * 40 : (loud[-1] + 1) * 40]


def throat(rng: Rng, language: str) -> tuple[str, int, int]:
    """Somebody: voice, speed, pitch."""
    return language + THROATS[rng.integers(len(THROATS))], int(rng.integers(135, 205)), int(rng.integers(25, 75))


def sentence(rng: Rng, language: str | None = None) -> Voice:
    return _voice(rng, SENTENCES, language)


def word(rng: Rng, language: str | None = None) -> Voice:
    return _voice(rng, WORDS, language)


def _voice(rng: Rng, texts: dict[str, list[str]], language: str | None) -> Voice:
    language = language or list(texts)[rng.integers(len(texts))]
    text = texts[language][rng.integers(len(texts[language]))]
    who = throat(rng, language)
    return Voice(spoken(text, *who), f"{text[:20]} ({who[0]})")


def agent(rng: Rng, length: int) -> Sound:
    """An agent that talks and talks, at -20 dBFS, with pauses between its replies."""
    language = list(AGENT)[rng.integers(len(AGENT))]
    who = throat(rng, language)
    said = at_level(spoken(AGENT[language], *who), -20)
    parts: list[Sound] = []
    while sum(map(len, parts)) < length:
        parts += [said, np.zeros(rng.integers(800, 4000))]
    return np.concatenate(parts)[:length]


def echo(played: Sound, rng: Rng, loss: float) -> Sound:
    """What comes back of it: `loss` dB weaker, 100 to 300 ms later, a little blurred."""
    room = rng.normal(0, 0.12, 200) * np.exp(-np.arange(200) / 40)
    room[0] = 1
    blurred = np.convolve(played, room)[: len(played)]
    delay = int(rng.integers(800, 2400))
    weak = blurred * (rms(played) / rms(blurred)) * 10 ** (-loss / 20)
    return np.concatenate((np.zeros(delay), weak))[: len(played)]


def idle(rng: Rng, length: int) -> Sound:
    """A line on which nothing happens."""
    return rng.integers(-8, 9, length).astype(np.float64)


NOISES = ["white", "pink", "car", "fan", "street", "crackle", "rain", "hum"]


def noise(kind: str, rng: Rng, length: int) -> Sound:
    """Noise of RMS 1."""
    white = rng.normal(0, 1, length)
    t = np.arange(length) / RATE
    match kind:
        case "white":
            sound = white
        case "pink":
            spectrum = np.fft.rfft(white)
            sound = np.fft.irfft(spectrum / np.sqrt(np.arange(len(spectrum)) + 10), length)
        case "car":
            sound = band(white, 60, 500, 2)
        case "fan":
            sound = band(white, 20, 800, 1) + 0.3 * np.sin(2 * np.pi * 180 * t)
        case "street":
            sound = band(white, 20, 600, 1) * (1 + 0.7 * np.sin(2 * np.pi * 0.13 * t + rng.uniform(0, 6)))
        case "crackle":
            sound = 0.1 * white
            at = rng.integers(0, length, length // 1500)
            sound[at] += rng.normal(0, 8, len(at))
        case "rain":
            sound = 0.5 * white + np.repeat(rng.exponential(1, length // 40 + 1), 40)[:length] * rng.normal(
                0, 1, length
            )
        case _:
            sound = sum(np.sin(2 * np.pi * 50 * k * t + k) / k for k in range(1, 20)) + 0.2 * white
    sound = telephone(np.asarray(sound, np.float64))
    return sound / rms(sound)


def babble(rng: Rng, length: int) -> Sound:
    """Seven people talking at once: RMS 1."""
    total = np.zeros(length)
    for _ in range(7):
        parts: list[Sound] = []
        while sum(map(len, parts)) < length:
            said = sentence(rng).sound
            parts += [said / active(said), np.zeros(rng.integers(800, 5000))]
        total += np.roll(np.concatenate(parts)[:length], rng.integers(length))
    return total / rms(total)


def _tones(rng: Rng, length: int, dbfs: float, *hertz: float) -> Sound:
    t = np.arange(length) / RATE
    edge = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / 24)
    waves = sum(np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f in hertz)
    return np.asarray(waves * edge * amplitude(dbfs) * np.sqrt(2 / len(hertz)), np.float64)


def keypad(rng: Rng) -> Sound:
    """One to five keys."""
    parts: list[Sound] = []
    for _ in range(rng.integers(1, 6)):
        low, high = [697, 770, 852, 941][rng.integers(4)], [1209, 1336, 1477][rng.integers(3)]
        parts += [_tones(rng, int(rng.integers(480, 1600)), rng.uniform(-18, -8), low, high), np.zeros(800)]
    return np.concatenate(parts)


def click(rng: Rng) -> Sound:
    return rng.normal(0, amplitude(rng.uniform(-16, -6)), int(rng.integers(4, 80)))


def cough(rng: Rng) -> Sound:
    """One to three bursts of breath; some have a little voice at their end."""
    parts: list[Sound] = []
    pitch = rng.uniform(90, 220)
    for _ in range(rng.integers(1, 4)):
        n = int(rng.integers(1200, 2800))
        fall = np.minimum(1, np.arange(n) / 80) * np.exp(-np.arange(n) / rng.uniform(400, 900))
        burst = band(rng.normal(0, 1, n), 300, rng.uniform(1200, 2800), 2)
        if rng.random() < 0.4:
            phase = np.cumsum(pitch * np.linspace(1, 0.8, n)) / RATE
            burst += 0.5 * band(np.diff(np.floor(phase), prepend=0) * 10, 350, 1500, 2) * (np.arange(n) > 600)
        parts += [burst / rms(burst) * fall * amplitude(rng.uniform(-20, -12)), np.zeros(1000)]
    return np.concatenate(parts)


def breath(rng: Rng) -> Sound:
    n = int(rng.integers(3000, 7000))
    return telephone(rng.normal(0, 1, n)) * np.hanning(n) * amplitude(rng.uniform(-44, -32))


def knock(rng: Rng) -> Sound:
    """Knuckles, a cup put down, a phone moved on a table."""
    hertz, parts = rng.uniform(150, 1200), []
    for _ in range(rng.integers(1, 5)):
        t = np.arange(500)
        parts += [np.sin(2 * np.pi * hertz * t / RATE) * np.exp(-t / rng.uniform(30, 90)) * amplitude(-8)]
        parts += [np.zeros(rng.integers(600, 2400))]
    return np.concatenate(parts)


def rustle(rng: Rng) -> Sound:
    """Clothes, paper, wind in the microphone."""
    n = int(rng.integers(2000, 9000))
    swell = np.repeat(rng.exponential(1, n // 160 + 1), 160)[:n]
    return band(rng.normal(0, 1, n), 300, 2600, 1) * swell * np.hanning(n) * amplitude(rng.uniform(-36, -26))


def typing(rng: Rng) -> Sound:
    sound = np.zeros(8000)
    for at in rng.integers(0, 7800, rng.integers(4, 14)):
        sound[at : at + 120] += rng.normal(0, 1, 120) * np.exp(-np.arange(120) / 25) * amplitude(-22)
    return sound


def ringing(rng: Rng) -> Sound:
    """A phone in the room, the tones of an exchange."""
    kinds = [(440.0, 480.0), (425.0,), (400.0, 450.0), (950.0,), (1400.0,), (480.0, 620.0)]
    tones = kinds[rng.integers(len(kinds))]
    parts: list[Sound] = []
    for _ in range(rng.integers(1, 4)):
        parts += [_tones(rng, int(rng.integers(2000, 8000)), rng.uniform(-26, -14), *tones), np.zeros(2400)]
    return np.concatenate(parts)


def sweep(rng: Rng) -> Sound:
    n = int(rng.integers(2000, 6000))
    hertz = np.linspace(rng.uniform(300, 900), rng.uniform(1200, 2800), n)
    return np.sin(2 * np.pi * np.cumsum(hertz) / RATE) * amplitude(-20)


SOUNDS: list[Callable[[Rng], Sound]] = [
    keypad,
    click,
    cough,
    breath,
    knock,
    rustle,
    typing,
    ringing,
    sweep,
    cough,
    keypad,
]


def _note(rng: Rng, style: str, hertz: float, length: int) -> Sound:
    t = np.arange(length) / RATE
    slide = 1 + 0.006 * np.sin(2 * np.pi * 5.5 * t + rng.uniform(0, 6)) * (style in ("lead", "organ"))
    phase = 2 * np.pi * hertz * np.cumsum(slide) / RATE
    steep = {"piano": 1.3, "organ": 0.9, "lead": 1.1, "strings": 1.6, "bells": 0.6}[style]
    stretch = 1.41 if style == "bells" else 1.0
    partials = [k for k in range(1, 12) if hertz * k < 3800]
    wave = sum((np.sin(phase * (1 + (k - 1) * stretch)) / k**steep for k in partials), np.zeros(length))
    if style in ("piano", "bells"):
        return wave * np.exp(-t * rng.uniform(2, 6))
    return wave * np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / 400)


STYLES = ["piano", "organ", "lead", "strings", "bells"]


def music(rng: Rng, style: str, length: int) -> Sound:
    """A tune with bass, chords and a drum, as of a call on hold, at -30 to -16 dBFS."""
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) if rng.random() < 0.5 else np.array([0, 2, 3, 5, 7, 8, 10, 12])
    beat, key = int(rng.integers(1800, 4000)), rng.uniform(180, 300)
    sound = np.zeros(length + 3 * beat)
    for number, at in enumerate(range(0, length, beat)):
        step = scale[rng.integers(len(scale))]
        held = beat * int(rng.integers(1, 3))
        sound[at : at + held] += _note(rng, style, key * 2 ** (step / 12), held)
        if number % 2 == 0:
            for down, size in ((-12, 0.7), (-5, 0.35), (-8, 0.3)):
                wave = _note(rng, style, key * 2 ** ((scale[number // 2 % 5] + down) / 12), 2 * beat)
                sound[at : at + 2 * beat] += size * wave
            sound[at : at + 800] += rng.normal(0, 0.8, 800) * np.exp(-np.arange(800) / 120)
    sound = telephone(sound[:length])
    return sound / rms(sound) * amplitude(rng.uniform(-30, -16))
