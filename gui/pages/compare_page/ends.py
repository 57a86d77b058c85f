"""What a screen reader is told by itself: the end of each comparison and of each ladder, once."""

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

from gui.pages.compare_page.outcome_box import summary_of
from gui.pages.compare_page.rungs import ladder_of
from gui.pages.compare_page.words import STOPPED, was_stopped
from gui.run_state import CompareView, State, is_ladder


class Ends:
    """Speaks for ``page``, also while it is not shown."""

    def __init__(self, page: QWidget) -> None:
        self._page = page
        self._told: set[str] | None = None

    def show_state(self, state: State) -> None:
        """What was over before the first state is old: the page may have been made anew."""
        views = [view for view in (state.comparing, state.ladder) if view is not None and view.over]
        over = {view.request.id: view for view in views if view.request is not None}
        if self._told is None:
            self._told = set(over)
        for request_id in over.keys() - self._told:
            self._told.add(request_id)
            if QAccessible.isActive():
                said = said_of(over[request_id], state)
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._page, said))


def said_of(view: CompareView, state: State) -> str:
    """How it ended, in words."""
    if view.failure is not None:
        return view.failure.what_happened
    if view.request is None or not is_ladder(view.request):
        return summary_of(view)
    rungs, _note = ladder_of(view, state)
    stopped = (STOPPED,) if was_stopped(view) else ()
    return " ".join((*stopped, *(f"{rung.said}." for rung in rungs), *view.doubts))
