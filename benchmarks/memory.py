"""What the processes of `hailong serve` hold in memory together, on demonstration data of some 3,000 responses.

    python benchmarks/memory.py

The sum over the processes of what is theirs alone and their part of what they share (PSS, `smaps_rollup`): after
the start, when the figures are made, after pages of staff and after forms of citizens. The goal is 150 MB. This
program reads nothing of the platform, so that it shares none of its pages.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

HAILONG = Path(sys.executable).with_name("hailong")
PAGES = ("", "don-vi", "bang", "tien-do", "ra-soat", "cau-hoi")


def family(first: int) -> list[int]:
    """A process and all that descend from it."""
    processes = [first]
    for process in processes:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            processes += map(int, children.read_text().split())
    return processes


def shown(name: str, first: int) -> None:
    rollups = [Path(f"/proc/{process}/smaps_rollup").read_text() for process in family(first)]

    def megabytes(kind: str) -> list[float]:
        return [int(found[1]) / 1024 for text in rollups if (found := re.search(rf"^{kind}: +(\d+)", text, re.M))]

    sizes, own = megabytes("Pss"), megabytes("Pss_Anon")
    print(
        f"{name:<32} {sum(sizes):5.0f} MB = {' + '.join(f'{size:.0f}' for size in sizes)}; "
        f"their own {sum(own):.0f}, files {sum(sizes) - sum(own):.0f}",
        flush=True,
    )


def visit(address: str, password: str, first: int) -> None:
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{address}/dang-nhap").read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    sent = {"name": "admin", "password": password, "csrf_token": token[1] if token else ""}
    browser.open(f"{address}/dang-nhap", urlencode(sent).encode()).close()
    for page in PAGES:
        browser.open(f"{address}/quan-tri/thu-nghiem/{page}").close()
        shown(f"page of staff: {page or 'overview'}", first)
    for _form in range(200):
        urllib.request.urlopen(f"{address}/s/gop-y/06652").close()
        form = {"id": str(uuid.uuid4()), "wave": "gop-y", "unit": "06652", "mode": "phone", "answers": {}}
        kind = {"Content-Type": "application/json"}
        urllib.request.urlopen(
            urllib.request.Request(f"{address}/api/v1/responses", json.dumps(form).encode(), kind)
        ).close()
    shown("200 forms shown and sent", first)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        environment = os.environ | {"HAILONG_DATA": folder, "HAILONG_RATE": "1000000", "LANG": "en_US.UTF-8"}
        subprocess.run([HAILONG, "init"], env=environment, check=True, capture_output=True)
        made = subprocess.run([HAILONG, "first-run"], env=environment, check=True, capture_output=True, text=True)
        password = re.search(r"password: (\S+)", made.stderr.splitlines()[-1])
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        server = subprocess.Popen([HAILONG, "serve", "--port", str(port)], env=environment)
        try:
            for _time in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").close()
                    break
                except OSError:
                    time.sleep(0.1)
            shown("started", server.pid)
            time.sleep(10)
            shown("figures made", server.pid)
            visit(f"http://127.0.0.1:{port}", password[1] if password else "", server.pid)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
