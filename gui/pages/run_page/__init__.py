"""The page on which one model does one task in one mode."""

from gui.pages.run_page.page import RunPage

__all__ = ["RunPage"]
