"""Play the speech service on its sockets, as a pure machine: the mock Hamsa.

`MockHamsa.connect` returns a `HamsaSocket`. Its front (`app` on real sockets, `memory` without) gives it what the
client sends (`received`) and asks what is due (`poll`, next at `wake_at`). It never waits and never reads a clock.
The same profile and the same clients give the same bytes: chance comes from the seed. `stats` counts everything.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from ivr.testbench import tts
from ivr.testbench.hamsa import audio as hamsa_audio
from ivr.testbench.hamsa import requests as hamsa_requests
from ivr.testbench.hamsa import script as hamsa_script
from ivr.testbench.hamsa.profile import HamsaProfile, Occasion, Rule
from ivr.testbench.hamsa.requests import Refusal, SttRequest, TtsRequest
from ivr.testbench.hamsa.script import DROP, HamsaScript, HamsaStep, Hang
from ivr.testbench.hamsa.stats import MockStats, RequestOutcome, RequestRecord

Synthesize: TypeAlias = Callable[[str, str, int], bytes]
"""Function that speaks a text: text, `ar` or `en`, Hz; returns PCM16 mono."""
Recognize: TypeAlias = Callable[[bytes], str]
"""Function that recognises PCM16 mono at 16 kHz; returns a transcript."""

WRONG_KEY: Final = "Invalid API key"
_READY: Final = 16
"""Spoken texts and transcripts kept between `prepare` and use."""
_RECENT: Final = 100
"""Connects that a rule may count."""


@dataclass(frozen=True, slots=True)
class SendFrame:
    """Send a frame to the client."""

    at: float
    """Time at which it is due."""
    frame: str | bytes


@dataclass(frozen=True, slots=True)
class SendPing:
    """Send a keepalive."""

    at: float


@dataclass(frozen=True, slots=True)
class CloseSocket:
    """Close the socket."""

    at: float
    code: int
    """Close code; `script.DROP` (1006): without a close frame."""


ServiceOutput: TypeAlias = SendFrame | SendPing | CloseSocket


@dataclass(slots=True)
class _Job:
    """Hold a request that was accepted."""

    record: RequestRecord
    request: TtsRequest | SttRequest
    rule: Rule | None


class MockHamsa:
    """Play one mock service. All its sockets share its profile, its speech, its recogniser and its stats."""

    def __init__(
        self, profile: HamsaProfile | None = None, *, say: Synthesize | None = None, hear: Recognize | None = None
    ) -> None:
        """Take a profile and, where it needs them, speech and a recogniser.

        `say` speaks for `voice="espeak"`; without it espeak itself does (VoiceError when it is not installed).
        `hear` recognises what the profile has no transcript for.
        """
        self.profile = profile or HamsaProfile()
        self.stats = MockStats()
        self._used: Counter[int] = Counter()
        self._script = deque(self.profile.transcripts)
        if self.profile.voice == "espeak":
            # Better to fail now than at the first word.
            if say is None and not tts.available():
                raise tts.VoiceError(tts.NO_VOICE)
            speak: Synthesize = say or (lambda text, language, rate: tts.say(text, language, rate=rate))

            def spoken(text: str, form: hamsa_audio.AudioFormat) -> bytes:
                # The language is that of the text's letters: a client may ask for `ar` and send English.
                rate = hamsa_audio.FORMAT_RATES[form]
                return hamsa_audio.encoded(speak(text, tts.language_of(text), rate), rate, form)

            self._spoken = lru_cache(_READY)(spoken)
        self._heard = lru_cache(_READY)(hear) if hear else None

    def __repr__(self) -> str:
        stats = self.stats
        return f"<MockHamsa connects={stats.connects} open={stats.open_sockets} requests={dict(stats.requests)}>"

    @property
    def slow(self) -> bool:
        """Return whether requests take real time to work out, so that `prepare` is worth a thread."""
        return self.profile.voice == "espeak" or self._heard is not None

    def prepare(self, frame: str | bytes) -> None:
        """Prepare the slow part of the frame's `received`, in any thread."""
        self.prepare_request(hamsa_requests.read(frame))

    def prepare_request(self, request: hamsa_requests.Request) -> None:
        """Prepare the slow part of a request that did not come as a frame."""
        match request:
            case TtsRequest() as wanted if self.profile.voice == "espeak":
                self._spoken(wanted.text, wanted.form)
            case SttRequest() as wanted if self._heard is not None:
                self._heard(wanted.pcm16k)

    def allows(self, key: str | None) -> bool:
        """Return whether a key is right."""
        return bool(key) and (not self.profile.keys or key in self.profile.keys)

    def connect(self, key: str | None, now: float) -> HamsaSocket:
        """Return a socket for a client. Rules or a wrong key may refuse it."""
        # A wrong key comes first, then the rules of this socket.
        number = self.stats.connected(now)
        rules = self.rules(Occasion("socket", number, number, connects=self._ages(now)))
        refusal = 0 if self.allows(key) else self.profile.refuse_with
        for rule in rules:
            if rule.fault in ("refuse", "http") and not refusal:
                refusal = rule.code or (4001 if rule.fault == "refuse" else 401)
        self.stats.refused += bool(refusal)
        return HamsaSocket(self, number, rules, refusal)

    def rest(self, now: float) -> HamsaSocket:
        """Return a socket for one REST request. It is open at once and sends no greeting."""
        return HamsaSocket(self, 0, [], 0, now)

    def rules(self, occasion: Occasion) -> list[Rule]:
        """Return the rules that fit: all of them for a socket, the first for a request. They count as applied."""
        found = []
        for place, rule in enumerate(self.profile.rules):
            if rule.fits(occasion, self.profile.seed, self._used[place]):
                self._used[place] += 1
                self.stats.faults[rule.fault] += 1
                found.append(rule)
                # Faults of a socket add up (slow and without a greeting); a request has one fault.
                if occasion.kind != "socket":
                    break
        return found

    def accepted(self, request: TtsRequest | SttRequest, socket: int, on_socket: int, now: float) -> _Job:
        """Open the record of a request."""
        kind: Literal["tts", "stt"] = "tts" if isinstance(request, TtsRequest) else "stt"
        record = RequestRecord(self.stats.requests[kind] + 1, kind, socket, on_socket, now)
        record.language, record.speaker = request.language, getattr(request, "speaker", "")
        if isinstance(request, TtsRequest):
            record.text, record.form = request.text, request.form
        else:
            record.form, record.seconds = f"{request.rate}/{request.channels}", request.seconds
        # End-of-speech detection is an option of an `stt` request only.
        eos = isinstance(request, SttRequest) and request.eos
        chars = len(record.text.strip())
        speaker = request.speaker if isinstance(request, TtsRequest) else ""
        occasion = Occasion(kind, record.number, socket, on_socket, chars, self._ages(now), eos, speaker)
        rule = next(iter(self.rules(occasion)), None)
        record.fault = rule.fault if rule else ""
        self.stats.began(record)
        return _Job(record, request, rule)

    def script(self, job: _Job) -> HamsaScript:
        """Return the reply to a request."""
        record, request = job.record, job.request
        if isinstance(request, SttRequest):
            record.text = self._transcript(request, job.rule)
            return hamsa_script.transcription(record.text, request.seconds, self.profile, job.rule)
        chars = len(request.text.strip())
        if self.profile.voice == "espeak":
            audio = self._spoken(request.text, request.form)
        else:
            size = hamsa_audio.length(chars, self.profile.ms_per_char)
            audio = hamsa_audio.encoded(hamsa_audio.tone(record.number, size), 16_000, request.form)
        record.seconds = len(audio) / hamsa_audio.BYTES_PER_SECOND[request.form]
        return hamsa_script.speech(audio, request.form, chars, record.number, self.profile, job.rule)

    def _transcript(self, request: SttRequest, rule: Rule | None) -> str:
        """Return what was said."""
        # A transcript that a fault holds back is not used up: the next request gets it.
        if rule and (rule.fault in ("say", "empty") or (rule.fault != "error" and not rule.pause)):
            return rule.text if rule.fault == "say" else ""
        # A marker in the audio comes before the order: a retried request gets the same transcript.
        marker = hamsa_audio.marker(request.pcm16k, 16_000) if self.profile.marked else None
        if marker is not None and marker in self.profile.marked:
            return self.profile.marked[marker]
        # Then the lines in their order, then the recogniser, then the one that always fits.
        if self._script:
            return self._script.popleft()
        return self._heard(request.pcm16k) if self._heard else self.profile.transcript

    def _ages(self, now: float) -> tuple[float, ...]:
        """Return the seconds since each recent connect, in the service's time."""
        recent = list(self.stats.connected_at)[-_RECENT:]
        return tuple((now - at) * self.profile.speed for at in recent)


class HamsaSocket:
    """Play one connection, from the client's connect to the close."""

    def __init__(
        self, mock: MockHamsa, number: int, rules: Sequence[Rule], refusal: int, opened_at: float | None = None
    ) -> None:
        self.number = number
        self.http_refusal = refusal if refusal < 1000 else 0
        """HTTP status in place of an upgrade; 0: the upgrade."""
        self.open = opened_at is not None
        self.deaf = False
        """Whether the socket is half open: the front must answer nothing any more, not even a ping."""
        self._mock = mock
        self._rules = rules
        self._refusal = refusal
        self._due: list[tuple[float, int, HamsaStep, _Job | None, RequestOutcome | None]] = []
        self._order = 0
        self._running: list[_Job] = []
        self._waiting: deque[_Job] = deque()
        self._requests = 0
        self._kinds: set[str] = set()
        self._active = self._opened = opened_at or 0.0
        self._pinged: float | None = None

    def __repr__(self) -> str:
        state = "deaf" if self.deaf else "open" if self.open else "closed"
        return f"<HamsaSocket {self.number} {state} running={len(self._running)} waiting={len(self._waiting)}>"

    @property
    def busy(self) -> bool:
        """Return whether a request is in flight."""
        return bool(self._running)

    @property
    def delay(self) -> float:
        """Return the seconds that the upgrade, or its refusal, takes."""
        slow = sum(rule.pause for rule in self._rules if rule.fault == "slow")
        return (self._mock.profile.connect + slow) / self._mock.profile.speed

    def opened(self, now: float) -> None:
        """Open the socket after the upgrade: greet, refuse, or plan its faults."""
        self.open = True
        self._active = self._opened = self._pinged = now
        self._mock.stats.opened()
        # The service documents close code 4001 for a wrong key: accepted, then closed.
        if self._refusal:
            return self._plan(now, HamsaStep(0, Hang(self._refusal)))
        silent = any(rule.fault == "no_info" for rule in self._rules)
        late = sum(rule.pause for rule in self._rules if rule.fault == "slow_info")
        if not silent:
            self._plan(now, HamsaStep(late, hamsa_script.INFO_FRAME))
        for rule in self._rules:
            if rule.fault in ("close", "drop", "deaf"):
                code = {"drop": DROP, "deaf": 0}.get(rule.fault, rule.code or 1000)
                self._plan(now, HamsaStep(rule.pause, Hang(code)))
        return None

    def received(self, frame: str | bytes, now: float) -> None:
        """Receive a frame of the client."""
        self._mock.stats.bytes_in += len(frame)
        # What comes for a half-open socket is lost.
        if not self.open or self.deaf:
            return
        self._active = now
        self._take(hamsa_requests.read(frame), now)

    def asked(self, request: hamsa_requests.Request, now: float) -> None:
        """Receive a request that did not come as a frame."""
        self._take(request, now)

    def closed(self, now: float) -> None:
        """End the socket after the client left. A request in flight was aborted."""
        if self.open:
            self._end(now, "aborted")

    def poll(self, now: float) -> list[ServiceOutput]:
        """Return everything that is due by now, in order."""
        outs: list[ServiceOutput] = []
        while (due := self.wake_at()) is not None and due <= now:
            if self._due and self._due[0][0] <= due:
                outs += self._perform(*heapq.heappop(self._due))
            elif due == self._ping_at():
                self._pinged = due
                outs.append(SendPing(due))
            else:
                outs.append(self._hang(due, 1000))
        return outs

    def wake_at(self) -> float | None:
        """Return when something is due next, if nothing comes from the client."""
        if not self.open or self.deaf:
            return None
        due = self._due[0][0] if self._due else None
        if self._pinged is None:
            return due
        # The service documents that it closes a socket after 60 minutes of inactivity. A largest age is an option.
        profile = self._mock.profile
        over = self._active + profile.idle / profile.speed
        if profile.max_age:
            over = min(over, self._opened + profile.max_age / profile.speed)
        at = min(self._ping_at(), over)
        return at if due is None else min(at, due)

    def _ping_at(self) -> float:
        """Return when the next keepalive is due."""
        return (self._pinged or 0.0) + self._mock.profile.ping / self._mock.profile.speed

    def _take(self, request: hamsa_requests.Request, now: float) -> None:
        """Start a request, queue it, or answer it with an error."""
        stats = self._mock.stats
        if isinstance(request, Refusal):
            stats.violated(request.violation, self.number, now)
            return self._plan(now, HamsaStep(0, hamsa_script.error(request.message)))
        # The protocol has no request id and no cancel: frames of two requests in flight cannot be told apart. So this
        # is a violation, whatever `overlap` makes of it.
        busy = bool(self._running)
        if busy:
            stats.violated("overlap", self.number, now)
            if self._mock.profile.overlap == "error":
                return self._plan(now, HamsaStep(0, hamsa_script.error("Another request is in progress")))
        self._requests += 1
        job = self._mock.accepted(request, self.number, self._requests, now)
        if self.number and job.record.kind not in self._kinds:
            self._kinds.add(job.record.kind)
            stats.sockets_used[job.record.kind] += 1
        if busy and self._mock.profile.overlap == "queue":
            return self._waiting.append(job)
        return self._start(job, now)

    def _start(self, job: _Job, now: float) -> None:
        """Plan the reply to a request."""
        script = self._mock.script(job)
        self._running.append(job)
        # The request is over at its last step, or before the steps that must not come any more.
        closing = len(script.steps) - 1 - script.trailing
        for place, step in enumerate(script.steps):
            self._plan(now, step, job, script.outcome if place == closing else None)

    def _plan(
        self, now: float, step: HamsaStep, job: _Job | None = None, closing: RequestOutcome | None = None
    ) -> None:
        self._order += 1
        at = now + step.after / self._mock.profile.speed
        heapq.heappush(self._due, (at, self._order, step, job, closing))

    def _perform(
        self, at: float, _order: int, step: HamsaStep, job: _Job | None, closing: RequestOutcome | None
    ) -> list[ServiceOutput]:
        """Perform one step that is due. Return what it sends."""
        self._active = at
        if isinstance(step.act, Hang):
            # Without a code the socket stays half open.
            if step.act.code:
                return [self._hang(at, step.act.code)]
            self.deaf = True
            return []
        outs: list[ServiceOutput] = [SendFrame(at, step.act)]
        if job:
            self._mock.stats.sent(job.record, step.act, at, content=step.content)
        if job and closing:
            self._running.remove(job)
            self._mock.stats.ended(job.record, closing, at)
            # One public integration says that the service closes after `end`; all others keep the socket.
            if self._mock.profile.close_after_end and job.record.kind == "tts" and self.number:
                outs.append(self._hang(at, 1000))
            elif self._waiting:
                self._start(self._waiting.popleft(), at)
        return outs

    def _hang(self, at: float, code: int) -> CloseSocket:
        """End the socket from the service's side."""
        self._end(at, "lost")
        return CloseSocket(at, code)

    def _end(self, at: float, outcome: RequestOutcome) -> None:
        """End the socket and every request on it, with the same outcome."""
        for job in (*self._running, *self._waiting):
            self._mock.stats.ended(job.record, outcome, at)
        self._running.clear()
        self._waiting.clear()
        self._due.clear()
        self.open = False
        # A REST request (number 0) was never counted as a socket.
        if self.number:
            self._mock.stats.closed(self._requests)
