"""Padding removed: a batch of texts of unlike length runs in parts of like length, where that is faster.

``Ragged`` goes around what a mode prepared; see ``engine.ragged.wrapper``.
"""

from engine.ragged.wrapper import Ragged as Ragged
