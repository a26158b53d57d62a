"""``clew agency desk``: the same work on a page that this machine serves to itself."""

from pathlib import Path

import click

from cli.agency import options
from cli.agency.saying import warn_if_synced
from cli.agency.workspace import Workspace
from cli.options import FILE
from linkage.errors import ClewError

__all__ = ["desk_command"]


@click.command("desk")
@options.workspace
@click.option("--url", default="", help="The linkage unit's address, https://…, to stand in the forms.")
@click.option(
    "--outbox",
    type=FILE,
    metavar="DIR",
    help="Where bundles are written.  [default: outbox in the workspace]",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Listen here.  [default: a free port]")
@click.option("--no-browser", is_flag=True, help="Only print the address; open no browser.")
@click.option(
    "--idle-minutes",
    type=click.IntRange(1, 24 * 60),
    default=30,
    show_default=True,
    help="End when nobody has used the page for so long.",
)
def desk_command(
    workspace: Workspace,
    url: str,
    outbox: Path | None,
    port: int,
    no_browser: bool,  # noqa: FBT001
    idle_minutes: int,
) -> None:
    """Do all of this on a page in your browser.

    The page is served to this machine alone, and opened by an address that works once.  Nothing is sent
    anywhere until you press submit there.
    """
    try:
        from cli.desk.serving import serve_desk
        from pages.assets import MissingAssetsError
    except ModuleNotFoundError as error:
        raise ClewError(
            f"clew agency desk: this machine lacks the package {error.name}",
            hint="install the extra that this command needs: pip install 'clew[desk]'",
        ) from None
    warn_if_synced(workspace.path)
    folder = outbox or workspace.path / "outbox"
    try:
        serve_desk(
            workspace,
            outbox=folder,
            url=url,
            port=port,
            browser=not no_browser,
            idle_seconds=idle_minutes * 60.0,
        )
    except MissingAssetsError as error:
        raise ClewError(
            f"clew agency desk: {error}", hint="in a clone of the repository, run make assets"
        ) from None
