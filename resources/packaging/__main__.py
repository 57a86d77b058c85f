"""``python -m resources.packaging [--check | --only-check]``, as ``tasks.py package`` runs it."""

import sys

from resources.packaging import check, making
from tasks import TaskFailed, say


def main(words: list[str]) -> int:
    """Builds the package; ``--check`` tries it in a bare system too, ``--only-check`` that of before.

    Returns the exit status.
    """
    if not set(words) <= {"--check", "--only-check"}:
        say(__doc__ or "")
        return 2
    try:
        if "--only-check" not in words:
            making.make()
        if {"--check", "--only-check"} & set(words):
            check.check()
    except (TaskFailed, OSError) as failed:
        say(str(failed))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
