"""Run inside the system by its Python: starts the packaged program as its own start.py does, and looks on.

``python3.11 observe.py FILE``: writes there when the first answer was on the screen, by the system's steady clock.
"""

import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

PROGRAM = "/usr/lib/fastpath"


def main(file: Path) -> int:
    """Returns the program's exit status."""
    sys.path += [f"{PROGRAM}/app", f"{PROGRAM}/app_packages"]
    sys.argv = ["fastpath"]
    session = import_module("gui.app").Session
    show = session._show_state

    def watched(self: Any) -> None:
        show(self)
        if self.state.run is not None and self.state.run.answer is not None and not file.exists():
            self.window.repaint()
            file.write_text(str(time.monotonic()))

    session._show_state = watched
    status: int = import_module("fastpath.__main__").main("/usr/bin/fastpath")
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
