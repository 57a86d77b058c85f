"""One file a mode; see engine/mode.py for what a mode is."""
