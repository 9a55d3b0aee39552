"""What a scanner, a copier or a phone does to a sheet of paper.

Every effect takes RGB pixels and a seeded generator; the same two give the same picture.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.drawing.sheet import Pixels

Floats = NDArray[Any]


def scan(page: Pixels, rng: np.random.Generator, angle: float | None = None, grey: bool = True) -> Pixels:
    """A flatbed scan: paper a little off white, a trace of noise, dust, the lid's shadow on one edge."""
    turn = float(rng.uniform(-0.5, 0.5)) if angle is None else angle
    picture = _rotated(page, turn, (226, 226, 223) if abs(turn) < 2 else (64, 64, 66))
    out = picture.astype(np.float32)
    out = out * np.float32(0.93) + np.float32(12)
    out += _cloud(out.shape[:2], rng, 90)[..., None] * 1.2
    out += rng.normal(0, 2.2, out.shape[:2]).astype(np.float32)[..., None]
    out *= _edge_shadow(out.shape[:2], rng)[..., None]
    _dust(out, rng)
    if grey:
        out = np.repeat(out.mean(axis=2, keepdims=True), 3, axis=2)
    return _bytes(out)


def low_contrast(page: Pixels, rng: np.random.Generator) -> Pixels:
    """A copy of a copy with the toner running out: grey print on grey paper, streaks, bleed-through."""
    grey = page.astype(np.float32).mean(axis=2)
    back = cv2.GaussianBlur(grey[:, ::-1], (0, 0), 3)
    out = 128 + (grey - 20) * 0.36 + (back - 250) * 0.03
    streaks = cv2.GaussianBlur(rng.normal(0, 5, (1, out.shape[1])).astype(np.float32), (0, 0), 4)
    out += np.repeat(streaks * 1.2, out.shape[0], axis=0) + rng.normal(0, 2.0, out.shape)
    out += _cloud((out.shape[0], out.shape[1]), rng, 120) * 3
    return _rotated(_bytes(np.repeat(out[..., None], 3, axis=2)), 0.7, (196, 196, 194))


def photo(page: Pixels, rng: np.random.Generator, tilt: float = 1.0, fill: float = 0.9) -> Pixels:
    """A phone's picture of the paper on a table: perspective, a lamp on one side, a soft shadow, noise."""
    height, width = page.shape[:2]
    room = (int(height / fill), int(width / fill))
    folded = _creased(page, rng) if min(height, width) > 900 else page
    corners = _corners(height, width, room, rng, tilt)
    frame = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    warp = cv2.getPerspectiveTransform(frame, corners)
    size = (room[1], room[0])
    paper = cv2.warpPerspective(folded, warp, size, flags=cv2.INTER_AREA).astype(np.float32)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), warp, size)
    shade = cv2.GaussianBlur(np.roll(mask, (9, 7), axis=(0, 1)), (0, 0), 11)
    desk = _desk(room, rng) * (1 - 0.55 * shade[..., None])
    out = paper * mask[..., None] + desk * (1 - mask[..., None])
    out *= _lamp(room, rng)[..., None] * np.array([1.0, 0.975, 0.915], np.float32)
    out = cv2.GaussianBlur(out, (0, 0), 0.6)
    out += rng.normal(0, 2.6, out.shape).astype(np.float32)
    return _bytes(out)


def heavy_blur(page: Pixels, rng: np.random.Generator) -> Pixels:
    """A phone's picture that missed its focus and was shaken: nobody can read it."""
    taken = photo(page, rng)
    soft = cv2.GaussianBlur(taken, (0, 0), max(page.shape) / 320)
    length = max(page.shape) // 65
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (0, length // 3), (length - 1, 2 * length // 3), 1.0, 1)
    shaken = cv2.filter2D(soft, -1, kernel / kernel.sum()).astype(np.float32)
    return _bytes(shaken + rng.normal(0, 1.2, taken.shape))


def on_copier_glass(card: Pixels, rng: np.random.Generator, dpi: int) -> Pixels:
    """A card copied on a part of a letter page, as people hand in their identity papers."""
    height, width = card.shape[:2]
    page = np.full((int(height + 1.1 * dpi), int(width + 1.2 * dpi), 3), 250, np.uint8)
    turned = _rotated(card, float(rng.uniform(-1.2, 1.2)), (250, 250, 250))
    top, left = int(0.5 * dpi), int(0.55 * dpi)
    soft = np.zeros(page.shape[:2], np.float32)
    soft[top - 2 : top + height + 4, left - 2 : left + width + 5] = 1
    soft = cv2.GaussianBlur(soft, (0, 0), 4)
    page = _bytes(page * (1 - 0.22 * soft[..., None]))
    page[top : top + height, left : left + width] = turned
    return scan(page, rng, angle=0.0, grey=False)


def _corners(
    height: int, width: int, room: tuple[int, int], rng: np.random.Generator, tilt: float
) -> NDArray[np.float32]:
    left, top = (room[1] - width) / 2, (room[0] - height) / 2
    square = np.array(
        [[left, top], [left + width, top], [left + width, top + height], [left, top + height]], np.float64
    )
    angle = np.radians(float(rng.uniform(1.0, 2.6)) * tilt * float(rng.choice([-1, 1])))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array([room[1] / 2, room[0] / 2])
    shaken = (square - centre) @ turn.T * 0.975 + centre
    shaken += rng.uniform(-1, 1, (4, 2)) * min(height, width) * 0.018 * tilt
    corners: NDArray[np.float32] = shaken.astype(np.float32)
    return corners


def _rotated(page: Pixels, angle: float, border: tuple[int, int, int]) -> Pixels:
    height, width = page.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0 - abs(angle) * 0.011)
    turned: Any = cv2.warpAffine(
        page,
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=border,
    )
    return np.asarray(turned, np.uint8)


def _cloud(shape: tuple[int, int], rng: np.random.Generator, grain: int) -> Floats:
    small = rng.normal(0, 1, (shape[0] // grain + 3, shape[1] // grain + 3)).astype(np.float32)
    grown: Floats = cv2.resize(small, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return grown


def _edge_shadow(shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    across = np.linspace(0, 1, shape[1], dtype=np.float32)[None, :]
    if rng.random() < 0.5:
        across = across[:, ::-1]
    shadow: Floats = np.repeat(1 - 0.16 * np.exp(-across * 45), shape[0], axis=0)
    return shadow


def _dust(out: Floats, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(6, 16))):
        x, y = int(rng.integers(0, out.shape[1])), int(rng.integers(0, out.shape[0]))
        cv2.circle(out, (x, y), int(rng.integers(1, 3)), (118, 118, 116), -1, lineType=cv2.LINE_AA)


def _creased(page: Pixels, rng: np.random.Generator) -> Pixels:
    """Paper that came folded in three in an envelope."""
    out = page.astype(np.float32)
    height = page.shape[0]
    rows = np.arange(height, dtype=np.float32)
    tone = np.ones(height, np.float32)
    for third in (1 / 3, 2 / 3):
        at = height * third + float(rng.uniform(-8, 8))
        tone -= 0.10 * np.exp(-(((rows - at) / 5) ** 2))
        tone += 0.03 * np.tanh((rows - at) / 60) * np.exp(-(((rows - at) / 160) ** 2))
    return _bytes(out * tone[:, None, None])


def _desk(room: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Wood: long soft streaks in one of three browns."""
    tone = np.array([(116, 84, 58), (92, 70, 54), (150, 122, 92)][int(rng.integers(0, 3))], np.float32)
    streaks = rng.normal(0, 1, (room[0], 24)).astype(np.float32)
    grain = cv2.GaussianBlur(
        cv2.resize(streaks, (room[1], room[0]), interpolation=cv2.INTER_CUBIC), (0, 0), 1.4
    )
    wave = np.sin(np.arange(room[0], dtype=np.float32) / (room[0] / 9) * 2 * np.pi)[:, None] * 0.5
    desk: Floats = tone[None, None, :] * (1 + 0.07 * (grain + wave))[..., None]
    return desk


def _lamp(room: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Light from one side, and the soft shadow of the hand that holds the phone."""
    rows, columns = np.mgrid[0 : room[0], 0 : room[1]].astype(np.float32)
    rows, columns = rows / room[0], columns / room[1]
    angle = float(rng.uniform(0, 2 * np.pi))
    light = 0.90 + 0.15 * ((columns - 0.5) * np.cos(angle) + (rows - 0.5) * np.sin(angle)) * 2
    x, y = float(rng.uniform(0.1, 0.9)), float(rng.uniform(0.75, 1.05))
    hand = 0.20 * np.exp(-(((columns - x) / 0.28) ** 2 + ((rows - y) / 0.24) ** 2))
    lamp: Floats = np.clip(light - hand, 0.45, 1.06).astype(np.float32)
    return lamp


def _bytes(values: Floats) -> Pixels:
    clipped: Pixels = np.clip(values, 0, 255).astype(np.uint8)
    return clipped
