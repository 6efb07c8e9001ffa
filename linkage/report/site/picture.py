"""A figure of the site as a file, drawn by the script of its page in Chromium."""

from __future__ import annotations

import base64
import html
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from linkage.base.errors import LinkageError
from linkage.base.settings import RunSettings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
KINDS = ("svg", "png")
SECONDS = 120


def write_picture(settings: RunSettings, page: str, figure: str, out: Path) -> None:
    """Write a figure of the site as SVG or PNG: what the buttons of its page download.

    `page` names the page, with filters as its address has them: `model-12`,
    `places#area=Hate+crime`; without `figure` it is the first that has a chart. Raises
    LinkageError where there is no such page or figure, or no Chromium.
    """
    kind = out.suffix.removeprefix(".").lower()
    if kind not in KINDS:
        raise LinkageError(f"{out}: name a file that ends in .svg or .png")
    name, _, filters = page.partition("#")
    path = settings.site / f"{name}.html"
    if not path.exists():
        raise LinkageError(f"{path}: no such page; `linkage report` writes the site")
    wanted = urlencode({"picture": figure, "as": kind})
    address = f"{path.as_uri()}#{'&'.join(filter(None, [filters, wanted]))}"
    found = re.search(r"<body>(.*)</body>", _document(address, path), re.DOTALL)
    text = html.unescape(found[1]).strip() if found else ""
    if not text.startswith(("<svg", "data:image/png")):
        raise LinkageError(f"{path}: there is no chart {figure} to draw there")
    content = text.encode()
    if kind == "png":
        content = base64.b64decode(text.partition(",")[2])
    try:
        out.write_bytes(content)
    except OSError as error:
        raise LinkageError(f"{out}: cannot be written ({error.strerror})") from error


def _document(address: str, path: Path) -> str:
    """The page as its script has left it."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise LinkageError(
            f"picture: there is no Chromium on the path; install it, or open {path} "
            "and use the buttons SVG and PNG below the figure"
        )
    with tempfile.TemporaryDirectory() as profile:
        try:
            done = subprocess.run(
                [
                    browser,
                    "--headless",
                    # Chromium has no sandbox for root.
                    *(["--no-sandbox"] if os.geteuid() == 0 else []),
                    f"--user-data-dir={profile}",
                    "--window-size=1300,900",
                    "--virtual-time-budget=10000",
                    "--dump-dom",
                    address,
                ],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise LinkageError(f"picture: {browser} failed ({error})") from error
    return done.stdout
