"""The door to pdfium, which takes one call at a time, from whatever thread: who calls it holds `lock`."""

from __future__ import annotations

import threading

lock = threading.Lock()
