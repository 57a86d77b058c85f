"""What is kept of the chosen entry, or of two side by side."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QHeaderView, QSplitter, QTreeView

from engine.wire.comparison import Comparison
from engine.wire.messages import HistoryCompared, HistoryOpened, Run
from engine.wire.values import Result
from gui import theme
from gui.pages.history_page import words
from gui.results import view_for
from gui.widgets import mnemonics, text
from gui.widgets.card import Card
from gui.widgets.details import ReadText, paragraphs
from gui.widgets.icons import IconButton

NOTHING = "Choose an entry to see what is kept of it, or two (with Ctrl or Shift) to see them side by side."
TOO_MANY = "Choose one entry, or two to see them side by side."
OPENING = "Opening"
NO_RESULT = "It is too large to be kept here, and its file is no longer there."


class Lines(QTreeView):
    """A small table that is read and copied."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Figures")
        text.explain(self, "The figures, one a row. Arrow keys walk through them.")
        self._model = QStandardItemModel(self)
        self._shown: object = None
        self.setModel(self._model)
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QTreeView.ScrollMode.ScrollPerPixel)
        self.header().setSectionsMovable(False)
        self.header().setHighlightSections(False)
        self.header().setFont(theme.scaled(theme.CAPTION))
        self.header().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def show_lines(self, heads: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
        """A line with one word alone is a heading."""
        if (heads, lines) == self._shown:
            return
        self._shown = (heads, lines)
        self._model.clear()
        self._model.setHorizontalHeaderLabels(list(heads))
        for line in lines:
            items = [QStandardItem(cell) for cell in (*line, *[""] * (len(heads) - len(line)))]
            for item, cell in zip(items, line, strict=False):
                item.setEditable(False)
                item.setToolTip(text.plain_tip(cell))
            if len(line) == 1:
                items[0].setFont(theme.scaled(1, bold=True))
            said = ", ".join(
                f"{head}: {cell}" if head else cell for head, cell in zip(heads, line, strict=False) if cell
            )
            items[0].setData(said, Qt.ItemDataRole.AccessibleTextRole)
            self._model.appendRow(items)
        for column in range(len(heads)):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.setHeaderHidden(not any(heads))

    def as_text(self) -> str:
        rows = range(self._model.rowCount())
        columns = range(self._model.columnCount())
        return "\n".join("\t".join(self._model.item(row, one).text() for one in columns).rstrip() for row in rows)


class Detail(Card):
    """Signals: reopen_asked, for the entry that is shown; it is a run or a comparison that came to its end."""

    reopen_asked = Signal()

    def __init__(self, titles: words.Titles) -> None:
        super().__init__("Entry")
        self._titles = titles
        self._shown: HistoryOpened | HistoryCompared | None = None
        self.reopen = text.button("", self.reopen_asked.emit, role="main")
        mnemonics.wants(self.reopen)
        self.copy = IconButton("copy", "&Copy", explains="Copies all that is shown here as text.")
        self.copy.clicked.connect(self._copy)
        self.head.addWidget(self.copy)
        self.head.addWidget(self.reopen)
        self._note = text.label(NOTHING, "quiet", wrap=True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.lines = Lines()
        self.words = ReadText("What else is known")
        text.explain(self.words, "Doubts, input, answer and what it was measured under, to be read or copied.")
        self._both = QSplitter(Qt.Orientation.Horizontal)
        self._both.addWidget(self.lines)
        self._both.addWidget(self.words)
        self._both.setChildrenCollapsible(False)
        self.add(self._note)
        self.add(self._both, 1)
        self.show_nothing(NOTHING)

    def show_nothing(self, why: str) -> None:
        """``why``: what to do, or what goes on."""
        self._shown = None
        self.title.setText("Entry")
        text.set_text(self._note, why)
        self._note.show()
        for widget in (self._both, self.reopen, self.copy):
            widget.hide()

    def show_entry(self, shown: HistoryOpened | HistoryCompared) -> None:
        if shown is self._shown:
            return
        self._shown = shown
        self._note.hide()
        self._both.show()
        self.copy.show()
        if isinstance(shown, HistoryCompared):
            self._show_both(shown)
        else:
            self._show_one(shown)

    def _show_both(self, found: HistoryCompared) -> None:
        names = tuple(f"{words.kind(row)} {row.number}" for row in (found.first, found.second))
        self._set_title(f"{names[0]} beside {names[1].lower()}")
        self.reopen.hide()
        lines: list[tuple[str, ...]] = [("Figures",)]
        lines += [words.side(line)[:3] for line in found.lines if line.group == "figures"]
        lines.append(("Measured under",))
        lines += [words.side(line) for line in found.lines if line.group == "conditions"]
        self.lines.show_lines(("", *names, ""), lines)
        self._show_words(words.text_of_both(found))
        self._both.setSizes([620, 300])

    def _show_one(self, found: HistoryOpened) -> None:
        self._set_title(words.heading(found.row, self._titles))
        self._offer(found)
        if found.comparison is not None:
            self.lines.show_lines(words.CELL_HEADS, [words.cell(one, self._titles) for one in found.comparison.cells])
            self._both.setSizes([620, 300])
        else:
            self.lines.show_lines(("", ""), words.figures_of(found, self._titles))
            self._both.setSizes([360, 560])
        self._show_words(words.text_of(found, _answer(found)))

    def _set_title(self, title: str) -> None:
        self.title.setText(title.replace("&", "&&"))
        self.setAccessibleName(title)

    def _offer(self, found: HistoryOpened) -> None:
        is_run = isinstance(found.request, Run)
        title = "Put on the Run page" if is_run else "Show on the Compare page"
        explains = (
            "Puts model, task, acceleration and input of this run on the Run page; nothing is started. Ctrl+Enter."
            if is_run
            else "Shows this comparison on the Compare page as it ended. Ctrl+Enter."
        )
        mnemonics.retitle(self.reopen, title)
        text.explain(self.reopen, explains)
        self.reopen.setVisible(is_run or found.comparison is not None)
        mnemonics.give(self.window())

    def _show_words(self, told: str) -> None:
        self.words.setPlainText(paragraphs(told))

    def reopened(self) -> tuple[Run, str] | Comparison | None:
        """What the button is about: a run with the name its model was given by, or a comparison."""
        if not isinstance(self._shown, HistoryOpened):
            return None
        if isinstance(self._shown.request, Run):
            return self._shown.request, self._shown.row.ref
        return self._shown.comparison

    def as_text(self) -> str:
        return f"{self.accessibleName()}\n{self.lines.as_text()}\n\n{self.words.toPlainText()}"

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.as_text())


def _answer(found: HistoryOpened) -> str:
    """A run's answer as plain text."""
    result = found.result
    if result is None or not isinstance(found.request, Run):
        return ""
    if result.value is None:
        return NO_RESULT
    return words.cut(_plain(result, found.request))


def _plain(result: Result, run: Run) -> str:
    view = view_for(result.kind)
    widget = view.widget()
    try:
        view.show_result(result, run.fields)
        return view.as_text()
    except (ValueError, KeyError, TypeError):
        return str(result.value)
    finally:
        widget.deleteLater()
