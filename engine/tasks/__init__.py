"""One file a task; see engine/task.py for what a task is."""
