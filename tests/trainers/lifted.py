"""Scripts whose datasets are made within their own `main`: the lines of it that make them."""

from __future__ import annotations

import ast
import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType


def flags(export: Path) -> list[str]:
    """The flags of the one command that the export's page gives."""
    page = (export / "README.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [word for word in shlex.split(command.replace("\\\n", "")) if word.startswith("--")]


def named(export: Path, pattern: str) -> list[str]:
    """The scripts that the export's page names, sorted."""
    page = (export / "README.md").read_text(encoding="utf-8")
    return sorted(set(re.findall(pattern, page)))


def module(path: Path) -> ModuleType:
    """Import a script by its path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def run_lines(script: ModuleType, names: set[str]) -> None:
    """Run, in order and in the script's own namespace, what `main` makes these names with."""
    path = Path(str(script.__file__))
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (main,) = (n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "main")
    lines = [line for line in main.body if _made(line) & names]
    exec(compile(ast.Module(lines, []), str(path), "exec"), vars(script))


def _made(line: ast.stmt) -> set[str]:
    """Names that a statement binds; what is within a function is the function's."""
    if isinstance(line, ast.FunctionDef):
        return {line.name}
    inner = [n for n in ast.iter_child_nodes(line) if isinstance(n, ast.stmt)]
    bound = {
        n.id for n in ast.walk(line) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    return bound.union(*map(_made, inner))
