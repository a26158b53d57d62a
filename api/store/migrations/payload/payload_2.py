"""The register worker's store with records in partitions by epoch, where the database has such a thing.

What has no records yet gets partitions at once.  Records of an older release stay where they are: they are
moved while the unit works, by ``clew register migrate --online``.  Everything here is done in a moment, and a
worker of the release before goes on with what it knows.
"""

import sqlalchemy as sa
from alembic import op

from api.store.partitions import UNSORTED, become_partitioned

revision = "payload_2"
down_revision = "payload_1"

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns, and make partitions where nothing has to be moved."""
    op.add_column("snapshots", sa.Column("edition", _BIG, nullable=False, server_default="0"))
    op.add_column("records", sa.Column("epoch", sa.String(length=32), nullable=False, server_default=""))
    op.create_table(
        "unscrubbed",
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        empty = not connection.exec_driver_sql("SELECT EXISTS (SELECT 1 FROM records)").scalar()
        if empty:
            become_partitioned(connection)
            connection.exec_driver_sql(f"ALTER TABLE records DETACH PARTITION {UNSORTED}")
            connection.exec_driver_sql(f"DROP TABLE {UNSORTED}")
