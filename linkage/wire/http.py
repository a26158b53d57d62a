"""How requests to the linkage unit are signed: our profile of RFC 9421 (docs/spec/submission-1.md)."""

import datetime as dt

__all__ = ["COVERED_COMPONENTS", "KEY_COMPONENT", "MAX_AGE", "SIGNATURE_LABEL", "SIGNATURE_TAG"]

SIGNATURE_LABEL = "clew"
SIGNATURE_TAG = "clew-submission-1"
COVERED_COMPONENTS = ("@method", "@authority", "@path", "@query", "content-digest")
"""Every request carries a Content-Digest, of the empty body too, so that nothing is left uncovered."""

KEY_COMPONENT = "idempotency-key"
"""Covered too where a request carries one: nobody on the way may give it another."""

MAX_AGE = dt.timedelta(minutes=5)
