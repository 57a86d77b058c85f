"""The most that this machine reaches, for the one who asks."""

import time

from engine.measure import peaks
from engine.mode import Events
from engine.run.session import Control, Workbench
from engine.wire.errors import Stopped
from engine.wire.messages import MeasurePeaks, PeaksTold, Stage


def tell(asked: MeasurePeaks, control: Control, bench: Workbench) -> Events:
    """Yields the stage ``measuring``, then ``PeaksTold``. Raises Stopped."""

    def go_on() -> None:
        if control.stopped:
            raise Stopped()

    yield Stage(stage="measuring")
    began = time.perf_counter()
    found = peaks.known_or_measured(bench.threads, bench.cpu_signature, anew=asked.anew, go_on=go_on)
    yield Stage(stage="measuring", seconds=time.perf_counter() - began)
    yield PeaksTold(peaks=found.told())
