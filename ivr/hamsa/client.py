"""The speech service as a bridge uses it: a `Voice` that speaks and `Ears` that listen for each call, made by the one
`Governor` that owns the links of all of them.

The nouns live in files of their own (`voice`, `ears`, `links`, `live`, `wire`); this is the door.
"""

from ivr.hamsa.ears import Ears, HearingError
from ivr.hamsa.governor import Governor, GovernorOptions
from ivr.hamsa.links import NoteCallback
from ivr.hamsa.options import Format, HamsaSettings
from ivr.hamsa.rest import Rest as SpeechRest
from ivr.hamsa.tally import Tally
from ivr.hamsa.voice import SpeechError, Voice
from ivr.hamsa.wire import Connect, Wire

__all__ = [
    "Connect",
    "Ears",
    "Format",
    "Governor",
    "GovernorOptions",
    "HamsaSettings",
    "HearingError",
    "NoteCallback",
    "SpeechError",
    "SpeechRest",
    "Tally",
    "Voice",
    "Wire",
]
