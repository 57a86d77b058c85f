"""The CPU page: what this CPU is, and what of it can be used."""

from gui.pages.cpu_page.page import CpuPage

__all__ = ["CpuPage"]
