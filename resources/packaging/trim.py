"""What is taken out of the installed libraries: nothing that Fastpath runs, and most of what they weigh."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

# Of Qt: the window uses QtCore, QtGui, QtSvg and QtWidgets, and these use D-Bus, Wayland and X11.
_QT_UNUSED = (
    *("Concurrent", "Designer", "DesignerComponents", "EglFSDeviceIntegration", "EglFsKmsSupport", "Help", "Labs*"),
    *("Lottie*", "Network", "OpenGLWidgets", "PrintSupport", "Qml*", "Quick*", "ShaderTools", "Sql", "SvgWidgets"),
    *("Test", "UiTools", "WaylandCompositor", "WaylandEglCompositor*", "Xml"),
)
_QT_PLUGINS = (
    *("designer", "egldeviceintegrations", "generic", "networkinformation", "printsupport", "qmllint", "qmltooling"),
    *("sqldrivers", "tls", "vectorimageformats", "wayland-graphics-integration-server"),
    *(f"imageformats/*q{name}.*" for name in ("gif", "icns", "jpeg", "pdf", "tga", "tiff", "wbmp", "webp")),
    "platforminputcontexts/*virtualkeyboard*",
    *(f"platforms/*q{name}.*" for name in ("eglfs", "linuxfb", "minimalegl", "vkkhrdisplay", "vnc")),
)
_QT_TOOLS = (
    *("Assistant*", "Designer*", "Linguist*", "assistant*", "balsam*", "designer*", "linguist*", "lrelease*"),
    *("lupdate*", "qml*", "svgtoqml*", "rcc*", "uic*", "qsb*", "doc", "examples", "glue", "include", "scripts"),
    *("support", "typesystems", "lib", "metatypes", "resources", "qml", "translations/[!q]*", "*.pyi", "*pyside6qml*"),
    *(f"Qt/{name}" for name in ("libexec", "metatypes", "qml", "resources", "translations")),
)
# OpenVINO: the processor's plugin, its own format and ONNX's; other devices and other makers' formats go.
_OPENVINO = (
    *("*_intel_gpu_plugin*", "*_intel_npu_plugin*", "cache.json", "*openvino_c.*", "*tbbmalloc_proxy*"),
    *(f"*openvino_{name}_frontend*" for name in ("gguf", "jax", "paddle", "tensorflow", "tensorflow_lite")),
)
_PATHS = (
    *(f"PySide6/Qt{name}.*" for name in _QT_UNUSED),
    *(f"PySide6/Qt6{name}.dll" for name in _QT_UNUSED),
    *(f"PySide6/Qt/lib/*Qt6{name}.so*" for name in _QT_UNUSED),
    *(f"PySide6/Qt/lib/Qt{name}.framework" for name in _QT_UNUSED),
    *(f"PySide6/{place}plugins/{name}" for place in ("", "Qt/") for name in _QT_PLUGINS),
    *(f"PySide6/{name}" for name in _QT_TOOLS),
    *(f"openvino/libs/{name}" for name in _OPENVINO),
    *(f"openvino/frontend/{name}" for name in ("jax", "paddle", "tensorflow")),
    # Programs and libraries that test PyTorch, and its compiler of messages.
    *("torch/test", "torch/bin/[!t]*", "torch/bin/test_*"),
    *(f"torch/lib/*{name}*" for name in ("torchbind_test", "jitbackend_test", "backend_with_compiler", "aoti_custom")),
    "transformers/kernels",  # CUDA's
    "onnxruntime/capi/libonnxruntime.so*",  # for programs in C: the module has it inside
    *("bin", "share/doc", "share/man"),  # commands of libraries: nothing calls them
    *("setuptools/_distutils/command/*.exe", "setuptools/*.exe", "*.pth"),
)
_TESTS = re.compile(r"tests?$")
_STATIC = ("*.a", "*.lib", "*.la", "*.pdb", "*.cmake", "*.pc")
_HEADERS = ("*.h", "*.hpp", "*.cuh", "*.cu", "*.pxd", "*.pyx", "*.tp", "*.inc")
_KEEPS_ITS_SOURCES = ("torch/include", "torch/_inductor", "nncf")
"""PyTorch's headers have rules of their own; NNCF reads its sources."""

_INCLUDE = re.compile(r"""^\s*#\s*include\s*[<"]([^">{}\n]+)[">]""", re.M)
_INCLUDED_BY_PYTHON = re.compile(r"#include <([^>{}\n]+)>")
_OTHER_DEVICES = ("cuda", "cutlass", "metal", "mps", "mtia", "rocm", "xpu")


def trim(packages: Path) -> None:
    """Takes out of the folder ``packages``, where libraries were installed, what is not used."""
    for pattern in _PATHS:
        _remove(packages.glob(pattern))
    _remove(sorted(folder for folder in packages.rglob("*") if _TESTS.match(folder.name) and _is_tests(folder)))
    for pattern in _STATIC:
        _remove(packages.rglob(pattern))
    for pattern in _HEADERS:
        _remove(file for file in packages.rglob(pattern) if not _keeps(file.relative_to(packages)))
    _trim_headers(packages / "torch")
    _remove(sorted((folder for folder in packages.rglob("*") if _is_empty(folder)), reverse=True))


def _remove(paths: Iterator[Path] | list[Path]) -> None:
    for path in list(paths):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _is_tests(folder: Path) -> bool:
    """A folder of tests, and no module of a library that is called so."""
    return folder.is_dir() and (any(folder.rglob("test_*")) or not any(folder.glob("*.so")))


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not any(file.is_file() for file in folder.rglob("*"))


def _keeps(path: Path) -> bool:
    return path.as_posix().startswith(_KEEPS_ITS_SOURCES)


def _trim_headers(torch: Path) -> None:
    """Leaves of PyTorch's headers those that the code includes which torch.compile makes for processors."""
    root = torch / "include"
    needed = headers_needed(torch)
    _remove(file for file in root.rglob("*") if file.is_file() and file not in needed)


def headers_needed(torch: Path) -> set[Path]:
    """The headers that Inductor names for processors, and what these include, and so on, in whatever condition."""
    root, inductor = torch / "include", torch / "_inductor"
    named = set()
    for file in inductor.rglob("*.py"):
        if not any(word in file.relative_to(inductor).as_posix() for word in _OTHER_DEVICES):
            named |= set(_INCLUDED_BY_PYTHON.findall(file.read_text(encoding="utf-8")))
    waiting = [root / name for name in named]
    needed: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file in needed or not file.is_file():
            continue
        needed.add(file)
        for name in _INCLUDE.findall(file.read_text(encoding="utf-8", errors="replace")):
            waiting += [root / name, file.parent / name, root / "torch" / "csrc" / "api" / "include" / name]
    return {file.resolve() for file in needed} | needed


def size(folder: Path) -> int:
    """Bytes of the files below ``folder``."""
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() or file.is_symlink())
