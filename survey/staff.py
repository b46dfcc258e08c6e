"""Pages"""

from flask import Blueprint

pages = Blueprint("staff", __name__, url_prefix=" waves, progress, results, reports, people:/quan-tri")
