"""A source read and judged, and a bundle made of it: what ``check`` and ``encode`` do before they print.

The data officer's page (:mod:`cli.desk`) calls the same functions. ``remark`` is told what to say.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.agency.encoding import Desk, Encoded, encode_extract, open_copy, open_desk, sweep_left
from cli.agency.progress import Stages
from cli.agency.saying import say, today
from cli.agency.shield_choice import NO_SHIELD, ShieldChoice
from cli.agency.shielding import chosen_shield_list, require_shield_list
from cli.agency.workspace import Workspace
from cli.outputs import spare_inputs, spare_outputs
from cli.sources.context import Context
from cli.sources.extract import Extract, read_extract
from cli.sources.mapping import choose_mapping, parse_mapping, preset_names
from cli.sources.opening import files_read
from linkage.errors import InputError
from linkage.wire.manifest import Period

__all__ = [
    "BundleRequest",
    "Remark",
    "make_bundle",
    "open_desk_for",
    "period_remarks",
    "read_source",
    "require_bundle_request",
]

Remark = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRequest:
    """What ``encode`` and ``reencode`` are asked to make a bundle of, and how."""

    source: Path
    mapping: str | None
    workspace: Workspace
    period: Period
    areas: tuple[str, ...]
    output: Path
    overwrite: bool
    fixes: Path | None
    shielding: ShieldChoice
    last_year: Path | None
    allow_empty: bool
    allow_withdrawals: bool
    allow_weak_profile: bool


def require_bundle_request(request: BundleRequest) -> None:
    """Raise :class:`InputError` for what speaks against a request and needs no passphrase to be found."""
    request.workspace.require()
    require_shield_list(request.shielding, request.workspace)
    if request.output.suffix != ".clew":
        raise InputError(f"{request.output.name}: not the name of a bundle", hint="let it end with .clew")
    spare_outputs([request.output, open_copy(request.output)], overwrite=request.overwrite)


def open_desk_for(request: BundleRequest, passphrase: str) -> Desk:
    """Open everything that encoding needs from the workspace."""
    return open_desk(
        request.workspace, passphrase, today=today(), allow_weak_profile=request.allow_weak_profile
    )


def make_bundle(
    request: BundleRequest,
    desk: Desk,
    stages: Stages,
    *,
    outputs: Sequence[Path | None] = (),
    remark: Remark = say,
) -> tuple[Extract, Encoded]:
    """Read a request's source and write its bundle.

    ``outputs`` are further files that the caller is going to write.
    """
    written = [request.output, open_copy(request.output), request.fixes, *outputs]
    sweep_left(request.workspace, request.output)
    extract = read_source(
        request.source,
        request.mapping,
        request.workspace,
        request.period,
        request.areas,
        stages,
        outputs=written,
        shielding=request.shielding,
        last_year=request.last_year,
        remark=remark,
    )
    encoded = encode_extract(
        desk,
        extract,
        period=request.period,
        output=request.output,
        stages=stages,
        today=today(),
        allow_empty=request.allow_empty,
        allow_withdrawals=request.allow_withdrawals,
        shield_list=request.shielding.path is not None,
    )
    return extract, encoded


def read_source(
    source: Path,
    name: str | None,
    workspace: Workspace,
    period: Period | None,
    areas: tuple[str, ...],
    shown: Stages,
    *,
    outputs: Sequence[Path | None] = (),
    shielding: ShieldChoice = NO_SHIELD,
    last_year: Path | None = None,
    remark: Remark = say,
) -> Extract:
    """Read a source through the named or the saved mapping, and save the mapping once it has worked.

    Raises :class:`InputError` before anything is read if one of the outputs would go over an input.
    """
    workspace.require()
    text = choose_mapping(name) if name else workspace.mapping_text()
    if text is None:
        raise InputError(
            "no mapping was used in this workspace yet", hint="name one with --mapping, as council-csv"
        )
    mapping, card = parse_mapping(text), workspace.card()
    others = [_mapping_file(name), shielding.path, *(files_read(last_year, mapping) if last_year else ())]
    spare_inputs(outputs, [*files_read(source, mapping), *others])
    shield = chosen_shield_list(shielding, mapping)
    context = Context(card.agency, card.role, today(), period, areas, shield, last_year)
    extract = read_extract(source, mapping, context, stage=lambda table: _begin(shown, table))
    if workspace.save_mapping(text):
        remark(f"mapping {mapping.name} saved in the workspace; --mapping can be left out from now on")
    return extract


def period_remarks(extract: Extract, period: Period | None) -> Iterator[str]:
    """Warn where the period looks mistyped: what it wrongly claims looks like records that are not."""
    if period is not None and period.end.date > today():
        yield "the period ends after today; its last days are not over"
    episodes = extract.log.tallies.get("episodes")
    if episodes is not None and episodes.outside * 2 > episodes.read:
        yield "more than half of the episodes lie outside the period; is it the right one?"


def _begin(shown: Stages, table: str) -> None:
    shown.stage(f"reading {table.replace('_', ' ')}")


def _mapping_file(name: str | None) -> Path | None:
    return None if name is None or name in preset_names() else Path(name)
