"""A phone as the carrier describes it, for the playout's tests."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.media.playout import Out, Playout, PlayoutAudio, PlayoutClear, PlayoutMark

RATE = 8000


@dataclass
class Ear:
    """A phone as the carrier describes it: one FIFO, marks returned when reached, `clear` returns them all."""

    playout: Playout
    delay: float = 0.0
    now: float = 100.0
    free_at: float = 0.0
    heard: bytearray = field(default_factory=bytearray)
    queue: list[tuple[float, bytes]] = field(default_factory=list)
    marks: list[tuple[float, str]] = field(default_factory=list)
    log: list[tuple[float, Out]] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)

    def take(self, outs: list[Out]) -> None:
        for out in outs:
            self.log.append((self.now, out))
            arrival = self.now + self.delay
            match out:
                case PlayoutAudio(payload):
                    if self.free_at and arrival > self.free_at + 1e-6:
                        self.gaps.append(arrival - self.free_at)
                    start = max(self.free_at, arrival)
                    self.queue.append((start, payload))
                    self.free_at = start + len(payload) / RATE
                case PlayoutMark(name):
                    self.marks.append((max(self.free_at, arrival) + self.delay, name))
                case PlayoutClear():
                    self.play_until(arrival)
                    self.queue.clear()
                    self.free_at = arrival
                    self.marks = [(arrival + self.delay, name) for _, name in self.marks]

    def play_until(self, now: float) -> None:
        rest = []
        for start, payload in self.queue:
            n = max(0, min(len(payload), round((now - start) * RATE)))
            self.heard += payload[:n]
            if n < len(payload):
                rest.append((start + n / RATE, payload[n:]))
        self.queue = rest

    def run(self, seconds: float, step: float | None = None) -> None:
        """Let time pass, waking the playout when it asks."""
        end = self.now + seconds
        while self.now < end:
            times = [end, *(at for at, _ in self.marks)]
            wake = self.playout.wake_at()
            if wake is not None:
                times.append(max(wake, self.now))
            if step is not None:
                times.append(self.now + step)
            self.now = max(self.now, min(times))
            self.play_until(self.now)
            due = [name for at, name in self.marks if at <= self.now]
            self.marks = [(at, name) for at, name in self.marks if at > self.now]
            for name in due:
                self.playout.mark(name, self.now)
            self.take(self.playout.poll(self.now))

    def say(self, key: int, audio: bytes) -> None:
        self.playout.begin(key)
        self.playout.write(audio)
        self.playout.finish(key)
        self.take(self.playout.poll(self.now))

    @property
    def clears(self) -> int:
        return sum(isinstance(out, PlayoutClear) for _, out in self.log)

    @property
    def sizes(self) -> list[int]:
        return [len(out.payload) for _, out in self.log if isinstance(out, PlayoutAudio)]
