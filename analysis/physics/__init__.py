"""The formulas of training cost: pure functions, arrays in, arrays out."""
