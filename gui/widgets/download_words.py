"""How far a download is, in a line."""

from engine.wire.messages import Downloading
from gui.widgets import figures


def of_progress(progress: Downloading) -> str:
    parts = [f"{figures.size(progress.done_bytes)} of {figures.size(progress.total_bytes)}"]
    parts += [f"{figures.size(progress.bytes_per_s)}/s"] if progress.bytes_per_s else []
    parts += [f"{figures.seconds(max(1.0, progress.left_s))} left"] if progress.left_s is not None else []
    return ", ".join(parts)
