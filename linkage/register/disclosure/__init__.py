"""Disclosure control: counted tables in, tables out that may leave (docs/disclosure.md).

Nothing is published of a count but what the engine made of it: rounded, suppressed for its own sake, or
suppressed for the sake of others, so that with all earlier releases at hand no suppressed cell can be worked
out.
"""

from linkage.register.disclosure.disclosing import Disclosure, DisclosureFigures, disclose
from linkage.register.disclosure.history import Nesting, Release
from linkage.register.disclosure.policy import DisclosurePolicy
from linkage.register.disclosure.rounding import whole_percentage

__all__ = [
    "Disclosure",
    "DisclosureFigures",
    "DisclosurePolicy",
    "Nesting",
    "Release",
    "disclose",
    "whole_percentage",
]
