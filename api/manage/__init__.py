"""The command group ``clew register``: what an operator of the linkage unit types."""

import click

from api.manage.agencies import agency
from api.manage.audit import audit
from api.manage.certificates import certificate
from api.manage.cycles import cycle, figures, persons
from api.manage.epochs import epoch
from api.manage.jobs import retry, status
from api.manage.revoking import revoke
from api.manage.running import serve, work
from api.manage.setup import init, upgrade
from api.manage.submissions import submission
from api.manage.succession import succession

__all__ = ["register"]


@click.group()
def register() -> None:
    """Run the linkage unit: service, workers, enrolment, submissions, cycles."""


for _command in (
    *(
        agency,
        audit,
        certificate,
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
    ),
    succession,
    upgrade,
    work,
):
    register.add_command(_command)
