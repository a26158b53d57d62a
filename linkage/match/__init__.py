"""Linking worker: compare encodings, decide on links, cluster records into persons."""
