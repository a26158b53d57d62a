"""Linkages of millions of records: planned, estimated, interrupted, gone on with and measured."""
