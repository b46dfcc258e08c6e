"""Backups: one file with everything but the keys, made while the platform serves, and the way back from it."""
