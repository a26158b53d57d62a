"""What the console shows, read from the shared database alone: no payload, no encoding, nobody's handle."""
