"""What a stranger's numbers and dates may be: no truth value counts as one, no number as a day."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ValidationInfo, field_validator

DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEARS = (1950, 2240)  # of which every library can count what lies between any two days


def _as_day(value: Any) -> Any:
    # a text of digits alone would be taken for seconds since 1970
    if isinstance(value, str) and DAY.fullmatch(value):
        value = datetime.date.fromisoformat(value)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        if YEARS[0] <= value.year <= YEARS[1]:
            return value
        raise ValueError(f"expected a day from {YEARS[0]} to {YEARS[1]}")
    raise ValueError("expected a day, YYYY-MM-DD")


def day_of(text: str) -> datetime.date:
    """The day of a text; a `ValueError` for one that is none.

    >>> day_of("2025-01-31").year
    2025
    """
    found: datetime.date = _as_day(text)
    return found


Day = Annotated[datetime.date, BeforeValidator(_as_day)]


class Numbers(BaseModel):
    """A record in which true and false stand for no number, and 1_0 is none."""

    @field_validator("*", mode="before")
    @classmethod
    def _no_number_in_disguise(cls, value: Any, info: ValidationInfo) -> Any:
        if hasattr(value, "item"):  # of an array library: a number of its own, or none
            value = value.item()
        wanted = str(cls.model_fields[str(info.field_name)].annotation)
        number = "float" in wanted or "int" in wanted
        if isinstance(value, bool) and number and "bool" not in wanted:
            raise ValueError("expected a number, not true or false")
        if isinstance(value, str) and number and "_" in value and "str" not in wanted:
            raise ValueError("expected a number, without underscores")
        return value
