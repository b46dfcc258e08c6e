"""Pages: what everybody reads, without signing in. A file per page; this is the table of addresses."""

from __future__ import annotations

from flask import Blueprint

from survey.web.public import feedback, integrity, results

pages = Blueprint("public", __name__)
pages.add_url_rule("/y-kien", "feedback", feedback.feedback, strict_slashes=False)
pages.add_url_rule("/y-kien/<unit>", "feedback_of", feedback.feedback, strict_slashes=False)
pages.add_url_rule("/toan-ven/<wave>", "integrity", integrity.integrity, strict_slashes=False)
pages.add_url_rule("/toan-ven/<wave>/ma.txt", "digests_file", integrity.digests_file)
pages.add_url_rule("/ket-qua", "result_list", results.result_list, strict_slashes=False)
pages.add_url_rule("/ket-qua/<wave>", "results", results.results, strict_slashes=False)
pages.add_url_rule("/ket-qua/<wave>/<name>", "results_file", results.results_file)
