"""ONE run as two generators of events, ``prepare`` and ``measure``: the only room that knows the order.

A star, not a chain: models, modes, tasks, measure and store each return a value here; none calls another.
"""

from engine.run.held import hold
from engine.run.order import measure, prepare
from engine.run.session import Control, Session, Workbench

__all__ = ["Control", "Session", "Workbench", "hold", "measure", "prepare"]
