"""passes.cpp, compiled on this computer when it is needed and loaded by ctypes. Optional: ``passes`` has plain ones."""

import ctypes
import functools
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_log = logging.getLogger(__name__)

_SOURCE = Path(__file__).with_name("passes.cpp")
_LONGEST_S = 60
_PLAIN = (
    *("-shared", "-fPIC", "-O3", "-std=c++17"),
    # Sums may be reordered, so that they are vectorized; infinities and NaN stay what they are.
    *("-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math", "-freciprocal-math"),
)

_POINTER, _COUNT, _NUMBER, _CHOICE = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float, ctypes.c_int32
_ARGUMENTS = {
    "quantize": (*[_POINTER] * 3, _COUNT, _COUNT),
    "restore": (*[_POINTER] * 3, _COUNT, _COUNT),
    "activate_quantize": (*[_POINTER] * 5, _COUNT, _COUNT, _CHOICE),
    "norm_quantize": (*[_POINTER] * 6, _NUMBER, *[_POINTER] * 3, _COUNT, _COUNT),
}


def compiler() -> str:
    """The path of the first C++ compiler that takes GCC's options, or empty."""
    if sys.platform == "win32":  # a loaded library cannot be deleted there, and the usual compiler takes other options
        return ""
    named = os.environ.get("CXX")
    usual = ("clang++", "g++", "c++") if sys.platform == "darwin" else ("g++", "clang++", "c++")
    return next(filter(None, map(shutil.which, (named, *usual) if named else usual)), "")


@functools.cache
def load(path: str) -> ctypes.CDLL | None:
    """The library, compiled with the compiler at ``path`` for this CPU; None where that fails.

    About a second. The file is deleted once it is loaded: nothing that runs is read from the data folder.
    """
    if not path:
        return None
    native = "-mcpu=native" if platform.machine().lower() in ("arm64", "aarch64") else "-march=native"
    with tempfile.TemporaryDirectory(prefix="fastpath-passes-") as folder:
        library = Path(folder) / "passes.so"
        for options in ((native, "-fopenmp"), (native,), ()):
            if found := _compiled(path, (*_PLAIN, *options), library):
                return found
    return None


def _compiled(path: str, options: tuple[str, ...], library: Path) -> ctypes.CDLL | None:
    command = [path, *options, "-o", str(library), "-x", "c++", "-"]
    source = _SOURCE.read_text("utf-8")
    try:
        done = subprocess.run(command, input=source, capture_output=True, text=True, timeout=_LONGEST_S, check=False)
        if not done.returncode:
            return _typed(ctypes.CDLL(str(library)))
        _log.info("%s: %s", " ".join(command), done.stderr)
    except (OSError, AttributeError, subprocess.TimeoutExpired) as error:  # it did not start, or what it made is none
        _log.info("%s: %s", path, error)
    return None


def _typed(library: ctypes.CDLL) -> ctypes.CDLL:
    for name, arguments in _ARGUMENTS.items():
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, None
    return library
