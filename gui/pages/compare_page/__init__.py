"""The Compare page: modes side by side, and the fastest found."""

from gui.pages.compare_page.exports import ScriptTaker
from gui.pages.compare_page.page import ComparePage
from gui.pages.compare_page.presentation import RacePresentation

__all__ = ["ComparePage", "RacePresentation", "ScriptTaker"]
