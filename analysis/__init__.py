"""Reconstruct what it costs to train a language model, from public facts."""

from importlib.metadata import version

__version__ = version("traincost")
