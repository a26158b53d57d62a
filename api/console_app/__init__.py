"""The console: pages of operators, reviewers, governance and publishers (docs/operations/console.md)."""
