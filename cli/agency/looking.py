"""Looking into a bundle: whole, consistent and signed, and then in words."""

from dataclasses import dataclass
from pathlib import Path

from cli.agency.bundles import check_digests, check_signature, opened_bundle
from cli.agency.inspection import Inspection, inspect_bundle
from cli.agency.telling import manifest_words, open_words, row_bytes, sealed_words, text_bytes
from linkage.wire.cards import AgencyCard
from linkage.wire.manifest import Manifest, manifest_id

__all__ = ["Looked", "look_into"]


@dataclass(frozen=True, slots=True, repr=False)
class Looked:
    """What a bundle holds; of a sealed one the manifest alone can be read."""

    manifest: Manifest
    submission: str
    signing_key: str
    inspection: Inspection | None
    words: tuple[str, ...]
    """Line by line, as ``clew agency inspect`` prints it."""


def look_into(path: Path, card: AgencyCard | None, *, as_bytes: bool = False) -> Looked:
    """Check every digest and the signature of a bundle, against the agency's card if given, and read it."""
    with opened_bundle(path) as opened:
        check_signature(opened, card)
        check_digests(opened)
        inspection = inspect_bundle(opened) if opened.form == "open" else None
        said = [*manifest_words(opened)]
        said += open_words(opened, inspection) if inspection else sealed_words()
        if as_bytes:
            said += text_bytes("The manifest, byte by byte: this is what is signed", opened.manifest_bytes)
            said += row_bytes(opened, inspection) if inspection else ()
        submission = manifest_id(opened.manifest_bytes)
        return Looked(opened.manifest, submission, opened.signature.key, inspection, tuple(said))
