"""A user's mistake, in one line."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import get_close_matches

from pydantic import ValidationError


class InputError(ValueError):
    """A mistake in what the user gave: one line that says what, where, and what is allowed."""


def did_you_mean(name: str, known: Collection[str]) -> str:
    """`; did you mean …?` with the nearest known name, or the empty string.

    Near is a like spelling, or all words shared: `gpu_price` is near `price_usd_per_gpu_hour`.
    """
    words = set(re.split(r"[^a-z0-9]+", name.lower())) - {""}
    sharing = [
        other for other in known if words and words <= set(re.split(r"[^a-z0-9]+", other.lower()))
    ]
    close = (
        get_close_matches(name, list(known), n=1, cutoff=0.6)
        or sharing
        or get_close_matches(name, list(known), n=1, cutoff=0.4)
    )
    return f"; did you mean {close[0]}?" if close else ""


def first_mistake(error: ValidationError, where: str, known: Collection[str]) -> InputError:
    """A pydantic error as one line that names file, field, what was found and the nearest name."""
    detail = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return InputError(
            f"{where}{field} is not known{did_you_mean(str(detail['loc'][-1]), known)}"
        )
    message = str(detail.get("ctx", {}).get("error", detail["msg"]))
    found = detail["input"]
    found = f"a {type(found).__name__}" if isinstance(found, dict | list) else repr(found)
    return InputError(f"{where}{field}: {message[0].lower()}{message[1:]}, found {found}")
