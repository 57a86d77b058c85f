"""Whether things may move: not where the system asks for reduced motion."""

from PySide6.QtWidgets import QApplication, QStyle

NONE = "none"
_PROPERTY = "motion"


def is_wanted() -> bool:
    """What the system says; the application's property "motion" set to "none" goes before it."""
    application = QApplication.instance()
    if not isinstance(application, QApplication) or application.property(_PROPERTY) == NONE:
        return False
    return application.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0


def forbid(on: bool) -> None:
    """Nothing moves, whatever the system says."""
    application = QApplication.instance()
    if application is not None:
        application.setProperty(_PROPERTY, NONE if on else None)
