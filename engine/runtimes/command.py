"""Which program is started for a role, and in which environment.

The environment is an allow-list: what counts for a figure is set here, alike for all modes, before the child imports
anything. Nothing else of the caller's environment reaches a measurement.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Literal

import psutil

from engine import folders
from engine.runtimes import ipex, packaged
from engine.wire.errors import BadInput

Waiting = Literal["short", "long"]

CAPS = {
    "avx2": "AVX2",
    "avx512": "AVX512_CORE",
    "vnni": "AVX512_CORE_VNNI",
    "bf16": "AVX512_CORE_BF16",
    "amx": "AVX512_CORE_AMX",
}
"""oneDNN's words for the rungs of ``engine.wire.comparison.ISA_CAPS``."""

SYSTEM_VARIABLES = (
    *(
        "PATH",
        "HOME",
        "USER",
        "LOGNAME",
        "LANG",
        "LANGUAGE",
        "TZ",
        "TMPDIR",
        "TEMP",
        "TMP",
        "LD_LIBRARY_PATH",
    ),
    *("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "VIRTUAL_ENV"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    *("PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
    *("FASTPATH_HOME", "HF_HOME", "HF_HUB_CACHE", "COVERAGE_PROCESS_START"),
    *("CC", "CXX", "CPATH", "LIBRARY_PATH", "INCLUDE", "LIB", "LIBPATH", "SDKROOT", "DEVELOPER_DIR"),
)
NETWORK_VARIABLES = (
    *("HF_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"),
    *("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
    # Where the list of the program's versions is, and how the system's keyring is reached.
    *("FASTPATH_RELEASES", "DBUS_SESSION_BUS_ADDRESS", "XDG_CURRENT_DESKTOP", "DESKTOP_SESSION", "KDE_FULL_SESSION"),
    # Where a company has its own package index: read by pip alone.
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CERT", "PIP_TRUSTED_HOST"),
    *("PIP_PROXY", "PIP_CONFIG_FILE", "PIP_DEFAULT_TIMEOUT"),
)

MAIN_COMMAND, MAIN_TORCH = "FASTPATH_MAIN_COMMAND", "FASTPATH_MAIN_TORCH"
"""In another runtime: the words that start the main one's ``reference``, and the version of its PyTorch."""


def engine_command(role: str, runtime: str = "main", prefix: Sequence[str] = ()) -> list[str]:
    """The words that start a child in ``role`` ("work", "desk", "reference"), without its ends of the channel.

    ``prefix`` goes first (an emulator, in tests). A packaged application starts itself; another runtime's own
    interpreter has the same code installed. Raises ModeUnavailable where that runtime is not there or not whole.
    """
    if runtime == ipex.ID:
        return [*prefix, str(ipex.interpreter()), "-P", "-m", "engine", role]
    if runtime != "main":
        raise BadInput(f"There is no runtime named {runtime!r}.")
    return [*prefix, *packaged.engine_program(), role]


def processors_allowed() -> int:
    """Logical processors that this process may use, where the system tells its affinity; otherwise all."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else psutil.cpu_count() or 1


def environment(
    role: str,
    threads: int,
    caller: Mapping[str, str] = os.environ,
    *,
    offline: bool = False,
    runtime: str = "main",
    waiting: Waiting = "short",
    isa_cap: str = "",
) -> dict[str, str]:
    """The child's whole environment. ``threads`` is at least 1; the desk does not compute and ignores it. ``waiting``:
    how long OpenMP's threads spin after a call, ``long`` as the library itself would have it. ``isa_cap``: of CAPS.

    Only the desk may use the network, and with ``offline`` nobody. Raises BadInput for a count of threads that this
    computer has no processors for: libraries allocate for each thread, and break at absurd counts.
    """
    most = max(processors_allowed(), psutil.cpu_count() or 1)  # affinity may have changed since the count was chosen
    if role != "desk" and not 1 <= threads <= most:
        raise BadInput(f"A run can have 1 to {most} threads on this computer, not {threads}.")
    names = SYSTEM_VARIABLES + (NETWORK_VARIABLES if role == "desk" else ())
    kept = {name: caller[name] for name in names if name in caller}
    kept |= {name: value for name, value in caller.items() if name.startswith("LC_")}
    kept |= {
        "PYTHONUTF8": "1",
        "PYTHONNOUSERSITE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "TF_BUILD": "True",  # OpenVINO and NNCF report to their makers but on build servers; nothing else reads it
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if role != "desk" or offline:
        kept |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    if role != "desk":
        kept |= _computing(threads)
        if waiting == "long":
            del kept["GOMP_SPINCOUNT"]
        if isa_cap:
            kept["ONEDNN_MAX_CPU_ISA"] = CAPS[isa_cap]
        if isa_cap == "avx2":
            kept["ATEN_CPU_CAPABILITY"] = "avx2"  # PyTorch's own loops, and the code that it generates
    if runtime != "main":
        kept |= {MAIN_COMMAND: json.dumps(engine_command("reference")), MAIN_TORCH: metadata.version("torch")}
    return kept


def _computing(threads: int) -> dict[str, str]:
    # libgomp's default spinning makes a busy machine collapse (tenfold p90), and never spinning slows small eager
    # runs by a quarter on a quiet one, which would flatter every other mode. A short spin was near the best of both.
    return {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "GOMP_SPINCOUNT": "1000",
        # Read when Inductor is imported; one compile worker, because pool workers outlive their parent by a minute.
        "TORCHINDUCTOR_CACHE_DIR": str(folders.part("inductor")),
        "TORCHINDUCTOR_COMPILE_THREADS": "1",
    }
