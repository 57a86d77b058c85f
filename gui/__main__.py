"""The program's entry: no words open the window, words go to the command line, ``--engine`` becomes a
child.
"""

import ctypes
import os
import socket
import sys
from collections.abc import Mapping


def main() -> int:
    """Returns the exit status. Qt is imported for the window only."""
    words = sys.argv[1:]
    if words[:1] == ["--engine"]:
        from engine import __main__ as child

        return child.main(words[1:])
    if words:
        from engine import cli

        return cli.main(words)
    if obstacle := no_display():
        from engine import cli

        print(f"There is no display ({obstacle}), so Fastpath runs in the terminal instead.", file=sys.stderr)  # noqa: T201
        return cli.main(["try"])
    from gui.app import run_window

    return run_window()


def no_display(environment: Mapping[str, str] = os.environ, system: str = sys.platform) -> str:
    """Why no window can be shown here, or "". Qt would abort without a word that helps."""
    if not system.startswith("linux"):
        return ""
    platform = environment.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if platform not in ("", "xcb", "wayland"):
        return ""
    wayland, x11 = environment.get("WAYLAND_DISPLAY", ""), environment.get("DISPLAY", "")
    if wayland and platform != "xcb" and _wayland_answers(wayland, environment.get("XDG_RUNTIME_DIR", "")):
        return ""
    if x11 and platform != "wayland":
        return _why_no_x_server(x11)
    if wayland:
        return f"WAYLAND_DISPLAY names {wayland}, which does not answer"
    return "neither DISPLAY nor WAYLAND_DISPLAY is set"


def _wayland_answers(name: str, runtime_folder: str) -> bool:
    path = name if name.startswith("/") else f"{runtime_folder}/{name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        try:
            end.connect(path)
        except OSError:
            return False
    return True


def _why_no_x_server(display: str) -> str:
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return "the library libxcb is missing"
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return f"DISPLAY names {display}, which does not answer" if refused else ""


if __name__ == "__main__":
    sys.exit(main())
