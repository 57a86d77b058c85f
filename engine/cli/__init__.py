"""The command line: the same engine as the window, through the same client."""

STOPPED = 130
"""The exit status after Ctrl+C."""


def main(words: list[str]) -> int:
    """Runs one command. Returns the exit status."""
    try:
        from engine.cli import commands  # takes a while, in which Ctrl+C may come too
    except KeyboardInterrupt:
        if "--json" in words:
            _print_stopped()
        return STOPPED
    return commands.main(words)


def _print_stopped() -> None:
    from engine.cli import documents, output
    from engine.wire.errors import Stopped, failure_of

    try:
        output.print_json(documents.error(failure_of(Stopped())))
    except output.Unwritable:
        output.let_go()
