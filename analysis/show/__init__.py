"""Numbers, tables, links and charts: how what is computed is shown."""
