"""Draws every sample packet: `.venv/bin/python samples/draw.py [--only NAME] [--seed N] [--out DIR]`.

The same seed draws the same bytes, with the versions of the libraries that `uv.lock` names.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from samples.build import STORIES, packet_json, story_json
from samples.drawing import photo
from samples.drawing.sheet import Pixels, Sheet, image_pdf
from samples.papers import Paper, amended, papers
from samples.story import Story

HERE = Path(__file__).resolve().parent
SEED = 2026
# A card is small: drawn at twice its size or scanned finer, it comes to about a thousand pixels.
_PAGE_DPI, _CARD_DPI, _PASSPORT_DPI = 120, 140, 200


def main() -> None:
    """Draw what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="a story's folder name, such as 03-blurred-bill")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=HERE)
    asked = parser.parse_args()
    chosen = [story for story in STORIES if asked.only in (None, story.name)]
    if not chosen:
        parser.error(f"There is no story of that name. There are: {', '.join(s.name for s in STORIES)}.")
    for story in chosen:
        size = draw_story(story, asked.out, asked.seed)
        print(f"{story.name}: {size / 1024:.0f} KiB")


def draw_story(story: Story, out: Path, seed: int = SEED) -> int:
    """Write the story's packet, its story.json and its amendment below `out`. Returns the bytes written."""
    folder = out / "packets" / story.name
    size = _draw_packet(story, folder, seed)
    _write_json(folder / "story.json", story_json(story))
    if story.amendment:
        size += _draw_packet(amended(story), out / "amendments" / story.name, seed)
    return size


def render(paper: Paper, story: Story, seed: int = SEED) -> bytes:
    """The file of one document, the same for the same seed, whatever else is drawn."""
    sheet = paper.draw(seeded(seed, story.name, paper.key))
    return handed_in(sheet, paper.look, seeded(seed, story.name, paper.key, paper.look))


def handed_in(sheet: Sheet, look: str, rng: np.random.Generator) -> bytes:
    """The file that this sheet became on its way into a packet: `look` is one of `samples.papers.SUFFIXES`."""
    if look == "digital":
        return sheet.pdf()
    dpi = _dpi(sheet, look)
    pages = [_aged(page, look, dpi, rng) for page in sheet.pixels(dpi)]
    if look == "scan_pdf":
        return image_pdf(pages, dpi)
    return _encoded(pages[0], look, dpi)


def _draw_packet(story: Story, folder: Path, seed: int) -> int:
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "documents").mkdir(parents=True)
    in_packet = papers(story)
    for paper in in_packet:
        (folder / paper.file).write_bytes(render(paper, story, seed))
    _write_json(folder / "packet.json", packet_json(story, in_packet))
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def seeded(seed: int, *words: str) -> np.random.Generator:
    """A generator of its own for each drawing, so that adding a story changes no other."""
    digest = hashlib.sha256("|".join((str(seed), *words)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))


def _dpi(sheet: Sheet, look: str) -> int:
    if sheet.width < 400:
        return _PASSPORT_DPI
    if sheet.width < 500:
        return _CARD_DPI
    return {"tiff": 200, "png": 110}.get(look, _PAGE_DPI)


def _aged(page: Pixels, look: str, dpi: int, rng: np.random.Generator) -> Pixels:
    """What happened to the sheet on its way into the packet."""
    if look in ("png", "tiff"):
        return page
    if look == "photo":
        return photo.photo(page, rng)
    if look == "blur":
        return photo.heavy_blur(page, rng)
    if look == "faint":
        return photo.low_contrast(page, rng)
    if look == "copier":
        return photo.on_copier_glass(page, rng, dpi)
    angle = float(rng.uniform(3, 4.8)) * float(rng.choice([-1, 1])) if look == "rotated" else None
    return photo.scan(page, rng, angle)


def _encoded(page: Pixels, look: str, dpi: int) -> bytes:
    image = Image.fromarray(page)
    out = io.BytesIO()
    if look == "png":
        palette = image.quantize(48, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        palette.save(out, "PNG", optimize=True, dpi=(dpi, dpi))
    elif look == "tiff":
        # A fax machine's way: black or white, nothing between.
        bilevel = (
            image.convert("L")
            .point(lambda level: 255 if level > 150 else 0)
            .convert("1", dither=Image.Dither.NONE)
        )
        bilevel.save(out, "TIFF", compression="group4", dpi=(dpi, dpi))
    else:
        grey = look in ("scan", "rotated", "faint")
        (image.convert("L") if grey else image).save(out, "JPEG", quality=62 if look != "faint" else 70)
    return out.getvalue()


if __name__ == "__main__":
    main()
