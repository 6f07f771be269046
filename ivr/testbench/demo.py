"""Run a whole phone call on one machine (`ivr demo`), and measure calls at the caller's ear.

`Demo` runs everything in one process over real sockets on loopback: the server as `ivr serve` runs it, with signatures;
the mock Hamsa with the demo agent; and the carrier, which dials.

English callers are recognised, with the grammar of what the demo agent understands. Arabic has no recogniser here: its
transcripts are written beforehand, and every place that shows one says SCRIPTED.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import httpx
from rich.console import Console
from starlette.routing import Mount

from ivr.call.call import Call
from ivr.call.commands import Command, HangUp
from ivr.call.events import Event
from ivr.call.options import Language
from ivr.call.timeline import Owner, Turn, spent, wait
from ivr.config.load import load
from ivr.config.settings import Settings
from ivr.media import g711
from ivr.observe.recent_calls import RecentCalls
from ivr.server.app import create_app
from ivr.server.serve import config_for
from ivr.testbench import tts
from ivr.testbench.hamsa import audio
from ivr.testbench.loopback import bound, serving
from ivr.testbench.mock import SCRIPT, Mock
from ivr.testbench.phone.figures import figures
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.refusal import refusal
from ivr.testbench.report import artifacts
from ivr.testbench.report.console import CallConsole, latency_table, summary
from ivr.testbench.report.latency import times
from ivr.testbench.report.result import result
from ivr.testbench.scenario import Scenario, from_words
from ivr.testbench.twilio.carrier import place_call
from ivr.testbench.twilio.rest import Switchboard

SCRIPTED: Final = "SCRIPTED: nothing is recognised in this call; its transcripts were written beforehand."
CALLER: Final = "+966500000001"
CALLED: Final = "+966110000000"
CALLER_PITCH: Final = 65
"""The caller's pitch for espeak-ng, unlike the agent's, so that a listener can tell them apart."""

SCRIPT_MOMENTS: Final = ("", "", "over 2600 ")
"""When the caller says the lines of `mock.SCRIPT`: two questions; the last line interrupts the second answer."""


def scenario(language: Language) -> Scenario:
    """Return the caller's part in the demo."""
    steps = [f"{moment}say {words}" for moment, words in zip(SCRIPT_MOMENTS, SCRIPT[language], strict=True)]
    return from_words([*steps, "wait"], language=language)


def caller_voice(language: str, markers: Mapping[str, int] | None = None) -> CallerVoice:
    """Return the caller's voice. `markers`: see `CallerVoice`. Raises RuntimeError when this machine has none."""
    if not tts.available():
        raise RuntimeError(tts.NO_VOICE)
    return CallerVoice("ar" if language == "ar" else "en", markers or {})


@dataclass(frozen=True, slots=True)
class CallerVoice:
    """Say a text as mu-law at 8 kHz."""

    language: Language
    markers: Mapping[str, int] = field(default_factory=dict)
    """Texts that carry a marker, for a mock that does not recognise them (`hamsa.audio.marked`)."""

    def __call__(self, text: str) -> bytes:
        pcm = tts.say(text, self.language, rate=g711.RATE, pitch=CALLER_PITCH)
        if text in self.markers:
            pcm = audio.marked(pcm, self.markers[text], g711.RATE)
        return g711.encode(pcm)


@dataclass(slots=True)
class DemoObserver:
    """Show the bridge's side of the call and keep its turns."""

    show: CallConsole
    turns: list[Turn] = field(default_factory=list)
    recent: RecentCalls = field(default_factory=RecentCalls)

    def began(self, call_id: str, now: float, call: Call) -> None:
        self.recent.began(call_id, now, call)
        self.show.began(call_id, now, call)

    def happened(self, call_id: str, now: float, event: Event, commands: Sequence[Command]) -> None:
        self.recent.happened(call_id, now, event, commands)
        self.show.happened(call_id, now, event, commands)

    def ended(self, call_id: str, now: float, turns: Sequence[Turn], hang_up: HangUp) -> None:
        self.turns = list(turns)
        self.recent.ended(call_id, now, turns, hang_up)
        self.show.ended(call_id, now, turns, hang_up)


class Demo:
    """Run one call from dialling to the report."""

    def __init__(
        self,
        language: Language,
        out: Path,
        speed: float,
        console: Console,
        keep: artifacts.KeepTape | None = None,
    ) -> None:
        """Take `out`, the folder for files, and `speed`, how much faster than the real services the mocks are.

        `keep`: writes the call's tape.
        """
        self._language = language
        self._out = out
        self._speed = speed
        self._console = console
        self._keep = keep
        self._scripted = False

    async def run(self) -> bool:
        """Place the call, show it, write it down, and return whether all went well.

        Raises RuntimeError when this machine has no voice, OSError when nothing can be written.
        """
        artifacts.prepare(self._out)
        account, secret = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
        switchboard = Switchboard(account, secret)
        mock = Mock(self._language, speed=self._speed)
        self._scripted = mock.scripted
        markers = {text: mock.said.marker(text) for text in SCRIPT[self._language]} if mock.scripted else {}
        voice = caller_voice(self._language, markers)
        script, record = scenario(self._language), PhoneRecord()
        title = "Demo call (SCRIPTED transcripts)" if self._scripted else "Demo call"
        call = artifacts.ReportedCall(record, [], title, self._language, self._scripted)
        witness = DemoObserver(CallConsole(self._console, record, scripted=self._scripted))
        record.watch = witness.show.phone
        with tempfile.TemporaryDirectory(prefix="ivr-demo-") as place:
            async with mock.serving(Mount("/", switchboard.app())) as peer:
                listener = bound()
                more = {"IVR_LANGUAGE": self._language}
                settings = loopback(peer, listener.getsockname()[1], Path(place), account, secret, more)
                app = create_app(settings, observe=witness)
                async with serving(app, listener, lambda served: config_for(served, settings)):
                    print_plain = partial(self._console.print, highlight=False)
                    print_plain(f"[bold]A call to {settings.public_url}[/], all on this machine")
                    if self._scripted:
                        print_plain(f"[bold red]{SCRIPTED}[/]")
                    print_plain("the TTS renders the line's fixed phrases; then the phone rings", style="dim")
                    with mock.hurrying():
                        await ready(settings.public_url)
                    began = asyncio.get_running_loop().time()
                    with artifacts.kept_if_broken_off(self._out, call, script, self._keep, self._console):
                        await place_call(
                            f"{settings.public_url}/voice",
                            script,
                            auth_token=secret,
                            account_sid=account,
                            caller=CALLER,
                            called=CALLED,
                            voice=voice,
                            record=record,
                            switchboard=switchboard,
                        )
                connections = mock.tts_connections(began)
        return self._finish(call, script, witness, connections)

    def _finish(self, call: artifacts.ReportedCall, script: Scenario, witness: DemoObserver, connections: int) -> bool:
        """Print the figures, write the files, and return whether the call was as it should be."""
        record, turns = call.record, witness.turns
        more = {"TTS connections": str(connections), **ear_figures(record, turns), **own_at_the_ear(record, turns)}
        self._console.print()
        self._console.print(latency_table(turns))
        if self._scripted:
            self._console.print("SCRIPTED transcripts: the STT times are the mock's.", style="red", highlight=False)
        for line in summary(turns, more):
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
        told = witness.recent.get(record.call_sid) or "the call never began"
        outcome = result(record, script, told)
        call.turns, call.figures, call.result = turns, more, outcome
        written = artifacts.write(self._out, call, self._keep)
        self._console.print(f"written: {written}", highlight=False, soft_wrap=True)
        wrong = amiss(record, turns) or outcome["unmet"]
        for line in wrong:
            self._console.print(f"NOT AS IT SHOULD BE: {line}", style="bold red", highlight=False, markup=False)
        return not wrong


def amiss(record: PhoneRecord, turns: Sequence[Turn]) -> list[str]:
    """Return what is wrong with a demo call, one line each. Empty when all went well."""
    found = refusal(record) or [f"the carrier warns: {code} {reason}" for code, reason in record.warnings.items()]
    if not found and record.ended not in ("agent", "carrier"):
        found.append("the agent did not end the call")
    if not any(overlap.verdict == "commit" for turn in turns for overlap in turn.overlaps):
        found.append("the caller did not interrupt the agent")
    return found


def loopback(
    peer: str, port: int, home: Path, account: str, secret: str, more: Mapping[str, str], toml: str = ""
) -> Settings:
    """Return the settings of a bridge on a port of loopback. All its peers are at `peer`, its files in `home`.

    `more`: further settings. `toml`: the text of its `ivr.toml`.
    """
    config = home / "ivr.toml"
    config.write_text(toml, encoding="utf-8")
    return load(
        {
            "TWILIO_ACCOUNT_SID": account,
            "TWILIO_AUTH_TOKEN": secret,
            "IVR_TWILIO_REST_URL": f"http://{peer}",
            "IVR_HAMSA_URL": f"ws://{peer}/v1/realtime/ws",
            "HAMSA_API_KEY": "demo",
            "IVR_WEBHOOK_URL": f"http://{peer}/webhook",
            "IVR_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "IVR_HOST": "127.0.0.1",
            "IVR_PORT": str(port),
            "IVR_CACHE_DIR": str(home / "phrases"),
            "IVR_DATA_DIR": str(home / "data"),
            "IVR_CONFIG": str(config),
            **more,
        }
    )


async def ready(url: str, patience: float = 20.0) -> None:
    """Wait until a bridge has rendered its phrases and takes calls. Raises RuntimeError after `patience` seconds."""
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(int(patience / 0.05)):
            if (await client.get(f"{url}/readyz")).status_code == httpx.codes.OK:
                return
            await asyncio.sleep(0.05)
    raise RuntimeError(f"the bridge was not ready in {patience:.0f} s")


def ear_figures(record: PhoneRecord, turns: Sequence[Turn] | None = None) -> dict[str, str]:
    """Return the figures of a call as measured at the caller's ear.

    `turns`: those of the bridge. None: the bridge told nothing, so fillers and apologies count as answers.
    """
    measured = figures(record, None if turns is None else times(turns))
    doubt = ", fillers and apologies too" if turns is None else ""
    begin = f"{record.runs[0].start / g711.RATE:.2f} s" if record.runs else "never"
    answers = [f"{answer.reply_ms:.0f}" for answer in measured.answers if answer.reply_ms is not None]
    found = {"the agent is first heard at": begin, "longest silence": f"{measured.longest_dead_air_ms / 1000:.2f} s"}
    if answers:
        found[f"at the ear, end of speech to first sample{doubt}"] = f"{', '.join(answers)} ms"
    if measured.barge_ins:
        stops = ", ".join(f"{barge_in.stop_ms:.0f}" for barge_in in measured.barge_ins)
        found["at the ear, first sample of the interruption to silence"] = f"{stops} ms"
    found["discarded unheard"] = f"{measured.discarded_ms:.0f} ms"
    found[f"underruns{doubt}"] = ", ".join(f"{gap.ms:.0f} ms" for gap in measured.underruns) or "none"
    if not measured.certified:
        found["beware"] = f"the phone itself was late, p99 {measured.lateness_p99_ms:.0f} ms: this machine is busy"
    return found


def own_at_the_ear(record: PhoneRecord, turns: Sequence[Turn]) -> dict[str, str]:
    """Return the bridge's own share of each wait at the caller's ear: what endpoint, STT, agent and TTS leave.

    Empty unless every turn answers exactly one thing that the caller said.
    """
    spoken = [turn for turn in turns if turn.kind == "speech"]
    answers = figures(record, times(turns)).answers
    if len(spoken) != len(answers):
        return {}
    others: tuple[Owner, ...] = ("endpoint", "stt", "agent", "tts")
    own = [
        answer.reply_ms - 1000 * sum(spent(turn, owner) or 0 for owner in others)
        for turn, answer in zip(spoken, answers, strict=True)
        if answer.reply_ms is not None and wait(turn) is not None
    ]
    return {"bridge's own, at the ear": f"p50 {median(own):.0f} ms, max {max(own):.0f} ms"} if own else {}
