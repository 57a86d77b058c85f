"""The engine: everything that runs models. No Qt here; torch only inside functions."""
