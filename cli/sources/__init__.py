"""Reading an agency's own files: tables, mappings, values, rules.  All of it stays with the agency."""
