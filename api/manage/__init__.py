"""The command group ``clew register``: what an operator of the linkage unit types."""

import click

from api.manage.agencies import agency
from api.manage.cycles import cycle, figures, persons
from api.manage.jobs import retry, status
from api.manage.revoking import revoke
from api.manage.running import serve, work
from api.manage.setup import epoch, init
from api.manage.submissions import submission

__all__ = ["register"]


@click.group()
def register() -> None:
    """Run the linkage unit: service, workers, enrolment, submissions, cycles."""


for _command in (
    agency,
    cycle,
    epoch,
    figures,
    init,
    persons,
    retry,
    revoke,
    serve,
    status,
    submission,
    work,
):
    register.add_command(_command)
