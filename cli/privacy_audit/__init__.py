"""``clew privacy-audit``: attacks on encoding profiles, with made-up people and throw-away keys."""
