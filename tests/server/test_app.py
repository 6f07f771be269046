"""The HTTP routes: who may come in, and what is answered. In memory, without a peer."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from ivr.server.bridge import Bridge
from ivr.testbench.twilio.asgi import AsgiRefused, alive, websocket
from ivr.testbench.twilio.signing import SharedKey, Signer
from tests.support.front import (
    ACCOUNT,
    CALL,
    CALLED,
    CALLER,
    PUBLIC,
    Front,
    document,
    said,
    settings,
    token,
    visit,
    voice_form,
)

# -- an answer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["post", "get"])
def test_an_answer_has_a_stream_and_goes_on_after_a_crash(tmp_path: Path, method: str) -> None:
    async def story(front: Front) -> None:
        answer = await getattr(front, method)("/voice")
        root = document(answer)
        stream = root.find("Connect/Stream")
        assert stream is not None
        assert stream.get("url") == "wss://bridge.example/media"
        assert len(token(answer)) >= 40
        assert [verb.tag for verb in root] == ["Connect", "Redirect"]
        assert root.findtext("Redirect") == "https://bridge.example/resume"
        # The audio of a call that nothing is known of has ended.
        assert "Goodbye" in said(await front.post("/resume"))
        assert front.metric("ivr_answers_total", document="answer") == 1
        place = front.bridge.admission.expect(CALL, asyncio.get_running_loop().time())
        assert place is not None
        assert (place.caller, place.called, place.direction) == (CALLER, CALLED, "inbound")

    visit(settings(tmp_path), story)


def test_a_repeated_request_gets_the_same_answer(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        first, again = await front.post("/voice"), await front.post("/voice")
        assert first.text == again.text
        assert front.bridge.admission.admitted == 1
        assert token(await front.post("/voice", voice_form(CallSid="CA2"))) != token(first)

    visit(settings(tmp_path, IVR_MAX_CALLS="2"), story)


def test_an_answer_waits_for_nobody(tmp_path: Path) -> None:
    async def never(_: object) -> Any:
        await asyncio.sleep(3600)

    async def story(front: Front) -> None:
        async with alive(front.app):
            loop = asyncio.get_running_loop()
            began = loop.time()
            await front.post("/voice")
            assert loop.time() == began
            assert (await front.client.get("/readyz")).status_code == 503

    visit(settings(tmp_path), story, connect=never)


def test_one_call_too_many_hears_that_all_lines_are_busy(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        token(await front.post("/voice"))
        assert "busy" in said(await front.post("/voice", voice_form(CallSid="CA2")))
        token(await front.post("/voice"))
        await asyncio.sleep(61)
        token(await front.post("/voice", voice_form(CallSid="CA2")))

    visit(settings(tmp_path, IVR_MAX_CALLS="1"), story)


def test_a_draining_server_says_so_to_new_calls_only(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        token(await front.post("/voice"))
        front.bridge.admission.draining = True
        assert "being updated" in said(await front.post("/voice", voice_form(CallSid="CA2")))
        token(await front.post("/voice"))
        assert front.metric("ivr_answers_total", document="drain") == 1

    visit(settings(tmp_path), story)


def test_a_number_without_an_agent_is_closed(tmp_path: Path) -> None:
    lines = tmp_path / "ivr.toml"
    lines.write_text(
        '[[line]]\nnumber = "+966 11 000 0001"\nwebhook_url = "http://agent.example/one"\nlanguage = "ar"\n', "utf-8"
    )

    async def story(front: Front) -> None:
        assert "closed" in said(await front.post("/voice"))
        token(await front.post("/voice", voice_form(To="+966110000001")))
        assert "مع السلامة" in said(await front.post("/resume", voice_form(To="+966110000001", CallSid=f"CA{9:032}")))

    visit(settings(tmp_path, IVR_WEBHOOK_URL=""), story)


@pytest.mark.parametrize(
    "fields",
    [
        {"To": "966110000001"},
        {"To": "sip:+966110000001@Trunk.Example:5060;user=phone"},
        {"To": "tel:+966-11-000-0001"},
        {"To": "+15550100", "From": "+966110000001", "Direction": "outbound-api"},
        {"To": "+15550100", "From": "+966110000001", "Direction": "outbound-dial"},
    ],
)
def test_a_call_finds_its_line_however_it_is_written(tmp_path: Path, fields: dict[str, str]) -> None:
    lines = tmp_path / "ivr.toml"
    lines.write_text(
        '[[line]]\nnumber = "00966 11 000 0001"\nwebhook_url = "http://agent.example/one"\nlanguage = "ar"\n', "utf-8"
    )

    async def story(front: Front) -> None:
        form = voice_form(**fields)
        assert "مع السلامة" in said(await front.post("/resume", form))
        assert "مع السلامة" in said(await front.post("/goodbye", form))
        assert "Goodbye" in said(await front.post("/goodbye", voice_form(From="+966110000001")))

    visit(settings(tmp_path), story)


def test_what_came_with_a_call_is_kept_for_the_agent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def story(front: Front) -> None:
        await front.post("/voice", query="?branch=%D8%A7&n=1&n=2")
        await front.post(
            "/status", {"CallSid": CALL, "AnsweredBy": "machine_start", "MachineDetectionDuration": "2300"}
        )
        place = front.bridge.admission.expect(CALL, asyncio.get_running_loop().time())
        assert place is not None
        told = {"branch": "ا", "n": "1, 2", "StirVerstat": "TN-Validation-Passed-A"}
        assert place.parameters == {**told, "AnsweredBy": "machine_start", "MachineDetectionDuration": "2300"}
        await front.get("/voice", voice_form(CallSid="CA2", SipHeader_X="y" * 2000))
        await front.post("/status", {"CallSid": "CA9", "AnsweredBy": "human"})
        assert front.bridge.admission.expect("CA9", asyncio.get_running_loop().time()) is None

    visit(settings(tmp_path), story)
    [line] = (record for record in caplog.records if record.getMessage() == "parameters_left_out")
    assert (line.__dict__["call"], line.__dict__["count"]) == ("CA2", 1)


def test_a_crash_in_the_answer_gives_words_and_not_a_500(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(Bridge, "answer", lambda *_: 1 / 0)

    async def story(front: Front) -> None:
        assert "technical problem" in said(await front.post("/voice"))
        assert front.metric("ivr_answers_total", document="error") == 1

    visit(settings(tmp_path), story)
    assert "answer_failed" in caplog.text
    assert CALLER not in caplog.text


# -- who asks ------------------------------------------------------------------------------------------------------


SIGNERS: list[tuple[str, Signer, dict[str, str], str | None]] = [
    ("right", Signer("the-auth-token"), {}, None),
    ("unsigned", Signer("the-auth-token", honesty="missing"), {}, "no_signature"),
    ("another secret", Signer("not the token"), {}, "wrong_signature"),
    ("the token being rotated in", Signer("second"), {"TWILIO_SECONDARY_AUTH_TOKEN": "second"}, None),
    ("a shared key", Signer("", SharedKey("k1", "s1")), {"IVR_SHARED_KEYS": "k1=s1"}, None),
    ("an unknown shared key", Signer("", SharedKey("k2", "s1")), {"IVR_SHARED_KEYS": "k1=s1"}, "unknown_key"),
    ("a shared key where none is set up", Signer("", SharedKey("k1", "s1")), {}, "unknown_key"),
    (
        "the token where a shared key is required",
        Signer("the-auth-token"),
        {"IVR_SHARED_KEYS": "k1=s1", "IVR_REQUIRE_SHARED_KEY": "true"},
        "shared_key_required",
    ),
]


@pytest.mark.parametrize(
    ("secret", "changes", "word"),
    [
        ("not the token", {}, "IVR_PUBLIC_URL"),
        ("the-auth-token", {"AccountSid": "AC" + "9" * 32}, "TWILIO_SUBACCOUNTS"),
    ],
)
def test_a_refusal_says_what_may_be_wrong(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, secret: str, changes: dict[str, str], word: str
) -> None:
    async def story(front: Front) -> None:
        front.signer = Signer(secret)
        assert (await front.post("/voice", voice_form(**changes))).status_code == 403

    visit(settings(tmp_path), story)
    [line] = (record for record in caplog.records if record.getMessage() == "refused")
    assert word in line.__dict__["problem"]


@pytest.mark.parametrize(("signer", "env", "reason"), [row[1:] for row in SIGNERS], ids=[row[0] for row in SIGNERS])
@pytest.mark.parametrize("route", ["voice", "status", "goodbye"])
def test_only_the_carrier_comes_in(
    tmp_path: Path, route: str, signer: Signer, env: dict[str, str], reason: str | None
) -> None:
    async def story(front: Front) -> None:
        front.signer = signer
        answer = await front.post(f"/{route}")
        if reason is None:
            assert answer.status_code in (200, 204)
            return
        assert (answer.status_code, answer.text) == (403, "Forbidden\n")
        assert front.rejected(route, reason) == 1
        assert front.bridge.admission.admitted == 0

    visit(settings(tmp_path, **env), story)


def test_a_signature_covers_every_field_the_query_and_the_route(tmp_path: Path) -> None:
    form = voice_form()

    async def story(front: Front) -> None:
        headers = front.signer.headers(f"{PUBLIC}/voice", form)
        for path, fields in (
            ("/voice", {**form, "From": "+966500000009"}),
            ("/voice", {name: value for name, value in form.items() if value}),
            ("/voice", {**form, "Extra": "1"}),
            ("/voice?x=1", form),
            ("/status", form),
            ("/goodbye", form),
        ):
            assert (await front.client.post(path, data=fields, headers=headers)).status_code == 403
        assert (await front.client.post("/voice", data=form, headers=headers)).status_code == 200

    visit(settings(tmp_path), story)


def test_a_query_is_signed_as_it_was_written(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        assert (await front.post("/voice", query="?line=%D8%A7&x=a+b&y=")).status_code == 200

    visit(settings(tmp_path), story)


def raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


@pytest.mark.parametrize("host", ["evil.example", "x/status#", "[::1", "a@b", "x?y", "x:99999999", "\xff"])
def test_what_the_request_calls_the_host_does_not_matter(tmp_path: Path, host: str) -> None:
    form = voice_form()

    async def story(front: Front) -> None:
        right = front.signer.headers(f"{PUBLIC}/voice", form)
        named = [(b"host", host.encode("latin-1"))]
        assert (await front.client.post("/voice", data=form, headers=[*raw(right), *named])).status_code == 200
        other = front.signer.headers(f"{PUBLIC}/status", form)
        assert (await front.client.post("/voice", data=form, headers=[*raw(other), *named])).status_code == 403

    visit(settings(tmp_path), story)


PREFIXED = "https://bridge.example/ivr/one"


@pytest.mark.parametrize(
    "came", ["/voice", "/voice/", "//voice", "/ivr/one/voice", "/ivr/one/voice/", "/ivr/one//voice"]
)
def test_a_slash_and_the_path_of_the_public_url_change_nothing(tmp_path: Path, came: str) -> None:
    async def story(front: Front) -> None:
        form = voice_form()
        # Twilio asks for the whole URL. The proxy passes its path on, or takes off that of IVR_PUBLIC_URL.
        asked = f"{PREFIXED}{came.removeprefix('/ivr/one')}"
        for written in (asked, asked.rstrip("/")):
            answer = await front.client.post(
                f"http://x:1{came}", data=form, headers=front.signer.headers(written, form)
            )
            stream = document(answer).find("Connect/Stream")
            assert stream is not None
            assert stream.get("url") == "wss://bridge.example/ivr/one/media"
        other = front.signer.headers(f"{PREFIXED}/status", form)
        assert (await front.client.post(f"http://x:1{came}", data=form, headers=other)).status_code == 403

    visit(settings(tmp_path, IVR_PUBLIC_URL=f"{PREFIXED}/"), story)


@pytest.mark.parametrize(
    ("public", "came"),
    [(PUBLIC, "/media/"), (PUBLIC, "//media"), (PREFIXED, "/media"), (PREFIXED, "/ivr/one/media/")],
)
def test_a_stream_finds_its_path_as_well(tmp_path: Path, public: str, came: str) -> None:
    async def story(front: Front) -> None:
        signed = front.signer.headers(f"wss{public.removeprefix('https')}{came.removeprefix('/ivr/one')}")
        socket = await websocket(front.app, f"ws://127.0.0.1:8000{came}", signed)
        await socket.close()
        await socket.serving

    visit(settings(tmp_path, IVR_PUBLIC_URL=public), story)


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "refusal"),
    [
        ("GET", "/media", {"sec-websocket-key": "x"}, 426, ("media", "no_upgrade")),
        ("GET", "/media", {}, 426, ("media", "no_websocket")),
        ("PUT", "/voice", {}, 405, ("voice", "wrong_method")),
        ("POST", "/healthz", {}, 405, ("healthz", "wrong_method")),
        ("POST", "/bridge/voice", {}, 404, ("voice", "wrong_prefix")),
        ("GET", "/ivr/media", {}, 404, ("media", "wrong_prefix")),
        ("POST", "/incoming", {"x-twilio-signature": "x"}, 404, ("elsewhere", "wrong_path")),
        ("PROPFIND", "/incoming", {}, 404, ("elsewhere", "unknown_path")),
        ("POST", "/VOICE", {}, 404, ("elsewhere", "unknown_path")),
        ("GET", "/..%2f", {}, 404, ("elsewhere", "unknown_path")),
        ("GET", "/", {}, 404, ("elsewhere", "unknown_path")),
        ("GET", "/metrics", {}, 404, ("elsewhere", "unknown_path")),
    ],
)
def test_a_wrong_path_is_counted_and_told(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    refusal: tuple[str, str],
) -> None:
    async def story(front: Front) -> None:
        answer = await front.client.request(method, f"http://127.0.0.1:8000{path}", headers={"host": "e.x", **headers})
        assert (answer.status_code, answer.text) == (status, f"{HTTPStatus(status).phrase}\n")
        assert "location" not in answer.headers
        assert front.rejected(*refusal) == 1
        assert front.bridge.admission.admitted == 0

    visit(settings(tmp_path), story)
    [line] = (record for record in caplog.records if record.getMessage() == "refused")
    assert (line.__dict__["route"], line.__dict__["reason"]) == refusal
    stranger = refusal[1] in ("unknown_path", "no_websocket") or refusal[0] == "healthz"
    assert ("problem" in line.__dict__) != stranger


@pytest.mark.parametrize(("path", "reason"), [("/ivr/media", "wrong_prefix"), ("/stream", "wrong_path")])
def test_a_stream_to_a_wrong_path_is_counted_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str, reason: str
) -> None:
    async def story(front: Front) -> None:
        with pytest.raises(AsgiRefused):
            await websocket(front.app, f"ws://127.0.0.1:8000{path}")
        assert front.rejected("media", reason) == 1

    visit(settings(tmp_path), story)
    assert "problem" in next(vars(record) for record in caplog.records if record.getMessage() == "refused")


def test_another_account_is_refused(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        answer = await front.post("/voice", voice_form(AccountSid="AC" + "9" * 32))
        assert (answer.status_code, answer.text) == (403, "Forbidden\n")
        assert front.rejected("voice", "account") == 1
        assert front.bridge.admission.admitted == 0

    visit(settings(tmp_path), story)


@pytest.mark.parametrize("call", [None, "", "../../etc", "CA\0", "C" * 65, "CA 1"])
def test_a_request_without_a_call_is_refused(tmp_path: Path, call: str | None) -> None:
    form = voice_form() if call is None else voice_form(CallSid=call)
    if call is None:
        del form["CallSid"]

    async def story(front: Front) -> None:
        answer = await front.post("/voice", form)
        assert (answer.status_code, answer.text) == (400, "Bad Request\n")
        assert front.rejected("voice", "no_call") == 1

    visit(settings(tmp_path), story)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"host": "evil.example"}, "foreign_host"),
        ({"origin": "https://evil.example"}, "foreign_origin"),
        ({"sec-fetch-site": "cross-site"}, "foreign_origin"),
    ],
)
def test_a_laptop_answers_no_foreign_page(tmp_path: Path, headers: dict[str, str], reason: str) -> None:
    async def story(front: Front) -> None:
        for method, path in (
            ("POST", "/voice"),
            ("GET", "/voice?CallSid=CA1"),
            ("GET", "/calls/CA1"),
            ("GET", "/readyz"),
        ):
            answer = await front.client.request(method, path, data=voice_form(), headers=headers)
            assert answer.status_code == 403
        with pytest.raises(AsgiRefused):
            await websocket(front.app, "ws://127.0.0.1:8000/media", headers)
        assert front.rejected("dev", reason) == 5
        assert front.bridge.admission.admitted == 0
        tunnelled = await front.client.post("/voice", data=voice_form(), headers={"host": "bridge.example"})
        assert tunnelled.status_code == 200

    visit(settings(tmp_path, IVR_DEV="true"), story)


def test_a_laptop_asks_for_no_signature(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        answer = await front.client.post("/voice", data=voice_form(AccountSid="AC" + "9" * 32))
        stream = document(answer).find("Connect/Stream")
        assert stream is not None
        assert stream.get("url") == "ws://127.0.0.1:8000/media"

    visit(settings(tmp_path, IVR_DEV="true", IVR_PUBLIC_URL=""), story)


# -- status --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["completed", "busy", "failed", "no-answer", "canceled"])
def test_a_call_that_is_over_gives_its_place_back(tmp_path: Path, status: str) -> None:
    async def story(front: Front) -> None:
        await front.post("/voice")
        assert "busy" in said(await front.post("/voice", voice_form(CallSid="CA2")))
        assert (await front.post("/status", voice_form(CallStatus=status))).status_code == 204
        token(await front.post("/voice", voice_form(CallSid="CA2")))

    visit(settings(tmp_path, IVR_MAX_CALLS="1"), story)


def test_status_callbacks_in_any_order_with_unknown_fields(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        for status in ("completed", "ringing", "completed", "in-progress", "initiated", "teleported", ""):
            form = voice_form(CallStatus=status, Tomorrow="x", SequenceNumber="0", Duration="")
            answer = await front.post("/status", form)
            assert (answer.status_code, answer.content) == (204, b"")
        assert (await front.post("/status", {})).status_code == 204
        assert (await front.post("/status", {"CallStatus": "completed"})).status_code == 204
        assert (await front.post("/status", {"StreamEvent": "stream-error", "StreamSid": "MZ1"})).status_code == 204

    visit(settings(tmp_path), story)


# -- the other routes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [("en", "Goodbye"), ("ar", "مع السلامة")])
def test_goodbye_speaks_the_line_s_language(tmp_path: Path, language: str, word: str) -> None:
    async def story(front: Front) -> None:
        for answer in (await front.post("/goodbye"), await front.get("/goodbye"), await front.post("/goodbye", {})):
            assert word in said(answer)

    visit(settings(tmp_path, IVR_LANGUAGE=language), story)


def test_health_and_readiness(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        assert (await front.client.get("/healthz")).text == "ok\n"
        assert (await front.client.get("/readyz")).text == "preparing phrases\n"
        async with alive(front.app):
            await asyncio.sleep(20)
            ready = await front.client.get("/readyz")
            assert (ready.status_code, ready.text) == (200, "ready\n")
            front.bridge.admission.draining = True
            draining = await front.client.get("/readyz")
            assert (draining.status_code, draining.text) == (503, "draining\n")
            assert (await front.client.get("/healthz")).status_code == 200

    visit(settings(tmp_path), story)


def test_nothing_private_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    async def story(front: Front) -> None:
        answer = await front.post("/voice")
        await front.post("/status", voice_form(CallStatus="completed"))
        front.signer = Signer("wrong")
        await front.post("/voice")
        told = caplog.text + "".join(str(vars(record)) for record in caplog.records if record.name.startswith("ivr"))
        assert CALL in told
        for secret in (CALLER, CALLED, "the-auth-token", "hamsa-secret", token(answer)):
            assert secret not in told

    visit(settings(tmp_path), story)
    assert ACCOUNT not in caplog.text


# -- the operator's figures ------------------------------------------------------------------------------------------


def test_metrics_are_for_whoever_has_the_token(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        await front.post("/voice")
        for header in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic figures"}):
            assert (await front.client.get("/metrics", headers=header)).status_code == 401
        told = await front.client.get("/metrics", headers={"authorization": "Bearer figures-of-the-bridge"})
        assert told.status_code == 200
        assert 'ivr_answers_total{document="answer"} 1.0' in told.text
        assert 'ivr_breakers{peer="tts",state="closed"} 1.0' in told.text
        assert "ivr_connects_per_second 4.0" in told.text

    visit(settings(tmp_path, IVR_METRICS_TOKEN="figures-of-the-bridge"), story)


def test_without_a_token_there_are_no_metrics(tmp_path: Path) -> None:
    async def story(front: Front) -> None:
        assert (await front.client.get("/metrics", headers={"authorization": "Bearer "})).status_code == 404

    visit(settings(tmp_path), story)
