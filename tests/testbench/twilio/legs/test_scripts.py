"""What a machine says in a media stream."""

from __future__ import annotations

import pytest

from ivr.testbench.phone.messages import Ids
from ivr.testbench.phone.phone import Phone
from ivr.testbench.phone.script import SayAudio
from ivr.testbench.recording import PhoneRecord
from ivr.testbench.twilio.legs.scripts import MAILBOX, MachineScript, beep, spoken
from ivr.testbench.twilio.people import FarParty


@pytest.mark.parametrize(("seconds", "size"), [(2.5, 20_000), (0.5, 4000), (0.0, 0)])
def test_a_greeting_is_as_long_as_it_should_be(seconds: float, size: int) -> None:
    heard: list[str] = []

    def voice(text: str) -> bytes:
        heard.append(text)
        return b"\x01\x02" * 4000

    assert spoken(voice, seconds) == (b"\x01\x02" * 12_000)[:size]
    assert heard == [MAILBOX]


@pytest.mark.parametrize("voice", [None, lambda _: b"\x01" * 8000])
def test_a_machine_greets_and_beeps_once(voice: object) -> None:
    party = FarParty(kind="machine", greeting_s=1.0)
    script = MachineScript(party, voice)  # type: ignore[arg-type]
    phone = Phone(Ids("AC1", "CA1", "MZ1"), PhoneRecord())
    [act] = script.poll(phone, 0.0)
    assert isinstance(act, SayAudio)
    assert len(act.ulaw) == 8000 + len(beep())
    assert act.ulaw.endswith(beep())
    assert script.poll(phone, 1.0) == []
