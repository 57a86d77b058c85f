"""Every run and comparison that was made, in SQLite. The desk alone writes it."""
