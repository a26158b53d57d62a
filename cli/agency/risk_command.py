"""``clew agency risk``: what a bundle gives away, before it is submitted."""

from pathlib import Path

import click
import msgspec

from cli.agency import options, saying
from cli.agency.crosswalk import Crosswalk
from cli.agency.encoding import Desk, open_desk
from cli.agency.inspection import Inspection
from cli.agency.looking import Looked, look_into
from cli.agency.making import read_source
from cli.agency.progress import Stages, stages
from cli.agency.risk import FromSource, measure_risk, standing_out
from cli.agency.risk_source import known_people, look_up, sharing
from cli.agency.risk_words import risk_words
from cli.agency.saying import say, warn_if_synced
from cli.agency.spreadsheet import write_csv
from cli.agency.store import Store
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_from
from cli.outputs import spare_inputs
from keys.identity import Identity
from keys.passphrase import PassphraseFrom
from linkage.errors import EpochError, InputError
from linkage.wire.manifest import Manifest

__all__ = ["risk_command"]

_COLUMNS = (
    "your_reference",
    "children_alike_in_own_record",
    "children_alike_in_an_appeal",
    "children_alike_in_everything",
    "rows",
    "uncertain_birth",
    "views_lacking",
)


@click.command("risk")
@click.argument("bundle", type=FILE)
@options.workspace
@click.option(
    "--source",
    type=FILE,
    metavar="SOURCE",
    help="The extract that the bundle was made of: tries your key, and shows who shares a salt.",
)
@options.mapping
@click.option(
    "--list",
    "listed",
    type=FILE,
    metavar="FILE",
    help="Write your own references of the children who stand out here (CSV); it stays with you.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@options.allow_weak_profile
@passphrase_from
def risk_command(
    bundle: Path,
    workspace: Workspace,
    source: Path | None,
    mapping: str | None,
    listed: Path | None,
    as_json: bool,  # noqa: FBT001
    allow_weak_profile: bool,  # noqa: FBT001
    passphrase_file: PassphraseFrom,
) -> None:
    """Measure what a bundle gives away, before it leaves.

    BUNDLE is the open copy that stays with you (name.open.clew).  Everything is measured on this machine and
    nothing is sent.  What is printed names no child; --list does, by your own references, and needs the
    passphrase, as --source does.
    """
    if mapping is not None and source is None:
        raise click.UsageError("--mapping: says how to read --source, which is not given")
    spare_inputs([listed], [bundle, source])
    looked = look_into(bundle, workspace.require().card())
    inspection = _opened(bundle, looked)
    needs_phrase = source is not None or listed is not None
    phrase = saying.passphrase(passphrase_file) if needs_phrase else ""
    with stages() as shown:
        read = None
        if source is not None:
            desk = _desk(workspace, phrase, looked.manifest, allow_weak_profile=allow_weak_profile)
            read = _read(desk, source, mapping, looked.manifest, inspection, shown)
        shown.stage("measuring")
        risk = measure_risk(looked.manifest, looked.submission, inspection, read)
    click.echo(msgspec.json.encode(risk).decode() if as_json else "\n".join(risk_words(risk)))
    if listed is not None:
        _write_list(listed, workspace, workspace.identity(phrase), looked.manifest, inspection)


def _opened(bundle: Path, looked: Looked) -> Inspection:
    if looked.inspection is None:
        raise InputError(
            f"{bundle.name}: sealed, so that nobody here can look into it",
            hint="name the open copy beside it (name.open.clew)",
        )
    return looked.inspection


def _desk(workspace: Workspace, phrase: str, manifest: Manifest, *, allow_weak_profile: bool) -> Desk:
    desk = open_desk(workspace, phrase, today=saying.today(), allow_weak_profile=allow_weak_profile)
    if desk.descriptor.key_check_value != manifest.key_check_value:
        raise EpochError(
            f"the bundle was made in epoch {manifest.epoch} with another key than this workspace has joined",
            hint="encode again in the epoch that is open now",
        )
    return desk


def _read(
    desk: Desk, source: Path, mapping: str | None, manifest: Manifest, inspection: Inspection, shown: Stages
) -> FromSource:
    """Read the extract again, as it was read for the bundle, and try both keys."""
    extract = read_source(source, mapping, desk.workspace, manifest.period, (), shown)
    latest = max(saying.today(), manifest.period.end.date)
    known = known_people(desk, extract, inspection.encodings, today=latest)
    if not known.people:
        raise InputError(
            f"{source.name}: none of its children is in this bundle",
            hint="name the extract that the bundle was made of",
        )
    dictionary = look_up(desk, known, inspection.encodings, shown, today=latest)
    return FromSource(desk.profile, known, dictionary, sharing(desk.profile, known))


def _write_list(
    path: Path, workspace: Workspace, identity: Identity, manifest: Manifest, inspection: Inspection
) -> None:
    warn_if_synced(path.parent)
    with Store(workspace.database_file) as store:
        references = {one.handle: one.reference for one in Crosswalk(store, identity).references()}
    found = standing_out(inspection, manifest.profile_digest)
    rows = [(references.get(handle, ""), *map(str, told)) for handle, *told in found]
    write_csv(path, _COLUMNS, rows)
    say(f"{path.name} lists {len(rows):,} children with your own references; it stays with you")
