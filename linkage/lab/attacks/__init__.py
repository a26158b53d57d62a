"""Attacks on encodings of made-up people, by somebody who holds the encodings but not the key."""
