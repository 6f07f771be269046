"""Place the calls of a plan, so many at once, and keep what came of each: both tapes and the recording."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import numpy as np

from ivr import __version__
from ivr.media import g711
from ivr.observe.recent_calls import CallSnapshot
from ivr.replay import tape_file
from ivr.replay.phone.phone_tape import phone_tape
from ivr.testbench.call import asking, owed_at, told_of
from ivr.testbench.demo import CALLER, ear_figures
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.report.artifacts import ReportedCall
from ivr.testbench.report.result import result
from ivr.testbench.twilio.carrier import OpenStream, open_socket, place_call
from ivr.testbench.twilio.stream import FarWire
from tools.tapes.bridges import ACCOUNT, SECRET, ServedBridge, served_all
from tools.tapes.plan import SOUNDS, PlannedTape
from tools.tapes.room import Room, RoomWire
from tools.tapes.speech import PausingVoice, markers_of
from tools.vad import sounds

LIST: Final = "calls.json"


async def make(
    calls: Sequence[PlannedTape],
    out: Path,
    *,
    at_once: int,
    seed: int,
    env: Mapping[str, str],
    options: Mapping[str, str],
    show: Callable[[str], None],
) -> list[dict[str, Any]]:
    """Place the calls and return what came of each; `calls.json` in the folder has the same of all calls ever."""
    folder = write_sounds(out / "bridges" / "sounds")
    markers = markers_of(text for call in calls for text in call.scenario(folder).texts)
    voice, turn = PausingVoice(markers), asyncio.Semaphore(at_once)
    names = sorted({call.bridge for call in calls})
    more: dict[str, object] = {"at_once": at_once, "seed": seed, "env": env, "options": options}
    async with served_all(names, out, markers, **more) as bridges:

        async def placed(call: PlannedTape) -> dict[str, Any]:
            async with turn:
                fact = await place(call, bridges[call.bridge], out, folder, voice)
            show(f"{call.number:03} {call.story}: {fact['ended_by']}, {fact['seconds']} s, {fact['result']}")
            return fact

        facts = await asyncio.gather(*(placed(call) for call in calls))
    # A bridge that has stopped has written its tapes.
    for fact in facts:
        kept, path = bridges[fact["bridge"]].tapes / f"{fact['call']}.tape", out / f"{fact['number']:03}.tape"
        if kept.exists():
            kept.replace(path)
        fact["tape_bytes"] = path.stat().st_size if path.exists() else 0
    _list(out, facts)
    return facts


async def place(
    call: PlannedTape, bridge: ServedBridge, out: Path, folder: Path, voice: PausingVoice
) -> dict[str, Any]:
    """Place one call, keep the phone's side of it, and return what came of it."""
    record, script = (
        PhoneRecord(placed_on=datetime.now(UTC).isoformat(sep=" ", timespec="seconds")),
        call.scenario(folder),
    )
    url = f"{bridge.url}/voice"
    async with asking() as client:
        await place_call(
            url,
            script,
            auth_token=SECRET,
            account_sid=ACCOUNT,
            caller=CALLER,
            called=call.called,
            voice=voice,
            record=record,
            phone=call.phone,
            switchboard=bridge.switchboard,
            connect=_into(call.room, record),
            owes=lambda: owed_at(client, record, url),
        )
    told = await told_of(record, urljoin(url, f"calls/{record.call_sid}"))
    outcome = result(record, script, told)
    turns = told.turns if isinstance(told, CallSnapshot) else []
    figures = ear_figures(record, turns or None)
    kept = ReportedCall(record, turns, f"Call {script.name}", script.language, True, figures, outcome)
    await asyncio.to_thread(_keep, out / f"{call.number:03}", kept)
    names = ("call", "seconds", "ended_by", "result", "reason", "untold", "on_time", "unmet")
    return {**call.facts(), **{name: outcome[name] for name in names}}


def write_sounds(folder: Path) -> Path:
    """Write the sounds that a step may play into a folder, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(SOUNDS):
        sound = getattr(sounds, name)(np.random.default_rng(number))
        pcm = np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes()
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, g711.RATE, 0, "NONE", ""))
            file.writeframes(pcm)
    return folder


def _into(room: Room, record: PhoneRecord) -> OpenStream:
    """A function that opens a socket behind a room."""

    async def connect(url: str, headers: Mapping[str, str], timeout: float) -> FarWire:
        return RoomWire(await open_socket(url, headers, timeout), record, room)

    return connect


def _keep(stem: Path, call: ReportedCall) -> None:
    tape_file.write(stem.with_suffix(".phone.tape"), phone_tape(call, {"ivr": __version__}))
    call.record.save_wav(stem.with_suffix(".wav"))


def _list(out: Path, facts: Sequence[Mapping[str, Any]]) -> None:
    """Write what came of the calls, beside what earlier runs have left."""
    path = out / LIST
    known = {fact["number"]: fact for fact in json.loads(path.read_text("utf-8"))} if path.exists() else {}
    known |= {fact["number"]: dict(fact) for fact in facts}
    lines = ",\n".join(json.dumps(known[number], ensure_ascii=False) for number in sorted(known))
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
