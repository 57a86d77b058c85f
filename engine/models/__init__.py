"""Finding a model, looking into it, judging it safe, loading it."""
