"""Started by the program in usr/bin: adds the two folders beside this file, and becomes the application."""

import sys
from importlib import import_module
from pathlib import Path

here = Path(__file__).resolve().parent
sys.path += [str(here / "app"), str(here / "app_packages")]
entry = import_module("{{ cookiecutter.module_name }}.__main__")
sys.exit(entry.main(str(here.parents[1] / "bin" / here.name)))
