"""Pages"""

from flask import Blueprint

pages = Blueprint("respondent", __name__, url_prefix=" what a citizen meets, on a phone or at a kiosk")
