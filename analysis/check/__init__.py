"""Public claims, contradictions, others' estimates and corrections, held against the account."""
