"""What pages, inputs and results share."""
