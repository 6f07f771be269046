"""The cost model: raw stacks in, microseconds a frame by stage out."""

from __future__ import annotations

import pytest

from tools.load.stages import (
    COLLECTOR,
    KERNEL,
    REST,
    STAGES,
    THREADS,
    Sampled,
    fit,
    of_main_thread,
    samples_by_stage,
    stacks,
    stage_of,
    table,
)

LOOP = "Runner.run (asyncio/runners.py:118)"
RUN = f"main (ivr/cli.py:84);{LOOP}"

ROWS = [
    ([], REST),
    (["serve (ivr/server/serve.py)", "Runner.run (asyncio/runners.py)"], REST),
    (["serve (ivr/server/workers/supervisor.py)", "Runner.run (asyncio/runners.py)"], REST),
    (["Session._read (ivr/session/session.py)", "Frame.parse (websockets/frames.py)"], "socket in"),
    (["WebSocketsSansIOProtocol.data_received (uvicorn/protocols/websockets/impl.py)"], "socket in"),
    (["Session._read (ivr/session/session.py)", "parse (ivr/twilio/messages.py)"], "parse"),
    (["Session._write (ivr/session/session.py)", "WebSocket.send (starlette/websockets.py)"], "socket out"),
    (["Session._send (ivr/session/session.py)", "_framed (ivr/server/websocket_protocol.py)"], "socket out"),
    (["LimitedWebSocketProtocol.send_now (ivr/server/websocket_protocol.py)"], "socket out"),
    (["Session.tick (ivr/session/session.py)", "Stream.encode (ivr/twilio/stream.py)"], "socket out"),
    (["Stream.receive (ivr/twilio/stream.py)", "Allowance.take (ivr/twilio/budget.py)"], "parse"),
    (["EchoGate.push (ivr/media/vad/echo_gate.py)", "decibels (ivr/media/loudness.py)"], "call"),
    (["SpeechOutput.audio (ivr/call/agent/output.py)", "Resampler.feed (ivr/media/resample.py)"], "speech out"),
    (["request (ivr/hamsa/stt/transcriber.py)", "Resampler.feed (ivr/media/resample.py)"], "service sockets"),
    (["Session._read (ivr/session/session.py)", "VadBatching.flush (ivr/session/vad_batching.py)"], "model"),
    (["ask (ivr/media/vad/silero.py)", "Session.run (onnxruntime/capi/session.py)"], "model"),
    (["Network.run (ivr/media/vad/network.py)", "einsum (numpy/_core/einsumfunc.py)"], "model"),
    (["Call.receive (ivr/call/call.py)", "EchoGate.push (ivr/media/vad/echo_gate.py)"], "call"),
    (["Call.receive (ivr/call/call.py)", "_var (numpy/_core/_methods.py)"], "call"),
    (["Call.receive (ivr/call/call.py)", "GainControl.feed (ivr/media/agc.py)"], "speech out"),
    (["PeerRequests.speak (ivr/session/peer_requests.py)"], "speech out"),
    (["PeerRequests.reply (ivr/session/peer_requests.py)", "strip_markup (ivr/text/normalize/markup.py)"], "reply"),
    (["LinkPool.now (ivr/hamsa/pool/pool.py)"], "service sockets"),
    (["Connection.data_received (websockets/asyncio/connection.py)"], "service sockets"),
    (["Call.receive (ivr/call/call.py)", "Metrics.happened (ivr/observe/metrics.py)"], "observers"),
    (["Session._feed (ivr/session/session.py)"], "session"),
    (["Bridge._beat (ivr/server/bridge.py)"], "session"),
]


def test_the_innermost_known_frame_decides() -> None:
    assert [(frames, stage_of(frames)) for frames, _ in ROWS] == ROWS
    assert {stage for _, stage in ROWS} == {*STAGES, REST}


def test_raw_lines_lose_their_line_numbers() -> None:
    raw = ["a (x.py:1);b (y.py:22) 7", "", "no count", "words and more"]
    assert list(stacks(raw)) == [(["a (x.py)", "b (y.py)"], 7)]


def test_other_threads_are_not_the_main_thread() -> None:
    thread = (["Thread._bootstrap (threading.py)", "LogWriter._write_all (ivr/observe/log_writer.py)"], 9)
    main = (["main (ivr/cli.py)"], 1)
    assert list(of_main_thread([thread, main])) == [main]


def test_shares_of_samples_become_microseconds_a_frame() -> None:
    sampled = Sampled(20, 0.5, 0.1, 0.02, {"call": 3, "model": 1, REST: 96}, 0.01)
    cost = {"call": 300.0, "model": 100.0, KERNEL: 100.0, THREADS: 20.0, COLLECTOR: 10.0}
    assert sampled.micros() == pytest.approx(cost)
    assert Sampled(0, 0.0, 0.0, 0.0, {}).micros() == {KERNEL: 0.0, THREADS: 0.0, COLLECTOR: 0.0}


def test_the_loop_alone_is_a_sample_of_no_stage() -> None:
    raw = [f"{RUN};f (ivr/call/call.py:1) 30", f"{RUN} 70", "Thread._bootstrap (threading.py:1) 100"]
    assert samples_by_stage(raw) == {"call": 30, REST: 70}


def test_a_line_through_several_loads() -> None:
    steady = fit([(10, 100 + 5000 / 500), (100, 100 + 5000 / 5000)])
    assert (steady.per_frame_us, steady.fixed_ms) == pytest.approx((100.0, 5.0))
    alone = fit([(10, 7.0)])
    assert (alone.per_frame_us, alone.fixed_ms) == (7.0, 0.0)


def test_the_table_has_a_column_for_each_load() -> None:
    one = Sampled(10, 0.1, 0.0, 0.0, {"call": 1})
    assert table([one]).splitlines() == [
        "| us a frame | 10 calls |",
        "| --- | ---: |",
        "| call | 200.0 |",
        "| sum | 200.0 |",
    ]
    two = table([one, Sampled(20, 0.2, 0.0, 0.1, {"call": 3, "parse": 1}, 0.01)]).splitlines()
    assert two[0] == "| us a frame | 10 calls | 20 calls | each further frame | fixed, ms a second |"
    assert two[2:] == [
        "| parse | 0.0 | 50.0 | 100.0 | -50.0 |",
        "| call | 200.0 | 150.0 | 100.0 | 50.0 |",
        "| other threads | 0.0 | 100.0 | 200.0 | -100.0 |",
        "| sum | 200.0 | 300.0 | 400.0 | -100.0 |",
        "| of it garbage collector | 0.0 | 10.0 | 20.0 | -10.0 |",
    ]
