"""One page a file, or a folder once it has parts. Pages do not know each other."""
