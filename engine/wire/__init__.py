"""The conversation: messages, their encoding, the socket, and failures."""
