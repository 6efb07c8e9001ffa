"""Makes Data Docs pages that work, and stay, on this machine.

Great Expectations' templates fetch styles, scripts and pictures from public addresses.
Offline they are unstyled; online they send requests to others. Each such reference is
replaced by a copy next to the page, or removed.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

ASSETS = Path(__file__).with_name("page_assets")
FOLDER = "offline"
# Pattern of the public address, and the files that replace it.
STYLES = (
    (r"bootstrap/[\d.]+/css/bootstrap\.min\.css", ("bootstrap.min.css",)),
    (r"/bootstrap-table(\.min)?\.css", ("bootstrap-table.min.css",)),
    (
        r"bootstrap-table-filter-control(\.min)?\.css",
        ("bootstrap-table-filter-control.min.css",),
    ),
    (r"bootstrap-datepicker(\.min)?\.css", ("bootstrap-datepicker.min.css",)),
    (r"font-awesome/", ("fontawesome.min.css", "solid.min.css")),
)
SCRIPTS = (
    (r"jquery-[\d.]+\.min\.js", "jquery.min.js"),
    (r"bootstrap/[\d.]+/js/bootstrap\.min\.js", "bootstrap.bundle.min.js"),
    (r"/bootstrap-table\.min\.js", "bootstrap-table.min.js"),
    (
        r"bootstrap-table-filter-control\.min\.js",
        "bootstrap-table-filter-control.min.js",
    ),
    (r"bootstrap-datepicker\.min\.js", "bootstrap-datepicker.min.js"),
)
LINK = re.compile(r"<link\b[^>]*href=\"(https?:)?//[^>]*>")
SCRIPT = re.compile(r"<script\b[^>]*src=\"(https?:)?//[^>]*>\s*</script>")
PICTURE = re.compile(r"https?://[^\"' )]*/([\w-]+\.png)(\?[^\"' )]*)?")
# The site's own folders, which its templates look for one level too low.
WITHIN = re.compile(
    r"((?:href|src)=\")(?:\.\./)+(?=static/|index\.html|expectations/|validations/)"
)
FOOTER = re.compile(r"<footer\b.*?</footer>", re.DOTALL)


def make_offline(site: Path) -> None:
    """Rewrite every page under `site` to use files of the site only."""
    shutil.copytree(ASSETS, site / FOLDER, dirs_exist_ok=True)
    for page in [*site.rglob("*.html"), *site.rglob("*.css")]:
        if FOLDER in page.relative_to(site).parts:
            continue
        up = "../" * (len(page.relative_to(site).parts) - 1)
        text = page.read_text(encoding="utf-8")
        page.write_text(offline(text, up), encoding="utf-8")


def offline(text: str, up: str) -> str:
    """A page's text without outside references; `up` leads to the site's root."""

    def link(match: re.Match[str]) -> str:
        for pattern, files in STYLES:
            if re.search(pattern, match[0]):
                return "".join(
                    f'<link rel="stylesheet" href="{up}{FOLDER}/{file}">'
                    for file in files
                )
        return ""

    def script(match: re.Match[str]) -> str:
        for pattern, file in SCRIPTS:
            if re.search(pattern, match[0]):
                return f'<script src="{up}{FOLDER}/{file}"></script>'
        return ""

    text = FOOTER.sub("", text)
    text = WITHIN.sub(rf"\1{up}", text)
    text = LINK.sub(link, text)
    text = SCRIPT.sub(script, text)
    return PICTURE.sub(f"{up}static/images/logo-long.png", text)
