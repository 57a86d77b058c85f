"""Briefcase with another configuration file than ./pyproject.toml: ``python run_briefcase.py FILE WORDS``.

Run with the Python that Briefcase 0.4.7 is installed for. It replaces a method of Briefcase's, which has no option for
it: that version is pinned (``making.BRIEFCASE``).
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main(configuration: Path, words: list[str]) -> int:
    """Returns Briefcase's exit status."""
    from briefcase import __main__ as briefcase
    from briefcase.commands.base import BaseCommand

    own: Callable[..., Any] = BaseCommand.parse_config

    def parse(command: object, _filename: Path, overrides: dict[str, Any]) -> Any:
        return own(command, configuration, overrides)

    BaseCommand.parse_config = parse
    sys.argv = ["briefcase", *words]
    return int(briefcase.main() or 0)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), sys.argv[2:]))
