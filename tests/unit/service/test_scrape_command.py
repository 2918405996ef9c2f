"""`attestor scrape` on one file: what it prints, draws, and says by its exit code."""

import json
from pathlib import Path

import pytest
from PIL import Image

from service.cli import main
from service.pdf.pictures import MARK
from tests.unit.service.pdf.drawing import joined, pdf, text

LABS = pdf(text(72, 700, "Hemoglobin A1c: 7.2 %") + text(72, 680, "Collected: 03/04/2025"))
NOTE = pdf(text(72, 700, "Weight: 81 kg"))


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the service would keep its data."""
    monkeypatch.setenv("ATTESTOR_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


@pytest.fixture
def labs(tmp_path: Path) -> str:
    path = tmp_path / "labs.pdf"
    path.write_bytes(LABS)
    return str(path)


def test_a_value_is_printed_with_its_place_and_nothing_is_left_behind(
    labs: str, data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scrape", labs, "--variable", "HbA1c", "--units", "%"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == ["HbA1c:", "7.2", "%"]
    assert ["page", "1"] in lines
    (box,) = [line[1:5] for line in lines if line[0] == "box"]
    left, top, right, bottom = map(float, box)
    assert 72 < left < right < 200
    assert 80 < top < 792 - 700 < bottom + 1 < 100
    assert not data_dir.exists()


def test_json_names_the_parts_as_the_api_does(
    labs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scrape", labs, "--variable", "Collection date", "--date", "--json"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert (answer["found"], answer["value"], answer["pdf_page"]) == (True, "2025-03-04", 1)
    assert set(answer["highlight"]) == {"x1", "y1", "x2", "y2"}
    assert answer["candidates"][0]["value"] == "2025-03-04"


def test_one_value_that_is_not_there_makes_the_exit_code_1(
    labs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scrape", labs, "--variable", "HbA1c", "--variable", "Potassium"]) == 1
    printed = capsys.readouterr().out
    assert "HbA1c: 7.2" in printed
    assert "Potassium: not found\n  Nothing in the text is called Potassium." in printed


def test_an_alias_is_another_name(tmp_path: Path) -> None:
    path = tmp_path / "note.pdf"
    path.write_bytes(pdf(text(72, 700, "Zorblax index: 41")))
    ask = ["scrape", str(path), "--variable", "Frobnication"]
    assert main(ask) == 1
    assert main([*ask, "--alias", "Zorblax index"]) == 0


@pytest.mark.parametrize("content", [b"", b"<html>", None])
def test_a_file_that_cannot_be_read_is_told_in_one_line_with_exit_code_2(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file.pdf"
    if content is not None:
        path.write_bytes(content)
    assert main(["scrape", str(path), "--variable", "HbA1c"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"attestor: {path}: ")
    assert output.err.count("\n") == 1


def test_the_picture_has_a_frame_around_the_value(labs: str, tmp_path: Path) -> None:
    png = tmp_path / "out.png"
    assert main(["scrape", labs, "--variable", "HbA1c", "--png", str(png)]) == 0
    image = Image.open(png).convert("RGB")
    marked = [
        (x, y) for x in range(image.width) for y in range(image.height)
        if image.getpixel((x, y)) == MARK
    ]  # fmt: skip
    # The text starts an inch from the left, with its baseline 92 points from the top.
    assert 130 < min(x for x, _ in marked) < 300
    assert min(y for _, y in marked) < 92 / 72 * 130 < max(y for _, y in marked) < 200


def test_answers_on_two_pages_make_two_pictures(tmp_path: Path) -> None:
    path = tmp_path / "both.pdf"
    path.write_bytes(joined(LABS, NOTE))
    ask = ["scrape", str(path), "--variable", "HbA1c", "--variable", "Weight"]
    assert main([*ask, "--png", str(tmp_path / "out.png")]) == 0
    assert {each.name for each in tmp_path.glob("*.png")} == {"out-page-1.png", "out-page-2.png"}


def test_without_an_answer_no_picture_is_written(labs: str, tmp_path: Path) -> None:
    png = tmp_path / "out.png"
    assert main(["scrape", labs, "--variable", "Potassium", "--png", str(png)]) == 1
    assert not png.exists()
