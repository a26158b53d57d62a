"""``clew profile``: encoding profiles explained, checked and compared."""
