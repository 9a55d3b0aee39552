"""Reading print from pixels: RapidOCR with the models that its wheel brings, and our reading order.

The settings are measured (measured/libraries.md section 1): 77 of 78 addresses exact on acceptable
scans, 1.3 to 1.9 s a page on 2 cores. Load it in a process of its own: it takes 0.7 GiB.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from integrations.documents.legibility import Pixels, at_most
from integrations.documents.pages import into_lines
from models.reading import ReadLine

_THUMBNAIL = 900
# A page that lies on its side or its head is read as nonsense of middling confidence (0.5 to 0.85); an
# upright one has 0.9 and more. Source: ours, one drawn bill in four turns.
_UPRIGHT_FROM = 0.88
_FEW_LETTERS = 25


@cache
def _engine() -> Any:
    """The reader, loaded once a process."""
    import rapidocr  # heavy: only the process that reads may pay for it

    models = Path(rapidocr.__file__).parent / "models"
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            # Named files are never looked for elsewhere, let alone downloaded.
            "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
            "Det.limit_type": "max",
            "Det.limit_side_len": 1280,
            "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
            "Rec.rec_batch_num": 1,
            "EngineConfig.onnxruntime.intra_op_num_threads": 2,
        }
    )


def read_page(image: Pixels, page: int) -> tuple[ReadLine, ...]:
    """What the page says, in reading order, whichever way up it was scanned."""
    boxes = _boxes(image)
    turns = _turns_to_try(boxes)
    if turns:
        small = at_most(image, _THUMBNAIL)
        scores = {turn: _sense(_boxes(np.rot90(small, turn))) for turn in turns}
        best = max(scores, key=lambda turn: scores[turn])
        if scores[best] > _sense(boxes) or _lies_on_its_side(boxes):
            image = np.ascontiguousarray(np.rot90(image, best))
            boxes = _boxes(image)
    return _lines(boxes, image.shape[1], page)


def read_run(image: Pixels) -> str:
    """The text of a picture that holds one line and nothing else; '' when there is none."""
    found = _engine()(_bgr(image), use_det=False, use_cls=False, use_rec=True)
    return " ".join(found.txts or ())


class _Box:
    """One piece of text as it was found: centre, extent along and across its own line."""

    __slots__ = ("across", "along", "angle", "centre", "confidence", "text")

    def __init__(self, corners: Any, text: str, confidence: float) -> None:
        top, left = corners[1] - corners[0], corners[3] - corners[0]
        self.text = text
        self.confidence = float(confidence)
        self.centre = corners.mean(axis=0)
        self.along = float(np.hypot(*top))
        self.across = float(np.hypot(*left))
        self.angle = float(np.arctan2(top[1], top[0]))


def _boxes(image: Pixels) -> list[_Box]:
    found = _engine()(_bgr(image), use_det=True, use_cls=False, use_rec=True)
    if found.boxes is None or found.txts is None:
        return []
    return [
        _Box(np.asarray(corners, dtype=np.float64), text, score)
        for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
    ]


def _bgr(image: Pixels) -> Pixels:
    return np.ascontiguousarray(image[:, :, ::-1])


def _turns_to_try(boxes: list[_Box]) -> tuple[int, ...]:
    """Quarter turns (counter-clockwise) that may set the page upright; none when it reads well as it is."""
    if sum(len(b.text) for b in boxes) < _FEW_LETTERS:
        return (1, 2, 3)
    if _lies_on_its_side(boxes):
        return (1, 3)
    mean = np.average([b.confidence for b in boxes], weights=[len(b.text) for b in boxes])
    return (2,) if mean < _UPRIGHT_FROM else ()


def _lies_on_its_side(boxes: list[_Box]) -> bool:
    tall = sum(len(b.text) for b in boxes if b.across > b.along)
    return tall > sum(len(b.text) for b in boxes) / 2


def _sense(boxes: list[_Box]) -> float:
    """How much of it reads like language: letters in pieces that were read with confidence, lying flat."""
    return sum(
        len(b.text) * b.confidence for b in boxes if b.confidence >= _UPRIGHT_FROM and b.along >= b.across
    )


def _lines(boxes: list[_Box], page_width: int, page: int) -> tuple[ReadLine, ...]:
    """Boxes to lines. Their centres are turned by the median angle first: rows of a crooked scan lie level."""
    wide = [b.angle for b in boxes if b.along > 2 * b.across]
    tilt = float(np.median(wide)) if wide else 0.0
    cos, sin = float(np.cos(-tilt)), float(np.sin(-tilt))
    runs = []
    for box in boxes:
        x = box.centre[0] * cos - box.centre[1] * sin
        y = box.centre[0] * sin + box.centre[1] * cos
        runs.append(
            ReadLine(
                text=" ".join(box.text.split()),
                page=page,
                x=float(x - box.along / 2) / page_width,
                y=float(y) / page_width,
                height=box.across / page_width,
                width=box.along / page_width,
                confidence=round(box.confidence, 3),
            )
        )
    return into_lines(runs, whole_words=True)
