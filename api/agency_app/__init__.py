"""The app that agencies talk to: ``/v1``, signed requests only (docs/spec/submission-1.md)."""
