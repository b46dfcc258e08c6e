"""The database's own guard of tables whose rows are never changed or removed; for migrations."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op


def refuse_changes(table: str, columns: Sequence[str] = ()) -> None:
    """Makes the table append-only: the database itself refuses to change or remove a row.

    columns  the only ones that stay as they are, where one is left out that may be emptied; none: all of them
    """
    update = f"UPDATE OF {', '.join(columns)}" if columns else "UPDATE"
    if op.get_bind().dialect.name == "sqlite":
        for verb in (update, "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.split()[0].lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
    else:
        op.execute(
            f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keeps BEFORE {update} OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only()"
        )
