"""The pictures of the guides (docs/hinh), taken of a demonstration that is served for them: `make pictures`.

python docs/pictures.py [NAME …]
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "hinh"
EXAMPLES = ROOT / "docs" / "examples" / "nam"
HAILONG = str(Path(sys.executable).with_name("hailong"))
PASSWORD = "bon tu cua mot cau dai"
WAVE = "ho-2027"  # a wave in the field, beside the demonstration's own
WIDTH, HEIGHT = 1000, 700


def keying(page: Page) -> None:
    """The first sheet of a batch that was handed over and counted back, with a few answers."""
    page.goto(f"/quan-tri/{WAVE}/phieu/{WAVE}-001")
    serial = re.search(r"\b\d{8}\b", page.inner_text("main"))
    assert serial is not None
    page.goto(f"/nhap-phieu/{WAVE}/")
    page.fill("#so", serial[0])
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")
    page.keyboard.type("292134", delay=80)
    page.wait_for_load_state("networkidle")


def at(path: str) -> Callable[[Page], None]:
    return lambda page: page.goto(path) and None


PICTURES: dict[str, Callable[[Page], None]] = {
    "cac-dot": at("/quan-tri/"),
    "mo-dot": at("/quan-tri/dot-moi"),
    "ke-hoach": at(f"/quan-tri/{WAVE}/mau/ke-hoach?thon=2&moi=unit&phieu=27"),
    "phieu-giay": at(f"/quan-tri/{WAVE}/phieu"),
    "nhap-phieu": keying,
    "ra-soat": at("/quan-tri/thu-nghiem/ra-soat"),
    "tong-quan": at("/quan-tri/thu-nghiem/"),
    "don-vi": at("/quan-tri/thu-nghiem/don-vi"),
    "ban-do": at("/quan-tri/thu-nghiem/ban-do"),
    "cong-bo": at("/quan-tri/nam-truoc/cong-bo"),
    "tai-khoan": at("/quan-tri/nguoi-dung"),
    "nhat-ky": at("/quan-tri/nhat-ky"),
    "nam": at("/quan-tri/nam/2024"),
    "bo-tieu-chi": at("/quan-tri/nam/2024/bang-diem/par_tinh"),
}


def prepare(folder: Path) -> None:
    """Makes the demonstration, an account, and a wave whose first forms are printed."""
    with (ROOT / "survey" / "waves" / "units.csv").open(encoding="utf-8") as units:
        codes = [line.split(",")[0] for line in units if re.search(r",(xã|phường|đặc khu),", line)]
    rows = [f"{code}-{n:02},{code},{code},{150 + 40 * n},Thôn {n}" for code in codes for n in range(1, 5)]
    frame = "\n".join(["psu,unit,stratum,households,name", *rows]) + "\n"
    (folder / "thon.csv").write_text(frame, encoding="utf-8")
    opens, closes = (date.today() + timedelta(days) for days in (-10, 30))
    for words in (
        ["init"],
        ["demo"],
        ["user", "add", "nguyen.lan", "--role", "admin"],
        ["user", "add", "tran.minh", "--role", "home_affairs", "--link"],
        ["user", "add", "le.hoa", "--role", "supervisor", "--link"],
        ["user", "add", "pham.binh", "--role", "keyer", "--link"],
        ["user", "add", "ha-tu", "--role", "commune", "--unit", "06652", "--link"],
        ["wave", "create", WAVE, "--questionnaire", "ho_gia_dinh@1", "--kind", "sample"]
        + ["--from", str(opens), "--to", str(closes)],
        ["frame", "import", "thon.csv", "--wave", WAVE],
        ["sample", "draw", "--wave", WAVE, "--per", "unit", "--villages", "2", "--per-village", "27"],
        ["sample", "use", "--wave", WAVE, "--draw", "1"],
        ["forms", "print", "--wave", WAVE, "--unit", "06652", "--out", "phieu.pdf"],
        ["unit", "import", f"{EXAMPLES}/offices.csv"],
        ["published", "import", f"{EXAMPLES}/published_2024.csv"],
        ["scorecard", "publish", f"{EXAMPLES}/par_tinh.yaml"],
        *(
            ["scorecard", "import", f"{EXAMPLES}/{kind}_2024.csv", "--kind", kind, "--by", person]
            + ["--year", "2024", "--document", "par_tinh@1"]
            for kind, person in (("self", "Nguyễn Lan"), ("official", "Trần Minh"))
        ),
        ["plan", "import", f"{EXAMPLES}/plan.csv", "--year", "2025", "--by", "Nguyễn Lan"],
    ):
        command = [HAILONG, *words]
        subprocess.run(command, cwd=folder, input=PASSWORD + "\n", text=True, check=True)


def with_palette(png: bytes) -> bytes:
    """The same picture as a PNG of at most 256 colours, the nearest where it has more."""
    pixels = cv2.cvtColor(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    for step in (1, 4, 8, 16, 32, 64):
        coarse = np.minimum((pixels.astype(int) + step // 2) // step * step, 255).reshape(-1, 3)
        colours, index = np.unique(coarse, axis=0, return_inverse=True)
        if len(colours) <= 256:
            break
    rows = index.reshape(pixels.shape[:2]).astype(np.uint8)
    lines = np.insert(rows, 0, 0, axis=1).tobytes()

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", rows.shape[1], rows.shape[0], 8, 3, 0, 0, 0)
    palette = colours.astype(np.uint8).tobytes()
    parts = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def take(address: str, names: list[str]) -> None:
    with sync_playwright() as playwright:
        program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = chromium.new_page(base_url=address, viewport={"width": WIDTH, "height": HEIGHT}, locale="vi-VN")
        page.goto("/dang-nhap")
        page.fill("input[name=name]", "nguyen.lan")
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/quan-tri/")
        for name in names:
            PICTURES[name](page)
            page.wait_for_load_state("networkidle")
            (FOLDER / f"{name}.png").write_bytes(with_palette(page.screenshot()))
        chromium.close()


def wait_for(port: int) -> None:
    """Until somebody answers there, or a minute is over."""
    for _second in range(60):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(1)


def main() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HAILONG_DATA": folder, "LOGNAME": "quan-tri"}
        prepare(Path(folder))
        server = subprocess.Popen([HAILONG, "serve", "--port", str(port)])
        try:
            wait_for(port)
            take(f"http://127.0.0.1:{port}", sys.argv[1:] or list(PICTURES))
        finally:
            server.terminate()
            server.wait(20)


if __name__ == "__main__":
    main()
