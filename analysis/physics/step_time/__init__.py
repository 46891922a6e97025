"""The time of one training step from its parts: products by shape, attention, passes over memory,
exchange between chips, bubbles, gradients.

A speed limit by measured kernels and links: nothing in it is fitted on a run.
"""
