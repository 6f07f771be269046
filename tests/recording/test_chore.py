"""What is done with recordings beside the calls: mended, stored in a bucket, deleted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec
import pytest

from ivr.config.recordings import RecordingPlace
from ivr.media.stereo_wav import stereo_header
from ivr.recording.bucket import BucketFault, RecordingBucket, folder_of, is_over, open_bucket
from ivr.recording.chore import FOLDER_LOOK_S, LONGEST_PAUSE_S, RecordingChore
from ivr.recording.facts import RecordingFacts, read_facts, write_facts
from ivr.recording.found import FoundRecording, as_wav
from ivr.recording.sealed import RecordingKey, Sealer
from ivr.recording.shelf import RecordingShelf

store = pytest.importorskip("obstore.store")

KEY = RecordingKey(b"k" * 32)
NOW = 1_790_000_000.0
AUDIO = b"\x10\x90" * 8000
FACTS = RecordingFacts("CA1", "main", NOW - 100, 30, "CA1.wav", "kept", seconds=1.0, bytes=16058)


def put(folder: Path, facts: RecordingFacts, *, open_: bool = False, key: bool = False) -> Path:
    """Put a recording into a folder, finished or as a process leaves it that dies."""
    folder.mkdir(exist_ok=True)
    path = folder / (facts.name + (".part" if open_ else ""))
    if key:
        sealer = Sealer(KEY, b"s" * 16)
        data = sealer.head + sealer.seal(AUDIO) + (b"" if open_ else sealer.seal(b"", last=True))
    else:
        data = stereo_header(0 if open_ else len(AUDIO)) + AUDIO
    path.write_bytes(data + (b"\x01" if open_ else b""))
    facts = msgspec.structs.replace(facts, state="open" if open_ else facts.state)
    (folder / facts.name).with_suffix(".json").write_bytes(write_facts(facts))
    return path


def age(folder: Path, now: float = NOW - 1000) -> None:
    for path in folder.iterdir():
        os.utime(path, (now, now))


class Kept(RecordingChore):
    """A chore with a bucket in memory, and what it told."""

    def __init__(self, folder: Path, bucket: RecordingBucket | None = None, keys: tuple[RecordingKey, ...] = (KEY,)):
        self.told: list[RecordingFacts] = []
        place = RecordingPlace(folder, "s3://bucket/prefix" if bucket is not None else "")
        super().__init__(place, list(keys), lambda _place: bucket or open_bucket(place), self.told.append)


@pytest.fixture
def bucket() -> RecordingBucket:
    return RecordingBucket(store.MemoryStore())


def test_a_recording_is_stored_and_then_deleted_here(tmp_path: Path, bucket: RecordingBucket) -> None:
    path = put(tmp_path, FACTS)
    data = path.read_bytes()
    chore = Kept(tmp_path, bucket)
    assert chore.work(NOW) == FOLDER_LOOK_S
    assert list(tmp_path.iterdir()) == []
    folder = folder_of(FACTS)
    assert bucket.names(folder) == [f"{folder}/CA1.json", f"{folder}/CA1.wav"]
    [(found_in, facts)] = bucket.find("CA1")
    stored = read_facts(facts)
    assert (found_in, chore.told) == (folder, [stored])
    assert stored is not None
    assert FoundRecording(stored, None, bucket).read() == data
    assert chore.report() == {
        "recordings_waiting": 0,
        "recordings_stored": 1,
        "recordings_deleted": 0,
        "recordings_mended": 0,
    }
    FoundRecording(stored, None, bucket).delete()
    assert bucket.folders() == []
    with pytest.raises(FileNotFoundError):
        FoundRecording(stored, None, bucket).read()


@pytest.mark.parametrize("key", [False, True])
def test_what_a_dead_process_left_is_mended(tmp_path: Path, key: bool) -> None:
    name = "CA1.rec" if key else "CA1.wav"
    facts = msgspec.structs.replace(FACTS, name=name, key="k" if key else "", seconds=0, announced_s=1.5)
    part = put(tmp_path, facts, open_=True, key=key)
    chore = Kept(tmp_path)
    os.utime(part, (NOW, NOW))
    chore.work(NOW)
    assert part.exists(), "it may still grow"
    age(tmp_path)
    chore.work(NOW)
    wav, problem = as_wav((tmp_path / name).read_bytes(), KEY.secret.hex())
    assert (wav, problem) == (stereo_header(len(AUDIO)) + AUDIO, "")
    [(_, mended)] = RecordingShelf(tmp_path).of_call("CA1")
    assert (mended.state, mended.reason, mended.seconds) == ("cut", "process_died", 1.0)
    assert chore.told == [mended]
    assert mended.announced_s == 1.5


def test_a_recording_whose_key_is_missing_is_left(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    part = put(tmp_path, msgspec.structs.replace(FACTS, name="CA1.rec"), open_=True, key=True)
    age(tmp_path)
    chore = Kept(tmp_path, keys=())
    chore.work(NOW)
    chore.work(NOW)
    assert part.exists()
    assert caplog.text.count("recording_not_mended") == 1


def test_facts_of_a_part_may_be_lost(tmp_path: Path) -> None:
    put(tmp_path, FACTS, open_=True)
    (tmp_path / "CA1.json").unlink()
    age(tmp_path)
    Kept(tmp_path).work(NOW)
    [(path, facts)] = RecordingShelf(tmp_path).all()
    # All that is known is the name: it does not stay for ever.
    assert (path.name, facts.call, facts.days) == ("CA1.wav", "CA1", 1)


def test_what_is_too_old_is_deleted(tmp_path: Path, bucket: RecordingBucket) -> None:
    old = msgspec.structs.replace(FACTS, call="CA2", name="CA2.wav", began=NOW - 31 * 86_400)
    for_ever = msgspec.structs.replace(old, call="CA3", name="CA3.wav", days=0)
    for facts in (FACTS, old, for_ever):
        put(tmp_path, facts)
    here = Kept(tmp_path)
    here.work(NOW)
    assert sorted(path.name for path in tmp_path.glob("*.wav")) == ["CA1.wav", "CA3.wav"]
    assert [(one.call, one.state, one.reason) for one in here.told] == [("CA2", "none", "expired")]
    there = Kept(tmp_path, bucket)
    there.work(NOW)
    assert bucket.folders() == [folder_of(for_ever), folder_of(FACTS)]
    there.work(NOW + 32 * 86_400)
    assert bucket.folders() == ["kept"]
    assert there.report()["recordings_deleted"] == 1


def test_leftovers_are_tidied(tmp_path: Path) -> None:
    put(tmp_path, FACTS)
    for name in (".CA9.json.12", "CA8.stored", "CA7.json"):
        (tmp_path / name).write_bytes(b"{")
    (tmp_path / "CA6.json").write_bytes(write_facts(msgspec.structs.replace(FACTS, name="CA6.wav", state="open")))
    (tmp_path / "notes.txt").write_bytes(b"the operator's")
    age(tmp_path)
    Kept(tmp_path).work(NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["CA1.json", "CA1.wav", "notes.txt"]


class AwayBucket(RecordingBucket):
    """A bucket that is away for some tries."""

    def __init__(self, failures: int) -> None:
        super().__init__(store.MemoryStore())
        self.failures = failures

    def put(self, name: str, path: Path) -> int:
        self.failures -= 1
        if self.failures >= 0:
            raise BucketFault("unreachable", "connection refused")
        return super().put(name, path)


def test_a_bucket_that_is_away_loses_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    put(tmp_path, FACTS)
    chore = Kept(tmp_path, AwayBucket(300))
    pauses = [chore.work(NOW) for _ in range(300)]
    assert pauses[:3] == [5.0, 10.0, 20.0]
    assert pauses[-1] == LONGEST_PAUSE_S
    assert (tmp_path / "CA1.wav").exists()
    assert caplog.text.count("recordings_not_stored") == 1
    assert chore.report()["recordings_waiting"] == 1
    assert chore.work(NOW) == FOLDER_LOOK_S
    assert not (tmp_path / "CA1.wav").exists()


def test_a_bucket_that_keeps_something_else_is_told(tmp_path: Path, bucket: RecordingBucket) -> None:
    path = put(tmp_path, FACTS)

    class Torn(RecordingBucket):
        def put(self, name: str, path: Path) -> int:
            data = path.read_bytes()
            try:
                return super().put(name, path)
            finally:
                path.write_bytes(data)

    import obstore

    real = obstore.put

    def torn(kept: Any, name: str, path: Path) -> object:
        return real(kept, name, path.read_bytes()[:-1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(obstore, "put", torn)
        chore = Kept(tmp_path, bucket)
        assert chore.work(NOW) == FOLDER_LOOK_S
        assert path.exists()
    assert chore.work(NOW) == FOLDER_LOOK_S
    assert not path.exists()


def test_many_recordings_are_stored_in_portions(tmp_path: Path, bucket: RecordingBucket) -> None:
    for number in range(25):
        put(tmp_path, msgspec.structs.replace(FACTS, call=f"CA{number}", name=f"CA{number}.wav"))
    chore = Kept(tmp_path, bucket)
    assert chore.work(NOW) == 0.0
    assert chore.work(NOW) == FOLDER_LOOK_S
    assert chore.report()["recordings_stored"] == 25


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    chore = Kept(tmp_path / "none")
    assert chore.work(NOW) == FOLDER_LOOK_S
    put(tmp_path, FACTS)

    def broken() -> Iterator[tuple[Path, RecordingFacts]]:
        raise OSError(5, "input/output error")

    other = Kept(tmp_path)
    other._shelf.all = broken  # type: ignore[method-assign]
    assert [other.work(NOW), other.work(NOW)] == [5.0, 10.0]
    assert "RecordingChore" in repr(other)


@pytest.mark.parametrize(
    ("folder", "over"),
    [
        ("until-2026-09-20", True),
        ("until-2026-09-21", False),
        ("until-2099-01-01", False),
        ("kept", False),
        ("x", False),
    ],
)
def test_days_of_folders(folder: str, over: bool) -> None:
    assert is_over(folder, NOW) is over


class Refusing(BaseHTTPRequestHandler):
    """A service of S3 that has nothing and refuses everything."""

    code = 403

    def answer(self) -> None:
        self.send_response(self.code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_PUT = do_DELETE = do_POST = do_HEAD = answer

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("code", "reason"), [(403, "refused"), (404, "no_bucket"), (500, "unreachable"), (0, "unreachable")]
)
def test_what_a_service_says_becomes_a_word(
    code: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    path = put(tmp_path, FACTS)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Answering", (Refusing,), {"code": code}))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    if not code:
        server.shutdown()
        server.server_close()
    try:
        place = RecordingPlace(tmp_path, "s3://bucket/prefix", f"http://127.0.0.1:{server.server_address[1]}")
        asked = open_bucket(place)
        with pytest.raises(BucketFault) as told:
            asked.put("until-2026-12-31/CA1.wav", path)
        assert (told.value.reason, bool(told.value.said)) == (reason, True)
        assert "x" * 5 not in told.value.said
        if code == 404:
            assert asked.get("CA1.wav") is None
    finally:
        if code:
            server.shutdown()
            server.server_close()
        thread.join(5)


def test_a_bucket_of_no_service_is_a_setting_fault(tmp_path: Path) -> None:
    with pytest.raises(BucketFault, match="settings"):
        open_bucket(RecordingPlace(tmp_path, "s3:///", "http://127.0.0.1:1"))
