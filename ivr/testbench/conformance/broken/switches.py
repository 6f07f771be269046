"""List the faults that the small server can have, and by which checks each should be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Switch:
    """Hold one fault."""

    name: str
    about: str
    """What the server does, in words."""
    found_by: tuple[str, ...]
    """Numbers of the checks that should fail, the one that is meant first."""


SWITCHES: Final = (
    Switch("slow-webhook", "answers the webhook after 0.5 s", ("B1",)),
    Switch("other-document", "answers a repeated request with a busy tone", ("B1",)),
    Switch("no-signature-check", "serves unsigned requests and sockets", ("B2",)),
    Switch("fails-unsigned", "answers an unsigned request with 500", ("B2",)),
    Switch("drops-blank-fields", "leaves empty fields out of the signature", ("B2", "B1")),
    Switch("query-in-url", "puts the call's id into the stream's URL as a query", ("B3",)),
    Switch("token-serves-twice", "takes the token of a stream again", ("B3",)),
    Switch("any-account", "serves streams of foreign accounts", ("B3",)),
    Switch("no-escape", "writes the caller's name into the document as it came", ("B4",)),
    Switch("blocking-accept", "waits 2 s for a service before it accepts the socket", ("B5",)),
    Switch("needs-origin", "refuses a socket without Origin", ("B5",)),
    Switch("waits-for-start", "leaves a socket without start open", ("B6",)),
    Switch("dies-on-unknown-event", "ends the call at an event it does not know", ("B6",)),
    Switch("dies-on-broken-json", "ends the call at a message that is not JSON", ("B6",)),
    Switch("fixed-chunks", "ends the call at a chunk that has not 160 bytes", ("B7",)),
    Switch("any-format", "speaks mu-law whatever the media format says", ("B7",)),
    Switch("hears-itself", "hears the outbound track too", ("B8",)),
    Switch("reader-waits", "reads nothing while it waits for the answer", ("B9",)),
    Switch("extra-fields", "adds a track and a sequence number to its messages", ("B10",)),
    Switch("wrong-stream", "writes the call's id where the stream's belongs", ("B10",)),
    Switch("riff", "sends the header of a WAV file in the first payload", ("B10",)),
    Switch("binary-frames", "sends its messages as binary frames", ("B10",)),
    Switch("early-audio", "sends audio before start", ("B10",)),
    Switch("unpaced", "sends a whole reply at once, without marks", ("B11",)),
    Switch("no-clear", "goes on when it is interrupted", ("B12",)),
    Switch("talks-after-clear", "clears, and sends the sentence it was in to its end", ("B12",)),
    Switch("cleared-marks-heard", "counts the marks that a clear brings back as heard, and says what comes next",
           ("B13",)),
    Switch("waits-for-marks", "hears nothing until its marks have come back", ("B13", "B12")),
    Switch("ignores-stop", "goes on after stop", ("B14",)),
    Switch("drops-at-stop", "drops the connection at stop without a Close frame", ("B14",)),
    Switch("nothing-behind", "has nothing behind <Connect>", ("B15",)),
    Switch("bare-dial", "dials without timeout, and nothing follows", ("B16",)),
    Switch("dies-on-keys", "ends the call at a key event that is not quite right", ("B17",)),
    Switch("callback-once", "answers a repeated status callback with 500", ("B18",)),
    Switch("sick", "answers /healthz with 500", ("B19",)),
    Switch("aliased", "takes every third sample of 24 kHz without a filter", ("B23",)),
    Switch("linear", "sends 16-bit samples where mu-law belongs", ("B23",)),
    Switch("clipped", "drives the audio into the ends of the scale", ("B23",)),
    Switch("clicks", "loses the end of every chunk", ("B23",)),
    Switch("leaks-places", "never gives back the place of a call, and has eight", ("B25",)),
)  # fmt: skip
"""All faults, in the order of the checks."""
