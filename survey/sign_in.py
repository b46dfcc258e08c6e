"""Pages: signing in and out."""

from flask import Blueprint

pages = Blueprint("sign_in", __name__, url_prefix=" signing in and out")
