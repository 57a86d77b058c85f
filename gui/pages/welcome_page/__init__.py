"""The first start: what Fastpath does, what this CPU can do, and a press on Run."""

from gui.pages.welcome_page.page import WelcomePage

__all__ = ["WelcomePage"]
