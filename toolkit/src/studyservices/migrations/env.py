"""Alembic's entry: run the revisions on the connection that was handed over, or write their SQL."""

from __future__ import annotations

from alembic import context


def main() -> None:
    """Each revision in a transaction of its own, so that a failure leaves the ones before it done."""
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", literal_binds=True)
    else:
        context.configure(connection=context.config.attributes["connection"], transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


main()
