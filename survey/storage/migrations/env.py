"""Alembic's entry: runs the migrations on the connection that `survey.storage.database.upgrade` hands over."""

from alembic import context

from survey.storage.models import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata)
context.run_migrations()
