"""Which notices of a run are shown: each once, and one of an input no longer than that input is in use."""

import dataclasses

from engine.wire.values import NoticeText


@dataclasses.dataclass(frozen=True, slots=True)
class Noted:
    """Notices in the order in which they came.

    A notice does not say whether it is of the whole run or of a changed input, but the order of events does: one
    that comes after the first answer is of an input, unless something was prepared just before. Where calls follow
    on it, that input was refused or its answer is there; where its answer follows at once, it is of that answer.

    ``former`` and ``fresh``: those of inputs, told before and since the last timed call. ``gone``: no longer true.
    """

    shown: tuple[NoticeText, ...] = ()
    answered: bool = False
    prepared: bool = False
    former: tuple[NoticeText, ...] = ()
    fresh: tuple[NoticeText, ...] = ()
    gone: tuple[NoticeText, ...] = ()

    def with_notice(self, note: NoticeText) -> "Noted":
        of_input = self.answered and not self.prepared
        return dataclasses.replace(
            self,
            shown=_united(self.shown, (note,)),
            former=_without(self.former, (note,)),
            fresh=_united(self.fresh, (note,)) if of_input else _without(self.fresh, (note,)),
            gone=_without(self.gone, (note,)),
        )

    def with_preparation(self) -> "Noted":
        """What comes from now to the next answer is of the run: it tells of what was prepared."""
        return dataclasses.replace(self, prepared=True)

    def with_calls(self) -> "Noted":
        if not self.fresh and not self.prepared:
            return self
        return dataclasses.replace(self, former=_united(self.former, self.fresh), fresh=(), prepared=False)

    def with_answer(self, *, of_changed_input: bool) -> "Noted":
        """An answer came; to a changed input it ends what was told of the inputs before."""
        if not of_changed_input:
            return dataclasses.replace(self, answered=True, prepared=False)
        return dataclasses.replace(
            self,
            shown=_without(self.shown, self.former),
            answered=True,
            prepared=False,
            former=self.fresh,
            fresh=(),
            gone=_united(self.gone, self.former),
        )

    def with_report(self, notices: tuple[NoticeText, ...]) -> "Noted":
        """The report lists all that was ever told; what is no longer true does not come back by it."""
        return dataclasses.replace(self, shown=_without(_united(self.shown, notices), self.gone))


def _united(some: tuple[NoticeText, ...], more: tuple[NoticeText, ...]) -> tuple[NoticeText, ...]:
    return tuple(dict.fromkeys((*some, *more)))


def _without(some: tuple[NoticeText, ...], others: tuple[NoticeText, ...]) -> tuple[NoticeText, ...]:
    return tuple(note for note in some if note not in others)
