"""Who is asking, how often, and how many at once."""
