import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.scraping.words import Box, DocumentWords, Page, Word, turned, union

lengths = st.floats(0, 14_400, allow_nan=False)
boxes = st.builds(Box, lengths, lengths, lengths, lengths)
words = st.builds(Word, st.text(), boxes, st.integers(1, 300), st.sampled_from(["text", "ocr"]))
turns = st.sampled_from([0, 90, 180, 270])
pages = st.builds(Page, st.integers(1, 300), lengths, lengths, turns, st.text(max_size=9))
documents = st.builds(
    DocumentWords,
    st.lists(pages, max_size=5).map(tuple),
    st.lists(words, max_size=5).map(tuple),
    st.integers(0, 99),
)


@given(documents)
def test_words_stored_as_json_come_back_exactly(document: DocumentWords) -> None:
    assert DocumentWords.from_json(json.loads(json.dumps(document.to_json()))) == document


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"pages": [], "words": []},
        {"pages": [[1, 2]], "words": [], "tables": 0},
        {"pages": [], "words": [[1, 1, 0, 0, 1, 1]], "tables": 0},
        {"pages": [], "words": [["a", 1, 0, 0, 1]], "tables": 0},
        {"pages": 7, "words": [], "tables": 0},
        [],
    ],
)
def test_json_that_holds_no_words_is_a_value_error(data: object) -> None:
    with pytest.raises(ValueError, match="words of a document"):
        DocumentWords.from_json(data)  # type: ignore[arg-type]


@given(st.integers(0, 300), lengths, st.sampled_from(["", "OCR is not installed"]))
def test_a_summary_stays_below_two_kilobytes(count: int, side: float, unread: str) -> None:
    pages = tuple(Page(n, side, side, 0, unread) for n in range(1, count + 1))
    document = DocumentWords(pages, (), 0)
    summary = document.summary()
    assert len(json.dumps(summary)) < 2_000
    assert summary["pages"] == count


def test_a_summary_counts_words_pages_and_tables() -> None:
    document = DocumentWords(
        (Page(1, 612, 792),), (Word("a", Box(0, 0, 1, 1), 1), Word("b", Box(0, 0, 1, 1), 1)), 3
    )
    assert document.summary() == {
        "pages": 1,
        "words": 2,
        "tables": 3,
        "ocr_pages": [],
        "unread_pages": [],
        "page_sizes": [[612, 792]],
    }


def test_text_that_runs_downwards_is_held_upright_by_turning_the_page_back() -> None:
    # A word at the top right corner of a 600 x 800 page, running down, starts the first line.
    assert turned(Box(590, 10, 600, 40), Page(1, 600, 800, 90), 90) == Box(10, 0, 40, 10)


@given(boxes, st.sampled_from([0, 90, 180, 270]))
def test_turning_a_box_keeps_its_area(box: Box, turn: int) -> None:
    upright = turned(box, Page(1, 612, 792, turn), turn)
    sides = (upright.width, upright.height)
    assert sorted(map(abs, sides)) == pytest.approx(sorted(map(abs, (box.width, box.height))))


def test_the_union_of_boxes_touches_all_four_outermost_edges() -> None:
    assert union([Box(5, 5, 6, 6), Box(1, 7, 2, 9)]) == Box(1, 5, 6, 9)
