"""The command line: one module a command; the only place where errors become exit codes."""
