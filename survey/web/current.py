"""What the running application works with: its database, its public address."""

from __future__ import annotations

from flask import current_app, request

from survey.storage.database import Database
from survey.system.addresses import outside


def database() -> Database:
    """The database of the running application."""
    instance: Database = current_app.extensions["database"]
    return instance


def here() -> str:
    """The same on a page: `HAILONG_BASE_URL`, else the address at which the browser asked."""
    return outside(current_app.config["BASE_URL"] or request.host_url)
