"""The command group ``clew register``: what an operator of the linkage unit types."""

import click

from api.manage.agencies import agency
from api.manage.alerts import alerts
from api.manage.answers import answers
from api.manage.audiences import audience, pseudonym
from api.manage.audit import audit
from api.manage.certificates import certificate
from api.manage.configuring import config
from api.manage.cycles import cycle, figures, persons
from api.manage.epochs import epoch
from api.manage.erasing import erase
from api.manage.jobs import retry, status
from api.manage.keeping import backup, check, restore
from api.manage.links import link
from api.manage.reidentifying import approver, reidentify
from api.manage.retention import retention
from api.manage.revoking import revoke
from api.manage.running import serve, work
from api.manage.setup import init, migrate, upgrade
from api.manage.submissions import submission
from api.manage.succession import succession

__all__ = ["register"]


@click.group()
def register() -> None:
    """Run the linkage unit: service, workers, enrolment, submissions, cycles."""


for _command in (
    alerts,
    approver,
    reidentify,
    answers,
    audience,
    pseudonym,
    *(
        agency,
        audit,
        backup,
        certificate,
        check,
        config,
        cycle,
        epoch,
        erase,
        figures,
        init,
        link,
        migrate,
        persons,
        restore,
        retention,
        retry,
    ),
    *(revoke, serve, status, submission),
    succession,
    upgrade,
    work,
):
    register.add_command(_command)
