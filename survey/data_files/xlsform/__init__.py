"""Questionnaires from and for other platforms: XLSForm workbooks (xlsform.org)."""
