"""A tape holds no secret: no setting that is one, no token, and no URL of a peer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ivr.config.settings import SECRETS
from ivr.observe.call_log import Observers
from ivr.replay import tape_file
from ivr.replay.recorder.options import RecorderOptions
from ivr.replay.recorder.recorder import TapeRecorder
from ivr.server.bridge import Bridge
from ivr.twilio.tokens import Tokens
from tests.support.front import ACCOUNT, AUTH
from tests.whole import world

if TYPE_CHECKING or sys.version_info < (3, 14):
    from backports import zstd
else:
    from compression import zstd

OTHER, KEY = "AC" + "9" * 32, "SK" + "8" * 32
BOARD = "secret-of-the-board-0123456789abcdef"
GIVEN: dict[str, Any] = {
    "TWILIO_AUTH_TOKEN": AUTH,
    "TWILIO_SECONDARY_AUTH_TOKEN": "secret-second",
    "TWILIO_API_KEY": KEY,
    "TWILIO_API_SECRET": "secret-of-the-key",
    "TWILIO_SUBACCOUNTS": f"{OTHER}=secret-sub",
    "IVR_SHARED_KEYS": "k1=secret-shared",
    "HAMSA_API_KEY": "secret-hamsa",
    "IVR_WEBHOOK_SECRET": "secret-webhook",
    "IVR_METRICS_TOKEN": "secret-of-metrics",
    "IVR_BOARD_TOKENS": f"ann:act:{BOARD}",
    "IVR_DATABASE_URL": "postgresql://ivr:secret-of-the-database@127.0.0.1:1/ivr",
    "IVR_RECORDS_KEY": "secret-of-the-records",
    "IVR_EVENTS_SECRET": "secret-of-the-events",
    "IVR_EVENTS_URL": "https://receiver.example/calls",
    "IVR_RECORDINGS_KEY": "5e" * 32,
    "IVR_REDIS_URL": "redis://:secret-of-the-store@127.0.0.1:1/0",
}


@pytest.mark.parametrize("audio", [True, False])
def test_no_secret_is_on_a_tape(
    audio: bool, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(GIVEN) == set(SECRETS.values()) | {"TWILIO_API_KEY", "IVR_EVENTS_URL"}
    tokens: list[str] = []
    issue = Tokens.issue

    def watched(*given: Any) -> str:
        tokens.append(issue(*given))
        return tokens[-1]

    monkeypatch.setattr(Tokens, "issue", watched)
    live = TapeRecorder(RecorderOptions(tmp_path, keep="all", audio=audio))

    def taping(*given: Any, observer: Any, **more: Any) -> Bridge:
        return Bridge(*given, observer=Observers(observer, live), **more)

    phrases = tmp_path_factory.mktemp("phrases")
    world.render_phrases(phrases)
    monkeypatch.setattr(world, "Bridge", taping)
    live.start()
    done = world.call(phrases, ["say what are your opening hours", "wait", "say thank you goodbye", "wait"], **GIVEN)
    live.close()
    [path] = tmp_path.glob("*.tape")
    # It was a whole call, and the search below finds what is there.
    tape = tape_file.read(path)
    assert tape.end is not None
    assert (tape.end.result, tape.end.turns) == ("success", len(done.turns))
    plain = b"".join(zstd.decompress(frame) for frame in frames(path.read_bytes()))
    assert b"what are your opening hours" in plain
    secrets = [value for name, value in GIVEN.items() if "=" not in value]
    secrets.append(BOARD)
    secrets += ["secret-sub", "secret-shared", ACCOUNT, OTHER, *tokens, "agent.example", "speech.example", "bearer"]
    assert len(tokens) == 1
    assert [secret for secret in secrets if secret.lower().encode() in plain.lower()] == []


def frames(data: bytes) -> list[bytes]:
    """Cut a tape into its zstd frames, without the one behind the last that says where that begins."""
    starts = [at for at in range(len(data)) if data.startswith(tape_file.MAGIC, at)]
    return [data[start:end] for start, end in zip(starts, [*starts[1:], len(data) - 16], strict=True)]
