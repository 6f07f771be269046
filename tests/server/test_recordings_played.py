"""Recordings that an agent plays, as a bridge's settings make them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.call.ports import TtsError
from ivr.config.load import load
from ivr.server import compose
from ivr.testbench import virtual_time
from tests.play.test_decode import recording

USUAL = {"IVR_DEV": "true", "IVR_WEBHOOK_URL": "http://agent.example/hook", "HAMSA_API_KEY": "key"}


def test_without_a_folder_and_hosts_there_is_no_port(tmp_path: Path) -> None:
    assert compose.recordings(load({**USUAL, "IVR_CACHE_DIR": str(tmp_path)})) is None


@pytest.mark.parametrize(("hosts", "why"), [("", "play_off"), ("other.example", "play_host")])
def test_a_file_is_played_and_hosts_only_of_the_list(hosts: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "hold.wav").write_bytes(recording())
    env = {"IVR_CACHE_DIR": str(tmp_path / "cache"), "IVR_AUDIO_DIR": str(tmp_path), "IVR_PLAY_HOSTS": hosts}

    async def work() -> tuple[int, str]:
        played = compose.recordings(load({**USUAL, **env}))
        assert played is not None
        try:
            heard = sum([len(chunk.audio) async for chunk in played.play("hold.wav")])
            with pytest.raises(TtsError) as failed:
                await anext(played.play("https://audio.example/a.mp3"))
            return heard, failed.value.reason
        finally:
            await played.aclose()

    assert virtual_time.run(work()) == (8000, why)
