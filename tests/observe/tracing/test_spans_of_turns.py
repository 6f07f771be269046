"""The ids of a trace, and the spans of turns and calls: pure, without OpenTelemetry."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.call.call import Call
from ivr.call.commands import HangUp, Note, SendClear
from ivr.call.events import CallStarted, Tick
from ivr.call.options import CallOptions
from ivr.call.timeline import Overlap, Sentence, Turn
from ivr.observe.tracing.call_tracer import MOST_NOTES, CallTracer
from ivr.observe.tracing.trace_ids import TraceIds
from ivr.observe.tracing.turn_spans import PlainSpan, SpanEvent, turn_span

IDS = TraceIds(b"0123456789abcdef")
STOP = HangUp("success", "caller_stop")


def spoken() -> Turn:
    turn = Turn(1, "speech", "private words", outcome="heard", digits="4711", ended_at=4.0)
    turn.record_speech(0.5, 1.0, 1.5, 1.8)
    turn.ask(1.81)
    turn.receive_delta(2.0)
    turn.end_reply(2.4)
    said = turn.add_sentence("private answer", "private answer", 2.1)
    said.ask(2.1)
    said.add_audio(900, 2.3)
    said.heard_ms = 900
    turn.send(said, 2.31)
    turn.overlaps.append(Overlap(3.0, 3.1, 3.1, verdict="commit", rule="words"))
    return turn


def names(span: PlainSpan | None) -> list[str]:
    assert span is not None
    return [one.name for one in span.below]


def test_ids_follow_from_the_seed_and_are_none_twice() -> None:
    assert IDS.trace == TraceIds(b"0123456789abcdef").trace
    numbers = [IDS.trace, IDS.call, *(IDS.agent(stream, turn) for stream in (1, 2) for turn in range(50))]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > 0
    assert TraceIds(b"x").trace != IDS.trace


def test_the_agent_is_told_where_it_stands() -> None:
    version, trace, span, flags = IDS.traceparent(1, 3).split("-")
    assert (version, int(trace, 16), int(span, 16), flags) == ("00", IDS.trace, IDS.agent(1, 3), "01")
    assert (len(trace), len(span)) == (32, 16)
    assert TraceIds(b"x", sampled=False).traceparent(1, 3).endswith("-00")


def test_a_spoken_turn_has_a_span_for_each_party() -> None:
    span = turn_span(spoken(), 9.0, 77, [SpanEvent("filler", 2.2)])
    assert span is not None
    assert names(span) == ["caller", "endpoint", "stt", "agent", "tts", "playout"]
    assert [(one.start, one.end) for one in span.below] == [
        *((0.5, 1.0), (1.0, 1.5), (1.5, 1.8), (1.81, 2.4), (2.1, 2.3), (2.31, 4.0))
    ]
    assert (span.start, span.end, span.failure) == (0.5, 4.0, "")
    assert [event.name for event in span.events] == ["filler", "barge_in"]
    assert span.below[3].id == 77
    assert span.below[3].events == (SpanEvent("first words", 2.0),)
    assert span.attributes["ivr.answer_ms"] == 1310
    assert "private" not in str(span)
    assert "4711" not in str(span)


def test_a_turn_that_stopped_half_way_has_what_it_reached() -> None:
    assert turn_span(Turn(2, "speech"), 9.0, 1) is None
    asked = Turn(2, "dtmf", asked_at=3.0, failure="timeout")
    span = turn_span(asked, 9.0, 1)
    assert span is not None
    assert [(one.name, one.start, one.end, one.failure) for one in span.below] == [("agent", 3.0, 9.0, "timeout")]
    lost = Turn(3, "dtmf", asked_at=3.0, failure="tts", ended_at=8.0)
    lost.sentences = [Sentence(1, "a", "a", 4.0, asked_at=4.0, failed="timeout"), Sentence(2, "b", "b", 4.0)]
    lost.sentences.append(Sentence(3, "c", "c", 4.0, asked_at=4.0, audio_at=4.0, fixed=True))
    lost.fillers = [Sentence(1, "f", "f", 5.0, sent_at=5.0, audio_ms=1000), Sentence(1, "f", "f", 7.0)]
    span = turn_span(lost, 9.0, 1)
    assert span is not None
    assert [(one.name, one.end, one.failure) for one in span.below] == [
        *(("agent", 8.0, ""), ("tts", 8.0, "timeout"), ("filler", 6.0, ""))
    ]


@dataclass
class Sink:
    """Keep what was put."""

    sampled: bool = True
    closed: bool = False
    put_down: list[tuple[TraceIds, PlainSpan, int, float]] = field(default_factory=list)

    def samples(self, ids: TraceIds) -> bool:
        return self.sampled

    def put(self, ids: TraceIds, span: PlainSpan, parent: int, offset: float) -> None:
        self.put_down.append((ids, span, parent, offset))

    def close(self) -> None:
        self.closed = True


def tracer(sink: Sink) -> CallTracer:
    return CallTracer(sink, lambda size: bytes(range(size)), lambda now: 1000.0 - now, "one")


def begin(traced: CallTracer, now: float = 1.0) -> None:
    traced.began("CA", now, Call(CallOptions()))
    traced.happened("CA", now, CallStarted("CA", "MZ", "+966500000001", line="sales"), [])


def test_a_call_is_a_trace_of_its_turns() -> None:
    sink = Sink()
    traced = tracer(sink)
    assert traced.traceparent("CA", 1) == ""
    begin(traced)
    told = traced.traceparent("CA", 1)
    traced.happened("CA", 2.2, Tick(), [SendClear(), Note("filler", {"state": "thinking"}), Note("levels")])
    traced.closed("CA", 4.0, Turn(0, "phrase"))
    traced.closed("CA", 4.0, spoken())
    traced.happened("CA", 5.0, Tick(), [Note("transfer_failed", {"reason": "busy"})] * (MOST_NOTES + 1))
    assert repr(traced) == "<CallTracer 1 calls>"
    traced.ended("CA", 6.0, [Turn(0, "phrase"), spoken()], HangUp("upstream_error", "agent_unavailable"))
    [(ids, turn, parent, offset), (_, call, root, _)] = sink.put_down
    assert (turn.name, parent, call.name, call.id, root, offset) == ("turn", ids.call, "call", ids.call, 0, 999.0)
    assert int(told.split("-")[2], 16) == next(one.id for one in turn.below if one.name == "agent")
    assert (turn.events[0].name, turn.events[0].attributes) == ("filler", {"ivr.state": "thinking"})
    assert len(call.events) == MOST_NOTES
    assert (call.start, call.end, call.failure) == (1.0, 6.0, "agent_unavailable")
    assert call.attributes == {
        "ivr.call": "CA", "ivr.line": "sales", "ivr.result": "upstream_error", "ivr.reason": "agent_unavailable",
        "ivr.turns": 1, "ivr.node": "one",
    }  # fmt: skip
    assert "+966" not in str(sink.put_down)
    traced.close()
    assert sink.closed


def test_a_call_that_is_not_sampled_makes_no_span() -> None:
    sink = Sink(sampled=False)
    traced = tracer(sink)
    begin(traced)
    assert traced.traceparent("CA", 1).endswith("-00")
    traced.closed("CA", 4.0, spoken())
    traced.ended("CA", 6.0, [], STOP)
    assert sink.put_down == []


def test_a_second_stream_goes_on_with_the_trace() -> None:
    sink = Sink()
    traced = tracer(sink)
    begin(traced)
    first = traced.traceparent("CA", 1)
    begin(traced, 2.0)
    assert traced.traceparent("CA", 1).split("-")[1] == first.split("-")[1]
    assert traced.traceparent("CA", 1) != first
    traced.ended("CA", 2.0, [], HangUp("indeterminate", "superseded"))
    traced.ended("CA", 9.0, [], STOP)
    assert [(span.name, span.start, span.end) for _, span, _, _ in sink.put_down] == [("call", 1.0, 9.0)]


def test_what_no_trace_began_for_is_left_alone() -> None:
    sink = Sink()
    nameless = CallTracer(sink, bytes, lambda now: 0.0)
    nameless.happened("CA", 1.0, Tick(), [Note("filler")])
    nameless.closed("CA", 1.0, spoken())
    nameless.ended("CA", 1.0, [], STOP)
    assert sink.put_down == []
    nameless.began("CA", 1.0, Call(CallOptions()))
    nameless.ended("CA", 2.0, [], STOP)
    assert "ivr.node" not in sink.put_down[0][1].attributes
