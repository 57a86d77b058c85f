"""The C++ compiler of this computer: finding it, setting Inductor up for it, and telling why it failed."""

import contextlib
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from engine.kernels import native
from engine.mode import Unavailable
from engine.wire.errors import ModeUnavailable

_REMEDIES = {
    "linux": "Install one, for example with: sudo apt install g++ python3-dev",
    "darwin": "Install Apple's command line tools with: xcode-select --install",
    "win32": "Install Visual Studio's Build Tools with C++, and start Fastpath from their command prompt.",
}
_NO_HEADER = re.compile(r"fatal error: '?([\w./+-]+)'?(?:: No such file| file not found)")


def missing() -> Unavailable | None:
    """What lacks for compiling: a C++ compiler, or the header files of Python, which the compiled code includes."""
    if not find():
        return Unavailable("There is no C++ compiler on this computer.", _remedy())
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return Unavailable("The header files of Python are not on this computer.", _remedy())
    return None


def find() -> str:
    """The path of the first C++ compiler there is, or empty."""
    if sys.platform != "win32":
        return native.compiler()
    named = os.environ.get("CXX")
    return next(filter(None, map(shutil.which, (named, "cl") if named else ("cl",))), "")


def configure() -> None:
    """Settings of the whole process; nothing else in it compiles."""
    import torch._dynamo.config
    import torch._inductor.config

    # Not as an option of torch.compile: Dynamo looks here too, and else hands the weights over as inputs, unfrozen.
    torch._inductor.config.freezing = True
    torch._inductor.config.compile_threads = 1  # pool workers outlive their parent by a minute
    torch._inductor.config.cpp.cxx = (find(),)
    torch._dynamo.config.suppress_errors = False
    torch._dynamo.config.fail_on_recompile_limit_hit = True


@contextlib.contextmanager
def translated(what: str) -> Iterator[None]:
    """The border to the compiler: its failing becomes ModeUnavailable, with its own words in the details.

    ``what`` it compiled: "the model".
    """
    from torch._inductor.exc import CppCompileError, InvalidCxxCompiler

    try:
        yield
    except Exception as error:
        failure = next((one for one in _causes(error) if isinstance(one, CppCompileError | InvalidCxxCompiler)), None)
        if failure is None:
            raise
        _forget_vectors()
        raise ModeUnavailable(_sentence(str(failure), what), _remedy(), str(failure)) from error


def _forget_vectors() -> None:
    """Inductor tries once in a process which vectors the compiler can make. One that failed makes none, and all that is
    compiled after it was mended would do without them.
    """
    from torch._inductor import cpu_vec_isa

    cached = [cpu_vec_isa.valid_vec_isa_list, cpu_vec_isa.VecISA.__dict__.get("_VecISA__bool__impl")]
    cached += [type(isa).__bool__ for isa in cpu_vec_isa.supported_vec_isa_list]
    for function in cached:
        getattr(function, "cache_clear", lambda: None)()


def _sentence(message: str, what: str) -> str:
    header = _NO_HEADER.search(message)
    if header:
        return f"The C++ compiler of this computer lacks a header file that {what} needs: {header[1]}."
    return f"The C++ compiler of this computer could not compile {what}."


def _remedy() -> str:
    return _REMEDIES.get(sys.platform, _REMEDIES["linux"])


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "inner_exception", None) or error.__cause__
