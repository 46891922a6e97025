"""Dates that a stranger writes: a day of the calendar, nothing that could be taken for one."""

import datetime

import pytest
from pydantic import TypeAdapter, ValidationError

from analysis.data.strictness import Day

DAY = TypeAdapter(Day)


@pytest.mark.parametrize("written", ["2024-02-29", datetime.date(2024, 2, 29)])
def test_a_day_is_read(written):
    assert DAY.validate_python(written) == datetime.date(2024, 2, 29)


@pytest.mark.parametrize(
    "written",
    [
        *["2025-02-31", "2025-02-29", "2025-13-01", "0000-01-01", "2025-02", "2025"],
        *["86400", "-86400", "1735689600", "20250601", "2025-06-01T00:00:00", "２０２５-06-01"],
        *[86400, 1735689600.0, True, None, datetime.datetime(2025, 6, 1)],
    ],
)
def test_what_is_no_day_of_the_calendar_is_refused(written):
    with pytest.raises(ValidationError):
        DAY.validate_python(written)
