"""A model's phases from public facts: hours, dollars, and the ladder of what each figure counts."""
