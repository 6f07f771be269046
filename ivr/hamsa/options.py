"""Hold what a line tells the speech service and how long it waits for it.

All waits are seconds of the event loop's clock. The defaults come from the service's published timings: a connect takes
0.2 to 1.2 s, the first audio of a sentence 0.3 to 0.6 s on an open link, a whole sentence up to 2.9 s, a transcript
0.7 to 0.9 s (2.8 s when STT is cold).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from ivr.call.events import Encoding
from ivr.hamsa.pool.link import LinkLimits
from ivr.upstream.breaker import BreakerLimits

SpeechFormat: TypeAlias = Literal["pcm16", "pcm8", "mulaw"]
"""`pcm16`: PCM16 at 16 kHz, the service's own default. `pcm8`: PCM16 at 8 kHz. `mulaw`: G.711 at 8 kHz."""


@dataclass(frozen=True, slots=True)
class HamsaSettings:
    """Hold the speech of one line. Raises ValueError, never naming the key's content."""

    url: str
    """The realtime socket: `ws://` or `wss://`, without the key in it."""
    api_key: str = field(repr=False)
    """Sent as the header `X-Api-Key`, never as part of the URL, never logged."""
    speaker: str = "Hiba"
    """A voice's name or id, as the service knows it; it must belong to the dialect."""
    fallback_speaker: str = ""
    """Says what the speaker cannot, in the same dialect; empty: no speaker does."""
    dialect: str = "ksa"
    language: Literal["ar", "en"] = "ar"
    format: SpeechFormat = "pcm16"
    """What TTS is asked to send."""
    stt_rate: Literal[8000, 16000] = 16000
    """Samples a second of the utterances sent to STT."""

    connect_timeout: float = 7.0
    """Seconds from the first packet to an open socket."""
    first_audio_timeout: float = 5.0
    """Seconds from a request to its first audio, while the caller still has audio."""
    first_audio_least: float = 3.0
    """The same when the caller has none."""
    gap_timeout: float = 3.0
    """Seconds between two frames of one reply, while the caller still has audio."""
    gap_least: float = 1.5
    """The same when the caller has none."""
    again_least: float = 1.2
    """Both for a sentence that broke off before, when the caller hears nothing."""
    away_patience: float = 7.0
    """Seconds of silence in which a service that is not to be reached is asked again and again for a sentence."""
    transcript_timeout: float = 4.5
    """Seconds until an utterance without a transcript is asked elsewhere as well: half of the time it has in all. With
    REST there are three tries in that time."""
    link_patience: float = 2.0
    """Seconds a request waits for a link before it goes over REST."""
    link_timeout: float = 15.0
    """Seconds it waits when there is no REST."""
    close_timeout: float = 0.5
    """Seconds a peer gets to answer a closing handshake before its socket is cut."""
    drain_patience: float = 1.0
    """Seconds a new request waits for a cancelled one to end before a fresh link is opened beside it."""
    drain_stall: float = 3.0
    """Seconds without a frame after which a draining link is given up."""
    drain_limit: float = 10.0
    """Seconds a link may drain at all."""
    ping_interval: float = 20.0
    """Seconds of quiet on an idle link before it is pinged."""
    ping_verdict: float = 2.0
    """Seconds without any sign of life after a ping before a link counts as dead."""
    asked_verdict: float = 0.8
    """The same when a request waits for its answer."""
    max_age: float = 3000.0
    """Seconds after which an idle link is replaced (a little earlier, by chance): the service closes at 60 minutes."""
    max_frame: int = 4 * 1024 * 1024
    """Bytes of the longest frame accepted."""

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"ws", "wss"} or not parts.hostname:
            raise ValueError("the speech service's URL must start with ws:// or wss:// and name a host")
        # A key in the URL would stand in access logs and tracebacks.
        if "api_key=" in parts.query:
            raise ValueError("the speech service's URL must not carry the key: give it on its own")
        if not (self.api_key.isascii() and self.api_key.isprintable() and self.api_key.strip()):
            raise ValueError("the speech service's key must be printable ASCII and not empty")

    @property
    def limits(self) -> LinkLimits:
        """Return how long a link may stay as it is."""
        return LinkLimits(
            self.max_age, self.ping_interval, self.ping_verdict, self.asked_verdict, self.drain_stall, self.drain_limit
        )

    @property
    def rate(self) -> int:
        """Return the samples a second of the audio that is asked for."""
        return 16000 if self.format == "pcm16" else 8000

    @property
    def encoding(self) -> Encoding:
        """Return the encoding of the audio that is asked for."""
        return "mulaw" if self.format == "mulaw" else "pcm16"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechServiceOptions:
    """Hold what an operator decides about the links of a process."""

    spare_links: int = 1
    """Idle links kept ready, for every ten calls begun, for TTS and STT each. 0: links are opened on demand."""
    links_per_call: float = 1.0
    """Links kept for each call on the line, for TTS and STT each, as far as the pace of connections allows. Less:
    calls share them, and some wait for a connect when many speak at once."""
    connects_per_second: float = 4.0
    """Connections opened in the long run."""
    connects_burst: float = 8.0
    """Connections opened at once."""
    breaker: BreakerLimits = field(default_factory=BreakerLimits)
    """When the service is left alone, and for how long."""
