"""Boxes to lines: what stands beside is joined or kept apart, what stands under is never in the same row."""

from __future__ import annotations

from integrations.documents.pages import into_lines
from models.reading import ReadLine


def run(text: str, x: float, y: float, width: float = 0.2, height: float = 0.02) -> ReadLine:
    return ReadLine(text, 0, x, y, height, width)


def texts(*runs: ReadLine, whole_words: bool = True) -> list[str]:
    return [line.text for line in into_lines(list(runs), whole_words=whole_words)]


def test_words_of_one_line_are_joined_and_columns_are_not() -> None:
    assert texts(run("TX 77036", 0.31, 0.1), run("Houston,", 0.1, 0.1), run("$84.10", 0.7, 0.1)) == [
        "Houston, TX 77036",
        "$84.10",
    ]


def test_small_print_close_under_a_line_is_a_row_of_its_own() -> None:
    assert texts(run("1420 Example Ave", 0.1, 0.100), run("Service address", 0.1, 0.109)) == [
        "1420 Example Ave",
        "Service address",
    ]


def test_crooked_row_stays_one_row() -> None:
    level = [run(word, 0.1 + 0.25 * n, 0.1 + 0.008 * n) for n, word in enumerate(("one", "two", "three"))]
    assert texts(*level, run("under", 0.1, 0.13)) == ["one", "two", "three", "under"]


def test_touching_runs_of_a_text_layer_are_one_word_and_of_ocr_two() -> None:
    parts = (run("Hous", 0.1, 0.1, 0.04), run("ton", 0.14, 0.1, 0.03))
    assert texts(*parts, whole_words=False) == ["Houston"]
    assert texts(*parts) == ["Hous ton"]
