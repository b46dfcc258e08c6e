"""The province's year: published indices, scorecards, who answers for what, what citizens were answered.

All rows are append-only: the newest holds, the older ones can be listed.
"""
