"""Check the settings of recordings that agents play: one line a fault, the setting's name first, then the fix."""

from __future__ import annotations

from ivr.config.settings import Settings
from ivr.play.places import check_hosts, read_hosts


def play_faults(settings: Settings) -> list[str]:
    """Return a line for every fault."""
    faults = []
    if problem := check_hosts(read_hosts(settings.play_hosts)):
        faults.append(f"IVR_PLAY_HOSTS {problem}")
    if settings.audio_dir is not None and not settings.audio_dir.is_dir():
        faults.append(f"IVR_AUDIO_DIR {settings.audio_dir} is not a folder: set it to that of your recordings")
    return faults
