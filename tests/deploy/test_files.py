"""What is installed beside the platform is what the programs it is written for can read."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from survey.operations.backups import keys
from survey.system import settings
from survey.web.app import LARGEST_BODY
from survey.web.staff import pages

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"


def test_the_environment_names_only_what_the_platform_reads() -> None:
    read = set(re.findall(r'"(HAILONG_[A-Z_]+)"', Path(settings.__file__).read_text("utf-8")))
    read |= {"HAILONG_LOG", "HAILONG_DEBUG", "HAILONG_BACKUP_PASSPHRASE"}
    for path in (DEPLOY / "environment", *DEPLOY.glob("*.service"), DEPLOY / "Containerfile"):
        assert set(re.findall(r"HAILONG_[A-Z_]+", path.read_text("utf-8"))) <= read, path.name


def test_whatever_the_platform_reads_is_written_about() -> None:
    read = re.findall(r'"(HAILONG_[A-Z_]+)"', Path(settings.__file__).read_text("utf-8"))
    said = "".join(path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md"))
    said += (DEPLOY / "environment").read_text("utf-8")
    assert len(read) > 15
    assert not [name for name in read if name not in said]


def test_the_services_speak_to_no_other_machine_unless_the_province_adds_it() -> None:
    for name in ("hailong.service", "hailong-backup.service"):
        text = (DEPLOY / name).read_text("utf-8")
        assert re.findall(r"^IPAddress\w+=.*$", text, re.M) == ["IPAddressDeny=any", "IPAddressAllow=localhost"]


def lines(name: str) -> list[str]:
    return [line for line in (DEPLOY / name).read_text("utf-8").splitlines() if line and line[0] != "#"]


def test_the_nightly_backup_is_bounded_as_the_server_is() -> None:
    server, backup = lines("hailong.service"), lines("hailong-backup.service")
    bounds = server[server.index("ProtectSystem=strict") : server.index("LimitCORE=0") + 1]
    assert len(bounds) > 20
    assert "DeviceAllow=char-tpm rw" in bounds  # or systemd itself can't open secrets that a TPM keeps
    assert backup[-len(bounds) :] == bounds


def test_the_server_is_given_each_secret_but_the_passphrase_of_the_backups() -> None:
    source = Path(settings.__file__).read_text("utf-8")
    read = set(re.findall(r'(?:given_secret|_secret_file)\("(HAILONG_[A-Z_]+)"\)', source))
    given = {
        name
        for kind, _, name in (line.partition("=") for line in lines("hailong.service"))
        if kind == "ImportCredential"
    }
    assert len(read) >= 5
    assert given == read - {keys.FROM_ENVIRONMENT}
    assert "InaccessiblePaths=-/var/backups" in lines("hailong.service")
    assert "ImportCredential=HAILONG_*" in lines("hailong-backup.service")


def test_what_a_unit_writes_is_for_its_account_alone_and_the_server_leaves_memory_to_the_rest() -> None:
    for name in ("hailong.service", "hailong-backup.service"):
        assert {"UMask=0077", "StateDirectoryMode=0700"} <= set(lines(name)), name
    assert "MemoryMax=75%" in lines("hailong.service")


def test_neither_proxy_logs_who_comes_nor_shows_the_counters() -> None:
    for name in ("Caddyfile", "nginx.conf"):
        text = (DEPLOY / name).read_text("utf-8")
        assert "/metrics" in text
        assert "127.0.0.1:8000" in text
    assert (DEPLOY / "nginx.conf").read_text("utf-8").count("access_log off;") == 2


def test_without_tls_a_program_is_refused_and_a_person_is_led_to_tls() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text("utf-8").split("\nserver {")[1]
    assert "listen 80;" in nginx
    assert re.search(r"location /api/ \{ return 403; \}\s+location / \{ return 301 https://", nginx)
    caddy = (DEPLOY / "Caddyfile").read_text("utf-8").partition("\nhttp://hailong.example.gov.vn {")[2]
    # Each in a block of its own: elsewhere Caddy would redirect before it refuses.
    assert re.match(r"\s+handle /api/\* \{\s+respond .* 403\s+\}\s+handle \{\s+redir https://", caddy)


def test_nginx_believes_nobody_who_comes_and_puts_no_form_into_a_file() -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    for order in (
        "proxy_set_header X-Forwarded-For $remote_addr;",  # as Caddy sets it by itself
        'proxy_set_header Forwarded "";',
        "proxy_request_buffering on;",
        "proxy_max_temp_file_size 0;",
    ):
        assert text.count(order) == 1, order
    # A body that is larger than its buffer would lie in a file.
    sizes = re.findall(r"client_max_body_size (\d+m);\s+client_body_buffer_size (\d+m);", text)
    assert len(sizes) == text.count("client_max_body_size") == 2
    assert all(most == buffer for most, buffer in sizes)


def test_each_proxy_has_all_of_a_request_before_the_platform_gets_it_and_a_bound_on_the_time() -> None:
    nginx, caddy = ((DEPLOY / name).read_text("utf-8") for name in ("nginx.conf", "Caddyfile"))
    for order in ("proxy_request_buffering on;", "client_header_timeout 10s;", "client_body_timeout 20s;"):
        assert order in nginx
    assert re.search(r"limit_conn_zone \$binary_remote_addr zone=hailong:\d+m;", nginx)
    assert re.search(r"limit_conn hailong \d+;", nginx)
    [most] = re.findall(r"max_size (\d+MB)", caddy)
    assert f"request_buffers {most}" in caddy
    assert "read_body 60s" in caddy


def test_neither_proxy_cuts_off_what_the_platform_takes_or_refuses_with_words() -> None:
    bounds = {"Caddyfile": r"max_size (\d+)MB$", "nginx.conf": r"client_max_body_size (\d+)m;$"}
    found = [re.findall(bound, (DEPLOY / name).read_text("utf-8"), re.M) for name, bound in bounds.items()]
    assert found[0] == found[1][1:]
    largest = max(page.max_upload or 0 for page in pages.declared.values())
    assert largest < int(found[0][0]) * 1_000_000 < 2 * largest
    assert int(found[1][0]) * 1_000_000 > LARGEST_BODY


def test_while_the_platform_is_stopped_each_proxy_shows_the_page_that_says_so() -> None:
    page = (DEPLOY / "unavailable.html").read_text("utf-8")
    assert "Xin thử lại sau một phút" in page
    assert '<section lang="en">' in page
    # Styled under a policy that lets nothing else in.
    [style] = re.findall(r"<style>(.*)</style>", page, re.S)
    assert f"sha256-{b64encode(sha256(style.encode()).digest()).decode()}" in page
    caddy, nginx = ((DEPLOY / name).read_text("utf-8") for name in ("Caddyfile", "nginx.conf"))
    assert re.search(r"rewrite \* /unavailable.html\s+method GET\s+header {[^}]+Retry-After 30\s+}", caddy)
    assert re.search(r"file_server {\s+status 503\s+}", caddy)
    assert "`{err.status_code} in [502, 503, 504]`" in caddy
    assert "error_page 502 504 =503 /unavailable.html;" in nginx
    [shown] = re.findall(r"location = /unavailable.html {([^}]+)}", nginx)
    assert "internal;" in shown
    assert "add_header Cache-Control no-store always;" in shown
    assert "add_header Retry-After 30 always;" in shown
    for text in (caddy, nginx):
        assert re.search(r"root (\* )?/opt/hai-long/deploy\b", text)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("name", ["hailong.service", "hailong-backup.service", "hailong-backup.timer"])
def test_systemd_reads_the_unit(name: str, tmp_path: Path) -> None:
    for path in DEPLOY.glob("hailong*"):
        text = path.read_text("utf-8")
        # The program and the account are not on this machine.
        text = text.replace("/opt/hai-long/.venv/bin/hailong", "/bin/true")
        (tmp_path / path.name).write_text(text.replace("=hailong\n", "=daemon\n"), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", tmp_path / name], capture_output=True, text=True
    )
    said = [line for line in done.stderr.splitlines() if name in line]
    assert done.returncode == 0, done.stderr
    assert not said


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder through which other accounts may pass: those that pytest makes are root's alone."""
    with tempfile.TemporaryDirectory(prefix="hailong-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("systemd-creds") is None or not Path("/").stat().st_mode & stat.S_IXOTH,
    reason="no root, no systemd, or no other account may pass / here",
)
def test_a_command_of_root_has_the_secrets_of_the_store_for_as_long_as_it_runs(
    passable: Path, tmp_path: Path
) -> None:
    (tmp_path / "store").mkdir()
    secret = tmp_path / "store" / "HAILONG_SECRET_KEY"
    sealed = ["systemd-creds", "encrypt", "--with-key=null", "--name=HAILONG_SECRET_KEY", "-", secret]
    subprocess.run(sealed, input=b"DauVet", check=True, capture_output=True)
    assert b"DauVet" not in secret.read_bytes()
    text = (DEPLOY / "hailong").read_text("utf-8")
    for there, here in (
        ("/etc/hai-long/environment", str(DEPLOY / "environment")),
        ("/etc/credstore.encrypted", str(tmp_path / "store")),
        ("/run/hai-long", str(passable / "hai-long")),
        ("/opt/hai-long/.venv/bin/hailong", "/bin/sh"),
        ("=hailong", "=daemon"),
        ("chown -R hailong", "chown -R daemon"),
    ):
        assert there in text
        text = text.replace(there, here)
    (tmp_path / "hailong").write_text(text, "utf-8")
    said = 'id -un; cat "$CREDENTIALS_DIRECTORY/HAILONG_SECRET_KEY"; exit 7'
    done = subprocess.run(["/bin/sh", tmp_path / "hailong", "-c", said], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (7, "daemon\nDauVet"), done.stderr
    assert not list(passable.iterdir())


@pytest.mark.skipif(shutil.which("caddy") is None, reason="no Caddy here")
def test_caddy_reads_its_file(tmp_path: Path) -> None:
    done = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"],
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("nginx") is None or shutil.which("openssl") is None, reason="no nginx here")
def test_nginx_reads_its_file(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "1"]
        + ["-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    for there, here in (
        ("/etc/ssl/hai-long.pem", certificate),
        ("/etc/ssl/hai-long.key", key),
        ("/var/log/nginx/hai-long.log", tmp_path / "log"),
    ):
        assert there in text
        text = text.replace(there, str(here))
    whole = f"pid {tmp_path}/pid;\nerror_log {tmp_path}/log;\nevents {{}}\nhttp {{\n{text}\n}}\n"
    (tmp_path / "nginx.conf").write_text(whole, "utf-8")
    done = subprocess.run(
        ["nginx", "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_nginx_takes_present_versions_of_tls_with_forward_secrecy_alone() -> None:
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    assert re.findall(r"ssl_protocols ([^;]+);", text) == ["TLSv1.2 TLSv1.3"]
    ciphers = re.findall(r"ssl_ciphers ([^;]+);", text)[0].split(":")
    assert all(
        re.fullmatch(r"ECDHE-(ECDSA|RSA)-(AES(128|256)-GCM-SHA\d+|CHACHA20-POLY1305)", one) for one in ciphers
    )
