"""Count for Prometheus what happens on calls. `Metrics` observes calls through their own events and commands.

Labels are fixed words of the bridge: no peer can add one.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram, Info, Metric, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.registry import Collector

from ivr import __version__
from ivr.call.agent.eager import EagerOutcome
from ivr.call.call import Call
from ivr.call.commands import Command, HangUp, Note
from ivr.call.events import SUPERSEDED, CallStarted, Event, PeerFault
from ivr.call.timeline import OWNERS, Turn, TurnKind, TurnOutcome, spent, wait
from ivr.observe.event_loop.stack_place import CAUSES, Cause
from ivr.observe.known_labels import CALL_ENDS, DOCUMENTS_ANSWERED, NOTES_WATCHED, SPAN_OUTCOMES, TAPE_OUTCOMES
from ivr.observe.shared_metrics import SharedMetrics
from ivr.observe.silences import dead_air, silences
from ivr.text.turn.words import TurnRule

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
MOST_LABELS: Final = 100
"""Different values of one label."""
OTHER: Final = "other"
WHOLE: Final = "whole"
"""The part of a wait that is all of it: the sum of the others."""
_LABEL: Final = re.compile(r"[a-z0-9_]{1,64}")
_OVERHEAD_SECONDS: Final = (0.005, 0.01, 0.02, 0.04, 0.06, 0.09, 0.12, 0.2, 0.5, 1.0)
_LAG_SECONDS: Final = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_AUDIO_SECONDS: Final = (0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0)
_WAIT_SECONDS: Final = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.5, 5.0, 7.0, 10.0, 20.0)
"""1.5, 3.5 and 5 are the objectives of deploy/prometheus/: a share below a bound is exact at a bucket's."""
_SILENCE_SECONDS: Final = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0)
_TURN_END_SECONDS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.5)
_GAINED_SECONDS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0)
_CALL_SECONDS: Final = (5.0, 15.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
_YIELD_SECONDS: Final = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
_TURN_MODEL_SECONDS: Final = (0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0)

_HISTOGRAMS: Final[Mapping[str, tuple[str, tuple[float, ...], tuple[str, ...]]]] = {
    "ivr_own_overhead_seconds": (
        "From endpoint to first audio, services excluded, stalls included",
        _OVERHEAD_SECONDS,
        (),
    ),
    "ivr_loop_lag_seconds": (
        "How late the event loop runs its timers",
        _LAG_SECONDS,
        (),
    ),
    "ivr_first_audio_seconds": (
        "From endpoint to the answer's first audio",
        _AUDIO_SECONDS,
        ("line",),
    ),
    "ivr_caller_wait_seconds": (
        "From the caller's last word to the answer's first audio, and who took it",
        _WAIT_SECONDS,
        ("line", "part"),
    ),
    "ivr_turn_end_seconds": (
        "From the caller's last word to the end of the turn, by what of the words told",
        _TURN_END_SECONDS,
        ("rule",),
    ),
    "ivr_eager_gained_seconds": (
        "How much sooner an answer came for being asked for before the turn had ended",
        _GAINED_SECONDS,
        (),
    ),
    "ivr_silence_seconds": (
        "The longest silence of each question while the caller waited",
        _SILENCE_SECONDS,
        ("line",),
    ),
    "ivr_call_seconds": (
        "From a call's start to its end",
        _CALL_SECONDS,
        ("line",),
    ),
    "ivr_yield_seconds": (
        "From the caller's onset to clear",
        _YIELD_SECONDS,
        (),
    ),
    "ivr_turn_model_seconds": (
        "From a pause of the caller's to what the turn model says of it",
        _TURN_MODEL_SECONDS,
        (),
    ),
}
"""What each histogram is, its bounds, its labels."""


class LabelValues:
    """Keep the values of one label bounded."""

    def __init__(self, limit: int = MOST_LABELS) -> None:
        self._limit = limit
        self._seen: set[str] = set()

    def bounded(self, word: str) -> str:
        """Return the word, or `other` for a word that is no short snake_case word, or one too many."""
        if word not in self._seen:
            if len(self._seen) >= self._limit or not _LABEL.fullmatch(word):
                return OTHER
            self._seen.add(word)
        return word


class ReadGauge(Collector):
    """Collect one number when Prometheus asks."""

    def __init__(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        self._name = name
        self._help_text = help_text
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Yield the number."""
        yield GaugeMetricFamily(self._name, self._help_text, self._read())


class Capacity(NamedTuple):
    """Hold what a server can carry."""

    live: int = 0
    """Calls on the line."""
    most: int = 0
    """Calls that may be."""
    draining: bool = False
    """It goes, and takes no new ones."""


class Metrics:
    """Hold the counters of one server."""

    wants_still_frames: Final = False

    def __init__(self, capacity: Callable[[], Capacity] = Capacity, lines: Sequence[str] = ()) -> None:
        """Take `capacity`, which is asked when Prometheus asks, and the names of the configuration's lines."""
        # Its own registry: two servers in one process (tests, the demo) share no counter.
        self.registry = CollectorRegistry()
        self._words: dict[tuple[MetricWrapperBase, int], LabelValues] = {}
        # Only lines of the configuration are labels, and of very many the first.
        self._known_lines = lines[:MOST_LABELS]
        self._line_of: dict[str, str] = {}
        self._since: dict[str, float] = {}
        """When each call on the line began."""
        self._calls = self._counter("ivr_calls", "Calls whose stream opened", "line")
        self._answers = self._counter("ivr_answers", "Answers to the voice webhook", "document")
        self._rejected = self._counter("ivr_rejected_requests", "Requests and streams refused", "route", "reason")
        self._turned_away = self._counter(
            "ivr_turned_away", "Calls that a line did not take, by its hours or its callers", "line", "reason"
        )
        self._ended = self._counter("ivr_terminations", "Calls that ended", "line", "result", "reason")
        self._turns = self._counter("ivr_turns", "Turns", "line", "kind", "outcome")
        self._overlaps = self._counter("ivr_barge_ins", "Callers speaking over the agent", "verdict")
        self._notes = self._counter("ivr_notes", "Notes of calls", "name")
        self._faults = self._counter("ivr_peer_faults", "What peers said outside their protocol", "wire", "reason")
        self._overhead = self._histogram("ivr_own_overhead_seconds")
        self._dropped_lines = self._counter("ivr_log_lines_dropped", "Lines of the log that were not read in time")
        self._tapes, self._tape_bytes = self._file_counters("tape", "Tapes")
        self._recordings, self._recording_bytes = self._file_counters("recording", "Recordings")
        self._lag = self._histogram("ivr_loop_lag_seconds")
        self._spans = self._counter("ivr_spans", "Spans of traces, by what became of them", "outcome")
        self._blocked = self._counter(
            "ivr_loop_blocked_seconds", "How long the event loop was blocked, of more than 0.1 s at once", "cause"
        )
        self._first_audio, self._turn_ends = map(self._histogram, ("ivr_first_audio_seconds", "ivr_turn_end_seconds"))
        self._ahead = self._counter("ivr_eager", "Questions asked before the turn had ended", "outcome")
        self._gained, self._waits, self._silences = map(
            self._histogram, ("ivr_eager_gained_seconds", "ivr_caller_wait_seconds", "ivr_silence_seconds")
        )
        self._dead_air = self._counter(
            "ivr_dead_air_seconds", "Silences of more than 2 s in which the caller waited, added up", "line"
        )
        self._lengths, self._yields, self._turn_model = map(
            self._histogram, ("ivr_call_seconds", "ivr_yield_seconds", "ivr_turn_model_seconds")
        )
        self._read = CollectorRegistry()
        """What is read at its source when Prometheus asks."""
        self.shared: SharedMetrics | None = None
        """The page of all workers. None: this process serves alone."""
        self.add(ReadGauge("ivr_live_calls", "Calls on the line", lambda: capacity().live))
        self.add(ReadGauge("ivr_max_calls", "Calls that may be on the line", lambda: capacity().most))
        self.add(ReadGauge("ivr_draining", "Processes that go: they take no new calls", lambda: capacity().draining))
        build = Info("ivr_build", "What runs", registry=None)
        build.info({"version": __version__, "python": platform.python_version()})
        self.add(build)
        self.add(ProcessCollector(registry=None))
        self._begin_at_zero()

    def __repr__(self) -> str:
        return f"<Metrics {len(self._words)} labels>"

    def add(self, collector: Collector) -> None:
        """Add a collector to the page. It is read when Prometheus asks."""
        self.registry.register(collector)
        self._read.register(collector)

    def answered(self, document: str) -> None:
        """Count an answer to the voice webhook, by document."""
        self._add(self._answers, document)

    def turned_away(self, line: str, reason: str) -> None:
        """Count a call that its line does not take: outside its hours, or for its caller."""
        self._add(self._turned_away, line if line in self._known_lines else OTHER, reason)

    def rejected(self, route: str, reason: str) -> None:
        """Count a refused request (`voice`, `status`) or stream (`media`)."""
        self._add(self._rejected, route, reason)

    def lagged(self, seconds: float) -> None:
        """Record the event loop's lag, in seconds."""
        self._lag.observe(seconds)

    def judged(self, seconds: float) -> None:
        """Record how long the turn model took to judge a pause, in seconds."""
        self._turn_model.observe(seconds)

    def blocked(self, cause: Cause, seconds: float) -> None:
        """Count a time in which the event loop was blocked. From any thread."""
        self._blocked.labels(cause).inc(seconds)

    def traced(self, outcome: str, spans: int) -> None:
        """Count spans by what became of them. From any thread."""
        self._add(self._spans, outcome, amount=spans)

    def log_line_dropped(self) -> None:
        """Count a line of the log that was not written."""
        self._dropped_lines.inc()

    def taped(self, outcome: str, size: int) -> None:
        """Count a tape that is finished, `size` bytes: `kept`, `not_kept`, or why it was dropped. From any thread."""
        self._add(self._tapes, outcome)
        self._tape_bytes.inc(size)

    def recorded(self, outcome: str, size: int) -> None:
        """Count a recording that is finished, `size` bytes: `kept`, or why it is not whole. From any thread."""
        self._add(self._recordings, outcome)
        self._recording_bytes.inc(size)

    def noted(self, name: str) -> None:
        """Count a note that belongs to no call."""
        self._add(self._notes, name)

    def began(self, call_id: str, now: float, call: Call) -> None:
        """Need nothing of a call before its first event."""

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        """Count an event of a call, and the notes among its commands."""
        if isinstance(event, CallStarted):
            self._line_of[call_id] = event.line if event.line in self._known_lines else OTHER
            self._since.setdefault(call_id, now)
            self._add(self._calls, self._line_of[call_id])
        elif isinstance(event, PeerFault):
            self._add(self._faults, event.wire, event.reason)
        for command in commands:
            if isinstance(command, Note):
                self._add(self._notes, command.name)
                if command.name == "turn_end":
                    self._turn_ends.labels(command.fields["rule"]).observe(int(command.fields["silence_ms"]) / 1000)
                elif command.name == "eager":
                    self._add(self._ahead, str(outcome := command.fields["outcome"]))
                    if outcome == "used":
                        self._gained.observe(int(command.fields["ms"]) / 1000)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        """Count the end of a call."""
        line = self._line_of.get(call_id, OTHER)
        # The call of a stream that was superseded goes on in its second stream.
        if hang_up.reason != SUPERSEDED:
            self._line_of.pop(call_id, None)
            if (since := self._since.pop(call_id, None)) is not None:
                self._lengths.labels(line).observe(now - since)
        self._add(self._ended, line, hang_up.result, hang_up.reason)

    def closed(self, call_id: str, now: float, turn: Turn) -> None:
        """Count a turn that is over."""
        line = self._line_of.get(call_id, OTHER)
        self._add(self._turns, line, turn.kind, turn.outcome)
        for overlap in turn.overlaps:
            self._add(self._overlaps, overlap.verdict)
            if overlap.clear_at is not None:
                self._yields.observe(overlap.clear_at - overlap.onset_at)
        if turn.own_overhead is not None:
            self._overhead.observe(turn.own_overhead)
        if turn.endpoint_at is not None and turn.first_sent_at is not None:
            self._first_audio.labels(line).observe(turn.first_sent_at - turn.endpoint_at)
        if found := silences(turn, now):
            self._silences.labels(line).observe(max(found))
            self._dead_air.labels(line).inc(dead_air(found))
        # A phrase answers no one, and of a turn without a sound the wait has no end.
        if (whole := wait(turn)) is not None:
            self._waits.labels(line, WHOLE).observe(whole)
            for owner in OWNERS:
                if (seconds := spent(turn, owner)) is not None:
                    self._waits.labels(line, owner).observe(seconds)

    def render(self) -> bytes:
        """Return the page for Prometheus, as `CONTENT_TYPE`."""
        if self.shared is None:
            return generate_latest(self.registry)
        self.share()
        return self.shared.render()

    def share(self) -> None:
        """Let other workers, where there are any, read what stands at its source here."""
        if self.shared is not None:
            self.shared.copy(self._read)

    def _file_counters(self, kind: str, many: str) -> tuple[Counter, Counter]:
        """Make the counters of files that are kept of calls, and of their bytes."""
        files = self._counter(f"ivr_{kind}s", f"{many} of calls, by what became of them", "outcome")
        return files, self._counter(f"ivr_{kind}_bytes", f"What was written of {many.lower()}, kept or not")

    def _counter(self, name: str, help_text: str, *labels: str) -> Counter:
        """Make a counter in this registry."""
        return Counter(name, help_text, labels, registry=self.registry)

    def _histogram(self, name: str) -> Histogram:
        """Make a histogram in this registry."""
        help_text, buckets, labels = _HISTOGRAMS[name]
        return Histogram(name, help_text, labels, buckets=buckets, registry=self.registry)

    def _begin_at_zero(self) -> None:
        """Show the values that are known before they happen: an alert on a rise needs a figure before the first."""
        for line in self._known_lines:
            self._add(self._calls, line, amount=0)
            self._first_audio.labels(line)
            self._silences.labels(line)
            self._lengths.labels(line)
            self._dead_air.labels(line)
            for part in (WHOLE, *OWNERS):
                self._waits.labels(line, part)
            for result, reason in CALL_ENDS:
                self._add(self._ended, line, result, reason, amount=0)
            for kind in get_args(TurnKind):
                for outcome in get_args(TurnOutcome):
                    self._add(self._turns, line, kind, outcome, amount=0)
        for rule in get_args(TurnRule):
            self._turn_ends.labels(rule)
        for counter, values in (
            (self._answers, DOCUMENTS_ANSWERED),
            (self._overlaps, ("commit", "resume")),
            (self._ahead, get_args(EagerOutcome)),
            (self._notes, NOTES_WATCHED),
            (self._tapes, TAPE_OUTCOMES),
            (self._blocked, CAUSES),
            (self._spans, SPAN_OUTCOMES),
        ):
            for value in values:
                self._add(counter, value, amount=0)
        self._add(self._rejected, "voice", "wrong_signature", amount=0)

    def _add(self, counter: Counter, *words: str, amount: int = 1) -> None:
        """Add to a counter, under these label values."""
        labels = [
            self._words.setdefault((counter, place), LabelValues()).bounded(word) for place, word in enumerate(words)
        ]
        counter.labels(*labels).inc(amount)
