"""MkDocs hook: runs the notebooks of docs/notebooks, and makes of each a page with its outputs and an .ipynb file.

The notebooks are kept as Python files in the percent format of Jupytext, without outputs.  A cell that draws gives its
picture a name, by which other pages can show it too, and says in words what it shows:
``# %% picture="confusion" alt="..."``.
"""

import os
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import nbformat
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "notebooks/"
#: For all cells of a notebook together.
LIMIT_S = 900
#: IPython colours its tracebacks, whatever reads them.
COLOURS = re.compile(r"\x1b\[[\d;]*m")
#: By the type of an output, the end of its file's name.
PICTURES = {"image/svg+xml": "svg", "image/png": "png"}


def on_files(files, config):
    """Put the pages in the place of the Python files."""
    sources = [file for file in files if file.src_uri.startswith(FOLDER) and file.src_uri.endswith(".py")]
    # One thread of arithmetic per notebook gives the same sums, and so the same figures, on any number of cores.
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        notebooks = list(pool.map(lambda file: run(Path(file.abs_src_path)), sources))
    for source, notebook in zip(sources, notebooks, strict=True):
        files.remove(source)
        name = source.src_uri.removesuffix(".py")
        for uri, content in page(notebook, name).items():
            files.append(File.generated(config, uri, content=content))
    return files


def run(path):
    """The notebook with its outputs.

    Raises:
        PluginError: a cell failed; the message has the traceback.
    """
    notebook = jupytext.read(path)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    with tempfile.TemporaryDirectory() as folder:
        # As in the root of a checkout, without leaving anything there.
        (Path(folder) / "netx_exports").symlink_to(ROOT / "netx_exports")
        client = NotebookClient(
            notebook,
            timeout=LIMIT_S,
            resources={"metadata": {"path": folder}},
            # Kernel and client talk on this machine alone, of which the kernel would warn.
            extra_arguments=["--InlineBackend.figure_formats=svg", "--log-level=ERROR"],
        )
        try:
            return client.execute(env={**os.environ, **threads})
        except CellExecutionError as error:
            raise PluginError(f"{path.name}: {COLOURS.sub('', str(error))}") from error


def page(notebook, name):
    """The files of a page by their paths: the page in Markdown, its pictures, and the notebook to download.

    Args:
        notebook: with outputs.
        name: path of the page without its ending.
    """
    stem, made, parts = name.rpartition("/")[2], {}, []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in cell.outputs:
            if output.output_type == "stream":
                # What libraries say on stderr is about this machine.
                if output.name == "stdout":
                    parts.append(f"```text\n{output.text.rstrip()}\n```")
                continue
            data = output.data
            kind = next((kind for kind in PICTURES if kind in data), None)
            if kind is not None:
                picture = f"{stem}-{cell.metadata['picture']}.{PICTURES[kind]}"
                made[f"{name.rpartition('/')[0]}/{picture}"] = data[kind]
                parts.append(f"![{cell.metadata['alt']}]({picture}){{ .plot }}")
            elif "text/html" in data:
                parts.append(f'<div class="output">{data["text/html"]}</div>')
            elif "picture" not in cell.metadata:  # else the value of the last call of matplotlib
                parts.append(f"```text\n{data['text/plain']}\n```")
    parts.insert(1, f"[Download this notebook, with its outputs]({stem}.ipynb)")
    return {f"{name}.md": "\n\n".join(parts), f"{name}.ipynb": nbformat.writes(notebook), **made}
