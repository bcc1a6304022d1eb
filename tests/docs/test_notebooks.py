"""The notebooks are run by nbmake in the same `pytest`; here is what they must be like."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text(encoding="utf-8"))["cells"]


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 2


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestANotebook:
    def test_asks_one_question_in_its_title(self, path):
        title = "".join(cells(path)[0]["source"]).splitlines()[0]
        assert title.startswith("# ")
        assert title.endswith("?")

    def test_answers_it_in_its_last_cell(self, path):
        heading, answer = cells(path)[-2:]
        assert "".join(heading["source"]) == "## The answer"
        assert "".join(answer["source"]).rstrip().endswith(")")
        assert "Markdown(" in "".join(answer["source"])

    def test_defines_nothing(self, path):
        code = [
            line for cell in cells(path) if cell["cell_type"] == "code" for line in "".join(cell["source"]).split("\n")
        ]
        assert code
        assert not [line for line in code if line.lstrip().startswith(("def ", "class ", "async def "))]

    def test_is_stored_without_what_it_printed(self, path):
        assert not [cell for cell in cells(path) if cell.get("outputs")]
