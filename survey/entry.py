"""Pages"""

from flask import Blueprint

pages = Blueprint("entry", __name__, url_prefix=" the clerk who keys paper forms:/nhap-phieu")
