"""The notebooks of the documentation: what their files hold, and that the build runs them and shows what they print."""

import importlib.util
import re

import pytest

from support.paths import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").iterdir())
#: A cell that draws, with the name and the words of its picture.
CELL = re.compile(r'^# %% picture="[a-z]+" alt="[^"]{20,}"\n(?:(?!# %%).*\n)*', re.MULTILINE)


@pytest.fixture(name="hook", scope="module")
def fixture_hook():
    pytest.importorskip("jupytext")
    spec = importlib.util.spec_from_file_location("notebooks", ROOT / "scripts" / "notebooks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_in_the_contents_and_holds_no_outputs(path):
    assert path.suffix == ".py"
    assert f"notebooks/{path.stem}.md\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert path.read_text(encoding="utf-8").startswith("# %% [markdown]\n# # ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_every_picture_has_a_name_and_words(path):
    text = path.read_text(encoding="utf-8")
    drawn = [cell for cell in CELL.findall(text) if "plt.subplots" in cell]
    assert len(drawn) == text.count("plt.subplots") >= 2


def run(hook, folder, *cells):
    (folder / "small.py").write_text("\n\n".join(["# %% [markdown]\n# # Small", *cells]) + "\n")
    notebook = hook.run(folder / "small.py")
    return hook.page(notebook, "notebooks/small")


def test_a_page_shows_what_the_cells_make(hook, tmp_path):
    made = run(
        hook,
        tmp_path,
        "# %%\nimport sys\nimport matplotlib.pyplot as plt\nprint(6 * 7)\nprint('a warning', file=sys.stderr)",
        "# %%\n{'answer': 6 * 7}",
        '# %% picture="line" alt="A line that rises"\nplt.subplots()[1].plot([1, 2])',
        "# %%\nfrom IPython.display import HTML\nHTML('<b>bold</b>')",
    )
    assert set(made) == {"notebooks/small.md", "notebooks/small.ipynb", "notebooks/small-line.svg"}
    page = made["notebooks/small.md"]
    assert page.startswith(
        "# Small\n\n[Download this notebook, with its outputs](small.ipynb)\n\n```python\nimport sys"
    )
    for shown in (
        "```text\n42\n```",
        "```text\n{'answer': 42}\n```",
        "![A line that rises](small-line.svg){ .plot }",
        '<div class="output"><b>bold</b></div>',
    ):
        assert shown in page
    assert "Line2D" not in page  # what the call returned
    assert "a warning\n```" not in page
    assert "<svg" in made["notebooks/small-line.svg"]


def test_a_cell_that_fails_ends_the_build(hook, tmp_path):
    with pytest.raises(hook.PluginError, match=r"small\.py: (?s:.*)ZeroDivisionError") as failure:
        run(hook, tmp_path, "# %%\n1 / 0")
    assert "\x1b" not in str(failure.value)
