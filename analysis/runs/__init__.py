"""Other developers' runs, and what they say of one that nobody disclosed."""
