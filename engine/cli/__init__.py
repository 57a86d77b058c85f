"""The command line: the same engine as the window, through the same client."""

from engine.cli.commands import main

__all__ = ["main"]
