"""The evidence: tables, facts, expressions on them, scenarios, and how uncertain inputs are drawn."""
