"""Put together what the keeper does, from the settings."""

from __future__ import annotations

from ivr.config.recordings import has_recordings
from ivr.config.settings import Settings
from ivr.keeper.chore import Chore


def has_chores(settings: Settings) -> bool:
    """Return whether there is anything to do, without loading what does it."""
    return settings.keeps_records or has_recordings(settings)


def chores_of(settings: Settings) -> list[Chore]:
    """Return the chores, loading what they need."""
    # The process that carries calls imports this file, and none of what stands here: SQLAlchemy takes 25 MB.
    from ivr.keeper.delete_old import DeleteOld
    from ivr.keeper.post_events import PostEvents
    from ivr.keeper.records_database import RecordsDatabase
    from ivr.keeper.write_records import WriteRecords

    found: list[Chore] = []
    if settings.keeps_records:
        database = RecordsDatabase(settings)
        found += [WriteRecords(settings, database), DeleteOld(settings, database)]
        if settings.events_url:
            found.append(PostEvents(settings, database))
    if has_recordings(settings):
        # Loads what decrypts: a process that carries calls needs none of it.
        from ivr.recording.chore import recording_chore

        found.append(recording_chore(settings))
    return found
