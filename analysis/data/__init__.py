"""The evidence: tables, facts, expressions, scenarios, and how uncertain inputs are drawn."""
