"""The speech service as the session uses it: a `Voice` that speaks and `Ears` that listen.

The nouns live in files of their own (`voice`, `ears`, `links`, `live`, `wire`); this is the door.
"""

from ivr.hamsa.ears import Ears, HearingError
from ivr.hamsa.links import NoteCallback
from ivr.hamsa.options import Format, HamsaSettings
from ivr.hamsa.voice import SpeechError, Voice
from ivr.hamsa.wire import Connect, Wire

__all__ = [
    "Connect",
    "Ears",
    "Format",
    "HamsaSettings",
    "HearingError",
    "NoteCallback",
    "SpeechError",
    "Voice",
    "Wire",
]
