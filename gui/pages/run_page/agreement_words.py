"""Whether the answer is eager's, in words: on this input, and at fewer bits on real texts too."""

import math

from engine.wire.values import Agreement, RunReport
from gui.widgets import figures, text

BASELINE = "this is eager itself, the baseline"
SAME = frozenset({"identical", "same answers"})
DIFFERENT = "different answers"


def agreement_in_words(report: RunReport | None) -> tuple[str, text.Role]:
    """Whether the answer is eager's, with the ratio where it was measured; and the colour that goes
    with it.
    """
    if report is None:
        return "", ""
    found = report.agreement
    if found is None:
        return "not checked against eager", "quiet"
    if found.verdict == "reference":
        return BASELINE, "quiet"
    if found.verdict == DIFFERENT:
        return f"different answers than eager{_share(found)}, so no speedup is shown", "warn"
    if _differs_on_real_texts(report):
        words = "same answer as eager here, but not on real texts"
        return (f"{words}, so no speedup is shown" if report.ratio is not None else words), "warn"
    words = "same answer as eager" if found.verdict in SAME else f"close to eager{_share(found)}"
    if report.ratio is None:
        return words, "" if found.verdict in SAME else "warn"
    value = report.ratio.value
    speed = f"{figures.times(value)} faster" if value >= 1 else f"{figures.times(1 / value)} slower"
    same = "same answer" if found.verdict in SAME else f"close answers{_share(found)}"
    return f"{speed} than eager, {same}", _role(value, found)


def on_real_texts(report: RunReport | None) -> tuple[str, text.Role]:
    """How a precision below full does on the texts that come along; "" where that was not asked."""
    found = report.sample_agreement if report is not None else None
    if found is None:
        return "", ""
    verdict = found.verdict if found.verdict != "close" else f"close answers, {figures.percent(found.share)} the same"
    if found.verdict == DIFFERENT:
        verdict = f"different answers for {figures.percent(1 - found.share)} of them"
    words = f"on {found.n} real texts: {verdict} (worst cosine {cosine(found.cosine_worst)})"
    return words, "quiet" if found.verdict in SAME else "warn"


def is_different(report: RunReport | None) -> bool:
    """Whether the answers differ, here or on real texts: then no speedup is shown."""
    if report is None:
        return False
    here = report.agreement is not None and report.agreement.verdict == DIFFERENT
    return here or _differs_on_real_texts(report)


def cosine(value: float) -> str:
    """Three places, rounded down: what is not 1 never reads as 1, nor 0.9896 as a bar of 0.99."""
    return f"{math.floor(value * 1_000) / 1_000:.3f}"


def _differs_on_real_texts(report: RunReport) -> bool:
    return report.sample_agreement is not None and report.sample_agreement.verdict == DIFFERENT


def _role(value: float, found: Agreement) -> text.Role:
    if found.verdict not in SAME:
        return "warn"
    return "accent" if value > 1 else ""


def _share(found: Agreement) -> str:
    if found.n <= 1:
        return ""
    share = 1 - found.share if found.verdict == "different answers" else found.share
    return f" on {figures.percent(share)} of {found.n} inputs"
