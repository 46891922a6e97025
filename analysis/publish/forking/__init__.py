"""Notebooks executed in forks of a process that has imported everything."""
