"""The pictures of the console in README and docs, taken from what `kinline demo` has left (`make screenshots`).

    .venv/bin/python docs/pictures/take.py [NAME ...] [--into FOLDER]        (default: all)

Runs the demo first where its data are not there yet. Each picture is a page as a browser shows it: signed in, at one
width, with the invented people of the samples. Fails when a page does not answer with 200.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import text

from console.app import create_app
from integrations.sandbox.serving import ThreadedServer
from kinline.local.home import home_path
from kinline.stack import Stack
from kinline.up import sandbox_password

HERE = Path(__file__).resolve().parent
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE = 1200
COLOURS = 128  # of a picture: pages are flat, and git keeps every version


@dataclass(frozen=True, slots=True)
class Picture:
    """A page to take. `path` may name the `{case}` and the `{application}` of the sample `reference`."""

    name: str
    path: str
    reference: str = "FRP-2026-000101"
    who: str = "cm@example.org"
    width: int = WIDE
    height: int = 900


PICTURES = (
    Picture("application", "/applications/{application}", "FRP-2026-000105", height=1100),
    Picture("child", "/cases/{case}", "FRP-2026-000102", height=1150),
    Picture("board", "/oversight", who="supervisor@example.org", height=1100),
)


def main() -> int:
    names = {one.name for one in PICTURES}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(sorted(names))}")
    parser.add_argument("--into", type=Path, default=HERE, help="the folder of the pictures")
    asked = parser.parse_args()
    if unknown := set(asked.names) - names:
        parser.error(f"no picture is called {', '.join(sorted(unknown))}")
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chromium is None:
        parser.error("no Chromium is here: `make screenshots` installs one")
    home = home_path(os.environ) / "demo"
    if not (home / "postgres").exists():
        subprocess.run([sys.executable, "-m", "kinline.main", "demo"], check=True)
    os.environ["KINLINE_HOME"] = str(home)
    asked.into.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in PICTURES if not asked.names or one.name in asked.names]
    with Stack() as stack, ThreadedServer(create_app(stack.kit)) as server, sync_playwright() as playwright:
        stack.kit.public_url = server.url
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        ids, password = _ids(stack), sandbox_password(stack) or ""
        for one in wanted:
            path = one.path.format(**ids[one.reference])
            _keep(_take(browser, server.url, one, path, password), asked.into / f"{one.name}.png")
        browser.close()
    return 0


def _ids(stack: Stack) -> Mapping[str, Mapping[str, str]]:
    """Of each sample by its reference: the ids that its pages have in their addresses."""
    with stack.kit.transaction() as session:
        rows = session.execute(text("SELECT reference, id, case_id FROM application"))
        return {row.reference: {"application": str(row.id), "case": str(row.case_id)} for row in rows}


def _take(browser: Browser, url: str, one: Picture, path: str, password: str) -> bytes:
    page = browser.new_page(
        viewport={"width": one.width, "height": one.height},
        locale="en-US",
        reduced_motion="reduce",
    )
    _sign_in(page, url, one.who, password)
    answer = page.goto(url + path)
    if answer is None or not answer.ok:
        raise SystemExit(f"{one.name}: the page answered {answer.status if answer else 'nothing'}")
    page.evaluate("document.fonts.ready")
    picture = page.screenshot()
    page.context.close()
    return picture


def _sign_in(page: Page, url: str, who: str, password: str) -> None:
    page.goto(f"{url}/sign-in")
    page.get_by_label("Email address").fill(who)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda at: "/sign-in" not in at)


def _keep(picture: bytes, path: Path) -> None:
    """As a file with few colours."""
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    sys.exit(main())
