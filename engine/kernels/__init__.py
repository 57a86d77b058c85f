"""Our own operators: tokens packed without padding, weights packed for oneDNN, int8 by the token."""
