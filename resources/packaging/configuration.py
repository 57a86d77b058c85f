"""Briefcase's one configuration file, made of two: pyproject.toml says what the project is, briefcase.toml how it is
packaged. Briefcase reads a file named pyproject.toml alone (see ``run_briefcase``).
"""

import json
import tomllib
from pathlib import Path

from resources.packaging.plan import PROJECT, SETTINGS

_TAKEN = ("name", "version", "description", "requires-python", "license", "license-files")


def joined(requirements: list[str], released: str, project: Path = PROJECT, settings: Path = SETTINGS) -> str:
    """The text of the joined file. ``requirements``: "name==version"; ``released``: the day, "2026-01-31"."""
    told = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    lines = ["[project]", *(f"{key} = {_toml(told[key])}" for key in _TAKEN)]
    lines.append(f"authors = [{{ name = {_toml(told['authors'][0]['name'])} }}]")
    lines.append(f"dependencies = {_toml(requirements)}")
    with_day = settings.read_text(encoding="utf-8").replace(
        "[tool.briefcase]\n", f"[tool.briefcase]\nrelease_date = {_toml(released)}\n", 1
    )
    text = "\n".join([*lines, "", with_day])
    tomllib.loads(text)
    return text


def _toml(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)  # a TOML string is written like JSON's
