"""OpenCV, which reads scanned forms: the extra `scan` brings it, and everything else does without."""

from __future__ import annotations

from translations import Refusal

__all__ = ["cv2", "require"]

try:
    import cv2
except ImportError:
    cv2 = None  # type: ignore[assignment]


def require() -> None:
    """Refused where it is not installed."""
    if cv2 is None:
        raise Refusal(
            "This server was installed without what reads scanned forms. Ask the administrator to run "
            "install.sh --scan, or key the forms by hand."
        )
