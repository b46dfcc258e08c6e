"""What the processes of a server read: memory that nobody uses is memory that a province pays for."""

import subprocess
import sys

import pytest

# What single pages need: scans, passkeys, Excel, Word, PDF, migrations.
FOR_ONE_PAGE = {
    "cv2",
    "webauthn",
    "xlsxwriter",
    "zxingcpp",
    "openpyxl",
    "docx",
    "typst",
    "pypdf",
    "pypdfium2",
    "shapely",
    "alembic",
}


def loaded_by(module: str) -> set[str]:
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "unread"),
    [
        # The first process only watches.
        ("survey.web.server.gunicorn", {"flask", "sqlalchemy", "scipy", "pyarrow", "babel"} | FOR_ONE_PAGE),
        ("survey.web.server.worker", FOR_ONE_PAGE),
    ],
)
def test_a_process_reads_no_library_that_it_may_never_need(module: str, unread: set[str]) -> None:
    loaded = loaded_by(module)
    assert "numpy" in loaded
    assert loaded.isdisjoint(unread)
