"""What every test shares: data folders of its own, tiny models, one engine for the whole run."""

import contextlib
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

# Before anything of the engine is imported: no test touches the person's data or the network.
_SESSION = Path(tempfile.mkdtemp(prefix="fastpath-tests-"))
os.environ["FASTPATH_HOME"] = str(_SESSION / "home")
os.environ["HF_HOME"] = str(_SESSION / "hub")
os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
os.environ.setdefault("OMP_NUM_THREADS", "2")
for _name in ("HF_TOKEN", "HF_ENDPOINT", "HF_HUB_CACHE", "DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND"):
    os.environ.pop(_name, None)

# The same examples each time, and however long the machine takes for one.
hypothesis.settings.register_profile("fastpath", deadline=None, derandomize=True)
hypothesis.settings.load_profile("fastpath")

# Whatever started the tests may ignore an interrupt (nohup, a shell's "&"), and children would do as it does.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish() -> None:
    import shutil

    shutil.rmtree(_SESSION, ignore_errors=True)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """``tiny(family, head)``: the folder of a tiny random model, made once."""
    from tests import tiny as maker

    root = tmp_path_factory.mktemp("tiny")
    made: dict[tuple[str, str], Path] = {}

    def make(family: str, head: str) -> Path:
        if (family, head) not in made:
            made[family, head] = maker.make(family, head, root / f"{family}-{head}")
        return made[family, head]

    return make


@pytest.fixture(scope="session")
def compiled_once() -> Path:
    """Where Inductor keeps what it compiles for the session's data folder, by content: each kernel once."""
    return _SESSION / "home" / "inductor"


@pytest.fixture(scope="session")
def shares_compiled(compiled_once: Path) -> Callable[[Path], None]:
    """``shares_compiled(home)``: a fresh data folder compiles nothing that the session has compiled."""

    def share(home: Path) -> None:
        compiled_once.mkdir(parents=True, exist_ok=True)
        home.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # on Windows only some may link
            (home / "inductor").symlink_to(compiled_once, target_is_directory=True)

    return share


@pytest.fixture(scope="session")
def starter_folder() -> Path:
    from engine.models import starter

    return starter.folder()


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder for this test alone; processes started under it can be told by it."""
    home = tmp_path / "home"
    monkeypatch.setenv("FASTPATH_HOME", str(home))
    return home


@pytest.fixture
def compare_home(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that comparisons share, so that plain PyTorch's best way is found once."""
    home = _SESSION / "compare"
    monkeypatch.setenv("FASTPATH_HOME", str(home))
    return home
