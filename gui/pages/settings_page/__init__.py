"""The Settings page: look, threads, the data folder, and back to the first state."""

from gui.pages.settings_page.page import SettingsPage

__all__ = ["SettingsPage"]
