"""A unit with a history in its ledger, and what an auditor elsewhere finds in its export."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from api.auditing import export_lines
from api.checkpoints import LedgerSigner, open_signer
from api.clock import stamp, utc_now
from api.store.database import Database
from linkage.register.ledger_audit import Audit, audit
from linkage.wire.audits import read_audit
from linkage.wire.canonical import canonical
from linkage.wire.checkpoints import Checkpoint, read_checkpoint, read_ledger_card
from tests.support.served import Served, served_unit
from tests.support.unit import Unit, make_sent


@contextlib.contextmanager
def served_history(folder: Path) -> Iterator[Served]:
    """Two agencies, a cycle, an amended snapshot that merges and withdraws, a refused one, another cycle."""
    with served_unit(folder) as served:
        council, police = served.client(served.council), served.client(served.police)
        council.submit(make_sent(served.unit, served.council, children=(1, 2, 3)))
        police.submit(make_sent(served.unit, served.police, children=(2, 3, 4)))
        served.workers.settle()
        served.workers.cycle()
        council.submit(make_sent(served.unit, served.council, sequence=2, children=(1, 2, 5)))
        wrong = make_sent(served.unit, served.police, sequence=2, children=(7,), counts={"episodes": 9})
        police.submit(wrong)
        served.workers.settle()
        served.workers.cycle()
        yield served


def exported(
    connection: Connection, unit: Unit, signer: LedgerSigner, *, with_records: bool = True
) -> list[bytes]:
    now = stamp(utc_now())
    return list(export_lines(connection, unit.folder, signer, with_records=with_records, now=now))


def verified(lines: list[bytes], unit: Unit, outside: list[Checkpoint]) -> Audit:
    """What `clew audit verify` does."""
    header, entries, states = read_audit(line.removesuffix(b"\n") for line in lines)
    key = read_ledger_card(canonical(header.ledger), signing_key=unit.card.signing_key).note_key
    return audit(entries, states, checkpoint=read_checkpoint(header.checkpoint, key), outside=outside)


def checkpoint_now(database: Database, unit: Unit) -> Checkpoint:
    signer = open_signer(unit.folder)
    with database.read() as connection:
        return signer.checkpoint(connection)[0]
