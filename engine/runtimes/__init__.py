"""Which interpreter runs which mode, and how a child process is started and ended."""
