"""Pages and files of the console in words, as whoever answers for views and exports reads them."""

from collections.abc import Mapping
from typing import Final

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

__all__ = ["PAGE_WORDS", "file_words", "page_words"]

PAGE_WORDS: Final[Mapping[str, str]] = {
    "review_pair": "A pair under review",
    "review_ask": "Asked agencies about a pair under review",
    "operator_attention": "What needs attention",
    "operator_agencies": "Agencies",
    "operator_agency": "An agency",
    "operator_coverage": "Coverage",
    "operator_submissions": "Submissions",
    "operator_submission": "A submission",
    "operator_jobs": "Jobs",
    "operator_cycles": "Cycles",
    "operator_cycle": "A cycle",
    "operator_alerts": "Alerts",
    "operator_persons": "Persons",
    "operator_search": "Searched for a person",
    "operator_person": "A person",
    "operator_prepare": "Had a person’s sheet prepared",
    "operator_link": "Why two records of a person are linked",
    "operator_ask": "Form to ask agencies about a person",
    "operator_asked": "Asked agencies about a person",
    "operator_decide": "Form to decide about a person",
    "operator_decided": "Decided about a person",
    "publisher_releases": "Releases, for publishers",
    "publisher_release": "A release, for publishers",
    "publisher_table": "A table of a release",
    "publisher_file": "A file of a release",
    "publisher_files": "All files of a release",
    "publisher_ask": "Asked for a release",
    "publisher_decide": "Form to decide about a release",
    "publisher_decided": "Decided about a release",
    "governance_overview": "Governance: overview",
    "governance_ledger": "Governance: ledger",
    "governance_entry": "Governance: an entry of the ledger",
    "governance_leaves": "Leaves of the ledger as CSV",
    "governance_checkpoints": "Governance: verification",
    "governance_verify": "Governance: verified the ledger or a checkpoint",
    "governance_note": "Signed checkpoint",
    "governance_permissions": "Governance: permissions",
    "governance_epochs": "Governance: epochs",
    "governance_encoding": "Governance: what left",
    "governance_specimen": "Governance: what left an agency",
    "governance_strength": "Governance: privacy audit",
    "governance_quality": "Governance: linkage quality",
    "governance_scores": "Governance: scores",
    "governance_releases": "Governance: releases",
    "governance_retention": "Governance: retention",
    "governance_certificate": "Governance: a certificate",
    "governance_certificate_file": "Signed certificate",
    "governance_exports": "Governance: exports",
    "governance_views": "Governance: views",
}
"""By endpoint; a view of an older release whose page is not here goes by its name."""

_FILE_WORDS: Final[Mapping[str, str]] = {
    "publisher_file": "{name} of release {number}",
    "publisher_files": "All files of release {number}",
    "governance_certificate_file": "Signed certificate of {kind} {name}",
}
"""What the address of a file tells besides."""


def page_words(page: str) -> str:
    """Return a page in words."""
    return PAGE_WORDS.get(page) or page.replace("_", " ").capitalize()


def file_words(page: str, address: str) -> str:
    """Return a file in words, with what its address says; ``address`` is empty where nobody may see it."""
    if page in _FILE_WORDS and address:
        try:
            known = current_app.url_map.bind("").match(address.partition("?")[0], method="GET")
        except (HTTPException, RequestRedirect):
            return page_words(page)
        if known[0] == page:
            return _FILE_WORDS[page].format(**known[1])
    return page_words(page)
