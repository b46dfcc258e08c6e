"""Revisions are known by the names of files; Alembic, which runs them, has to see the same."""

from alembic.script import ScriptDirectory

from survey.storage import schema


def test_each_migration_is_known_by_the_number_in_front_of_its_file() -> None:
    scripts = ScriptDirectory(str(schema.MIGRATIONS))
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert schema.newest() == scripts.get_current_head() == revisions[0]
    assert all(map(schema.knows, revisions))
    assert not schema.is_unreleased(revisions[-1])
    assert revisions == sorted(revisions, reverse=True)
    assert schema._revisions() == set(revisions)


def test_revisions_from_before_the_first_release_are_told_from_later_ones() -> None:
    assert schema.is_unreleased("0026")
    assert not schema.knows("0026")
    assert not schema.is_unreleased("9999")
    assert not schema.knows("9999")
