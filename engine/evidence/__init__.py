"""What really ran: one reader for each runtime, and what all of them are held against."""
