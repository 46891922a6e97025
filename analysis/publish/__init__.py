"""Notebooks to an edition: execute, assemble, check, swap."""
