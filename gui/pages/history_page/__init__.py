"""The History page: every run and comparison that was made."""

from gui.pages.history_page.page import HistoryPage

__all__ = ["HistoryPage"]
