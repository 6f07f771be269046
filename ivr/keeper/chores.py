"""Put together what the keeper does, from the settings."""

from __future__ import annotations

from ivr.config.settings import Settings
from ivr.keeper.chore import Chore


def has_chores(settings: Settings) -> bool:
    """Return whether there is anything to do, without loading what does it."""
    return settings.keeps_records


def chores_of(settings: Settings) -> list[Chore]:
    """Return the chores, loading what they need."""
    return []
