"""How fast, how sure, under which conditions."""
