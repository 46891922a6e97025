"""A mapping that many share and nobody changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

Value = TypeVar("Value")


class Fixed(Mapping[str, Value]):
    """A mapping that its holder cannot change, and that comes whole from another process.

    >>> rates = Fixed({"mfu": 0.4})
    >>> rates["mfu"], hasattr(rates, "clear")
    (0.4, False)
    """

    def __init__(self, content: Mapping[str, Value]) -> None:
        self._content = dict(content)

    def __getitem__(self, name: str) -> Value:
        return self._content[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._content)

    def __len__(self) -> int:
        return len(self._content)

    def __repr__(self) -> str:
        return repr(self._content)
