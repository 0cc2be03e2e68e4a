"""SQL: a bound query's text for SQLite and PostgreSQL, and what makes its parameters, in the text's order."""
