"""What a screen reader hears: run by the system's own Python, which has pyatspi, on an accessibility bus.

``python3 screen_reader.py`` looks for the window, presses Run through the bus, and prints what it met as JSON. Nothing
of Fastpath is imported here.
"""

import json
import sys
import time

import pyatspi  # type: ignore[import-not-found]
from gi.repository import GLib  # type: ignore[import-not-found]

FOUND_WITHIN_S = 60
ANSWER_WITHIN_S = 120


def nodes(root):
    """The whole tree, breadth first; what goes away meanwhile is passed over."""
    waiting = [root]
    while waiting:
        one = waiting.pop(0)
        yield one
        try:
            waiting += [one.getChildAtIndex(place) for place in range(min(one.childCount, 600))]
        except Exception:  # noqa: BLE001 - the bus raises whatever it likes where a widget has gone
            continue
        waiting = [child for child in waiting if child is not None]


def wait_for(wanted, within_s, what):
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        turn(0.2)
        try:
            found = wanted()
        except Exception:  # noqa: BLE001 - see above
            found = None
        if found:
            return found
    sys.exit(f"not met within {within_s} s: {what}")


def turn(seconds):
    """Lets the bus tell its events."""
    loop = GLib.MainLoop()
    GLib.timeout_add(int(seconds * 1000), loop.quit)
    loop.run()


def application():
    desktop = pyatspi.Registry.getDesktop(0)
    named = [desktop.getChildAtIndex(place) for place in range(desktop.childCount)]
    return next((one for one in named if one is not None and one.name == "Fastpath"), None)


def named(root, role, name):
    found = (one for one in nodes(root) if one.getRoleName() == role and one.name.startswith(name))
    return next(found, None)


def told(one):
    states = one.getState()
    relations = {
        relation.getRelationType().value_nick: [
            relation.getTarget(place).name for place in range(relation.getNTargets())
        ]
        for relation in one.getRelationSet()
    }
    return {
        "role": one.getRoleName(),
        "name": one.name,
        "description": one.description,
        "focusable": states.contains(pyatspi.STATE_FOCUSABLE),
        "showing": states.contains(pyatspi.STATE_SHOWING),
        "enabled": states.contains(pyatspi.STATE_ENABLED),
        "relations": relations,
    }


def press(button):
    """By the first of its actions that does so; a checkable button has it as Toggle or Check."""
    action = button.queryAction()
    names = [action.getName(place) for place in range(action.nActions)]
    action.doAction(next(names.index(name) for name in ("Press", "Toggle", "Check") if name in names))


def ready(root):
    button = named(root, "push button", "Run") or named(root, "button", "Run")
    return button if button is not None and button.getState().contains(pyatspi.STATE_SENSITIVE) else None


def main():
    heard = []
    pyatspi.Registry.registerEventListener(lambda event: heard.append(str(event.any_data)), "object:announcement")
    root = wait_for(application, FOUND_WITHIN_S, "the application on the bus")
    run = wait_for(lambda: ready(root), FOUND_WITHIN_S, "Run, ready to be pressed")
    before = [told(one) for one in nodes(root)]
    press(run)
    wait_for(lambda: heard, ANSWER_WITHIN_S, "an announcement that the run has ended")
    turn(1.0)
    after = [told(one) for one in nodes(root)]
    press(next(one for one in nodes(root) if one.name == "CPU" and one.getState().contains(pyatspi.STATE_FOCUSABLE)))
    wait_for(lambda: named(root, "tree", "Features of the CPU"), FOUND_WITHIN_S, "the CPU page")
    turn(0.5)
    page = [told(one) for one in nodes(root)]
    print(json.dumps({"before": before, "after": after, "cpu": page, "heard": heard}))


main()
