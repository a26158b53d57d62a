"""How well encodings link and what they withstand, measured beside plain text."""
