"""Name the function of each verb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ivr.testbench.twilio.legs import verbs
from ivr.testbench.twilio.legs.dial import dial
from ivr.testbench.twilio.legs.leg import Perform
from ivr.testbench.twilio.legs.prompts import gather, record
from ivr.testbench.twilio.legs.queue import enqueue

PERFORM: Final[Mapping[str, Perform]] = {
    "Say": verbs.say,
    "Play": verbs.play,
    "Pause": verbs.pause,
    "Hangup": verbs.hang_up,
    "Reject": verbs.hang_up,
    "Redirect": verbs.redirect,
    "Refer": verbs.refer,
    "Connect": verbs.connect,
    "Gather": gather,
    "Record": record,
    "Dial": dial,
    "Enqueue": enqueue,
}
"""What each verb does. A verb that is not here takes no time."""
