"""What the window's process loads: Qt, and nothing that computes."""

import os
import subprocess
import sys

CODE = """
import sys
import gui.app
heavy = ("torch", "transformers", "optimum", "onnxruntime", "onnx", "numpy", "PySide6.QtQml", "PySide6.QtNetwork")
print([name for name in heavy if name in sys.modules])
"""


def test_the_window_loads_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], env=os.environ, capture_output=True, text=True, timeout=60)

    assert done.stdout.strip() == "[]", done.stdout + done.stderr
