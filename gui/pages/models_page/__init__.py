"""The Models page: finding models on the Hub, and those on this computer."""

from gui.pages.models_page.page import ModelsPage

__all__ = ["ModelsPage"]
