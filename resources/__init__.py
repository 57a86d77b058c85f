"""Icons, examples, screenshots: files, no code."""
