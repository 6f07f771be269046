"""Share out the settings that are of the whole machine."""

from __future__ import annotations

from ivr.config.settings import Settings


def share(settings: Settings, count: int) -> Settings:
    """Return the settings of one of `count` workers.

    The pace of new connections to the speech service is the machine's: each worker gets a part of it. Links and spare
    links follow from a worker's own calls, so they add up to those of one process.
    """
    return settings.model_copy(
        update={
            "connects_per_second": settings.connects_per_second / count,
            "connects_burst": max(1, settings.connects_burst // count),
        }
    )
