"""The packaged program's first lines."""

import sys


def main(application: str) -> int:
    """Becomes Fastpath. ``application``: the path of the program that a person starts. Returns the exit status."""
    from engine.runtimes import packaged

    packaged.started_by(application)
    sys.argv[0] = application  # by it X11 and the task bar know the window
    from gui.__main__ import main as start

    return start()


if __name__ == "__main__":
    sys.exit(main(sys.executable))  # Windows and macOS: Briefcase's own starter, which is the program
