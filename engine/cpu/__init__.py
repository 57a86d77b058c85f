"""What this CPU is."""
