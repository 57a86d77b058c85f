import errno

import pytest

from engine.wire import errors
from engine.wire.errors import FastpathError, failure_of


def subclasses(of: type[FastpathError]) -> list[type[FastpathError]]:
    found: list[type[FastpathError]] = []
    for direct in of.__subclasses__():
        found += [direct, *subclasses(direct)]
    return found


@pytest.mark.parametrize("kind", [kind for kind in subclasses(FastpathError) if kind is not errors.UserFacing])
def test_every_failure_says_what_happened_and_what_to_do(kind: type[FastpathError]) -> None:
    failure = failure_of(kind("The cup fell."))

    assert failure.code == kind.__name__
    assert failure.what_happened == "The cup fell."
    assert failure.what_to_do.endswith(".")


def test_the_tree_at_the_top_names_every_failure() -> None:
    assert errors.__doc__ is not None
    for kind in subclasses(FastpathError):
        assert kind.__name__ in errors.__doc__


def test_a_surprise_becomes_a_report_ready_to_paste() -> None:
    try:
        raise KeyError("lost")
    except KeyError as error:
        failure = failure_of(error)

    assert failure.sort == "defect"
    assert "KeyError" in failure.what_happened
    for part in ("Traceback", "test_errors.py", "Python 3", "torch 2"):
        assert part in failure.details


@pytest.mark.parametrize(
    ("error", "code"),
    [(OSError(errno.ENOSPC, "No space left"), "DiskFull"), (MemoryError(), "NotEnoughMemory")],
)
def test_the_machines_own_limits_are_named(error: Exception, code: str) -> None:
    assert failure_of(error).code == code
