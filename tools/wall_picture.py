"""Take a picture of a running wall: `python -m tools.wall_picture URL FILE [--size 1920x1080] [--after SECONDS]`.

It needs the packages for development (`make venv`) and Debian's Chromium.
"""

from __future__ import annotations

import argparse

from playwright.sync_api import sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def main() -> None:
    """Open the wall in Debian's Chromium, let it settle, and save what it shows as PNG."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("file")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--after", type=float, default=4.0)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    asked = parser.parse_args()
    width, height = (int(each) for each in asked.size.split("x"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=asked.chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(asked.url)
        page.wait_for_timeout(asked.after * 1000)
        page.screenshot(path=asked.file)
        browser.close()


if __name__ == "__main__":
    main()
