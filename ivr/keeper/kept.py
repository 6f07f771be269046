"""Hold what a process does for that which is kept of its calls: the records' writer, and the keeper beside it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from functools import partial
from typing import Final

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from ivr.call.ports import CallObserver
from ivr.config.settings import Settings
from ivr.keeper.child import WATCH_S, KeeperChild
from ivr.keeper.status import read_status
from ivr.observe.call_log import Observers
from ivr.observe.metrics import Metrics
from ivr.recording.audio_recorder import audio_recorder
from ivr.recording.facts import RecordingFacts
from ivr.records.folder import own_key, spool_folder
from ivr.records.observer import RecordObserver
from ivr.records.spool import LOSSES, SpoolWriter

log = logging.getLogger("ivr.records")

_GAUGES: Final = {
    "records_behind": "Records of calls that the database does not have yet",
    "records_refused": "Records that the database does not take, put aside",
    "events_behind": "Events that the receiver has not taken yet",
}


class RecordMetrics(Collector):
    """Collect what the keeper says of itself, and the records that this process has lost."""

    def __init__(self, settings: Settings, writer: SpoolWriter) -> None:
        self._data = settings.data_dir
        self._writer = writer

    def collect(self) -> Iterator[Metric]:
        """Yield the figures."""
        status = read_status(self._data)
        up = float(status.is_up(time.time()))
        yield GaugeMetricFamily("ivr_keeper_up", "1 while the keeper is at work", up)
        for name, words in _GAUGES.items():
            yield GaugeMetricFamily(f"ivr_{name}", words, status.figures.get(name, 0.0))
        lost = CounterMetricFamily(
            "ivr_records_lost", "Records that could not be put into the spool", labels=["reason"]
        )
        for reason in LOSSES:
            lost.add_metric([reason], float(self._writer.lost[reason]))
        yield lost


class Kept:
    """Hold what is kept of the calls of one process."""

    def __init__(self, settings: Settings, keeper: KeeperChild | None = None, node: str = "") -> None:
        """Take `keeper`, where this process is the one that has it: with workers, their parent does.

        `node`: the name of this process among all that carry calls; the machine's where it is the only one.
        """
        self._settings = settings
        self._keeper = keeper
        self._key = settings.records_key.get_secret_value().encode()
        self._writer: SpoolWriter | None = None
        self.records: RecordObserver | None = None
        """Makes the records; None: none are kept."""
        if settings.keeps_records:
            self._writer = SpoolWriter(spool_folder(settings.data_dir), settings.spool_mb)
            self.records = RecordObserver(
                self._writer.put,
                settings.all_lines,
                writer=self._writer.writer,
                node=node or settings.node,
                key=self._secret,
                clock=time.time,
            )
        self.recorder = audio_recorder(settings)
        """Records the audio of calls; None: no line is recorded."""

    def __repr__(self) -> str:
        return f"<Kept {self._writer!r} {self._keeper!r}>"

    def _secret(self) -> bytes:
        """Return what makes keys of numbers. Called in the writing thread."""
        if not self._key:
            self._key = own_key(self._settings.data_dir)
        return self._key

    def beside(self, recorder: CallObserver | None) -> CallObserver | None:
        """Return what observes the calls, with `recorder`. None: nothing does."""
        observers = [one for one in (self.records, self.recorder, recorder) if one is not None]
        return Observers(*observers) if len(observers) > 1 else next(iter(observers), None)

    def name_file(self, kind: str, call_id: str, name: str) -> None:
        """Put the name of a tape or a recording into the record of its call. From any thread."""
        if self.records is not None:
            self.records.name_file(call_id, kind, name)

    def start(self, metrics: Metrics) -> None:
        """Begin to write."""
        if self._writer is not None:
            metrics.add(RecordMetrics(self._settings, self._writer))
            self._writer.start()
        if self.recorder is not None:
            self.recorder.writer.on_done = partial(self._recorded, metrics)
            self.recorder.start()

    def _recorded(self, metrics: Metrics, facts: RecordingFacts) -> None:
        """Count a recording that is finished, and name it in the record of its call. Called in the writing thread."""
        metrics.recorded(facts.reason or facts.state, facts.bytes)
        keeps = any(line.name == facts.line and line.keep != "none" for line in self._settings.all_lines)
        if self.records is not None and facts.name and keeps:
            self.records.name_file(facts.call, "recording", facts.name)

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look from now on, at times, whether the keeper is there."""
        if self._keeper is not None:
            self._keeper.watch(loop.time())
            loop.call_later(WATCH_S, self.watch, loop)

    def close(self) -> None:
        """Write what is not written, and let the keeper finish. The calls are over. Blocks for some seconds at most."""
        # What it finishes goes into the records.
        if self.recorder is not None:
            self.recorder.close()
        if self._writer is not None:
            self._writer.close()
        if self._keeper is not None:
            self._keeper.close()
