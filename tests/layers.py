"""Who may import whom: the table, its form in CONTRIBUTING.md, and the check of a source tree against it.

``python tests/layers.py`` prints the table for CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "lava_ahp"


@dataclass(frozen=True)
class Row:
    """Modules of one layer; each may import those of lower layers and those to its left in its own row.

    Attributes:
        layer: number of the layer.
        modules: from left to right; a package counts with everything below it.
        third_party: top-level names that the row may import; None for any.
        eager: names, of ours and of others, that may be imported outside functions; None for any.
    """

    layer: int
    modules: tuple[str, ...]
    third_party: frozenset[str] | None = frozenset()
    eager: frozenset[str] | None = None


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TABLE = (
    Row(0, ("errors", "files", "settings"), _names("tomli pydantic")),
    Row(1, ("network",), _names("numpy matplotlib"), eager=_names("numpy errors")),
    Row(2, ("dynamics",), _names("numpy")),
    Row(2, ("netx", "formats"), _names("numpy h5py nir")),
    Row(2, ("encoders",), _names("numpy")),
    Row(2, ("targets",), _names("numpy torch"), eager=_names("numpy errors network")),
    Row(3, ("simulator",), _names("numpy numba scipy")),
    Row(3, ("profiler",), _names("numpy pydantic tomli")),
    Row(
        3,
        ("slayer", "models", "training"),
        _names("numpy torch lava lightning tensorboardX numba llvmlite triton safetensors pydantic tomli tomli_w"),
    ),
    Row(3, ("process", "loihi2"), _names("numpy scipy lava h5py")),
    Row(4, ("tasks",), _names("numpy pydantic sklearn h5py pandas pyarrow")),
    Row(4, ("backends", "proof"), _names("numpy")),
    Row(4, ("report",), _names("numpy jinja2 matplotlib rich")),
    Row(4, ("baseline",), _names("numpy torch zeus")),
    Row(5, ("workflow",), third_party=None),
    Row(5, ("bench",), third_party=None),
    Row(6, ("__init__",), third_party=None, eager=frozenset()),
    Row(7, ("cli", "__main__"), third_party=None, eager=_names("click rich errors files backends cli __init__")),
)


def markdown() -> str:
    """The table as CONTRIBUTING.md shows it."""
    lines = ["| layer | modules | may import besides the standard library and lower layers |", "|---|---|---|"]
    for row in TABLE:
        modules = " <- ".join(f"`{name}`" for name in row.modules)
        lines.append(f"| {row.layer} | {modules} | {_allowed(row)} |")
    return "\n".join(lines) + "\n"


def _allowed(row: Row) -> str:
    if row.third_party is not None:
        return _listed(row.third_party)
    if row.eager is None:
        return "anything"
    return f"anything inside functions; elsewhere {_listed(row.eager - set(row.modules))}"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "nothing"


@dataclass(frozen=True)
class Import:
    """One import: the dotted name, the line, and whether it runs when the module is imported."""

    name: str
    line: int
    eager: bool


def imports(path: Path, module: str) -> Iterator[Import]:
    """Every import of a file, those inside functions and by ``import_module`` too.

    Args:
        path: the file.
        module: its dotted name, from which relative imports are resolved.
    """
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]

    def walk(node: ast.AST, eager: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, eager) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parent, base] if base else parent)
            # "from lava_ahp import netx" may name a module or something that __init__ holds.
            yield from (Import(f"{base}.{alias.name}", node.lineno, eager) for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield Import(node.args[0].value, node.lineno, eager)
        inside = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, eager and not inside and not typing_only)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), True)


def _row_of(part: str) -> Row | None:
    return next((row for row in TABLE if part in row.modules), None)


def violations(root: Path) -> list[str]:
    """What a source tree does against the table.

    Args:
        root: the folder of the package.
    """
    parts = {p.stem if p.suffix == ".py" else p.name for p in root.iterdir() if p.suffix == ".py" or p.is_dir()}
    found = []
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        part = relative.parts[0].removesuffix(".py")
        where = (PACKAGE, *relative.with_suffix("").parts)
        module = ".".join(where).removesuffix(".__init__")
        row = _row_of(part)
        if row is None:
            found.append(f"{relative}: {part} stands in no row of the table")
            continue
        for imported in imports(path, module):
            complaint = _judge(row, part, imported, parts)
            if complaint:
                found.append(f"{relative}:{imported.line}: {complaint}")
    return found


def _judge(row: Row, part: str, imported: Import, parts: set[str]) -> str | None:
    name, _, rest = imported.name.partition(".")
    if imported.name == f"{PACKAGE}.__version__":
        return None
    if name == PACKAGE:
        # What is no module is one of the names that __init__ holds.
        name = rest.partition(".")[0] if rest.partition(".")[0] in parts else "__init__"
        other = _row_of(name)
        if name == part or other is None:
            return None
        leftward = other is row and row.modules.index(name) < row.modules.index(part)
        if other.layer >= row.layer and not leftward:
            return f"{part} (layer {row.layer}) imports {name} (layer {other.layer})"
    elif name in sys.stdlib_module_names or name == "tomllib":
        return None
    elif row.third_party is not None and name not in row.third_party:
        return f"{part} imports {name}, allowed {', '.join(sorted(row.third_party)) or 'nothing'}"
    if row.eager is not None and imported.eager and name not in row.eager:
        return f"{part} imports {name} when it is itself imported; put it inside the command"
    return None


if __name__ == "__main__":
    print(markdown(), end="")
