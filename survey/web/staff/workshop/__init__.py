"""The workshop: questionnaires seen, written, tried and published."""
