"""The window.

Qt lives here and only here; of the engine it knows the client, the folders and the messages.
"""
