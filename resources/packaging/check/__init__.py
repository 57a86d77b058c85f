"""The package tried for real: installed in a bare system, started there, upgraded, removed.

``bare`` makes the system, ``person`` sits before its window, ``story`` tells what is done, ``report`` writes it down.
"""

from resources.packaging.check.story import check as check
