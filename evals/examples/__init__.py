"""The worked example: a report made from our own corpus, kept in the repository."""
