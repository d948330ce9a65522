"""Who may import whom, in both languages: the rules of the house, held by reading the sources."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PYTHON_FOLDERS = ("engine", "app", "benchmarks", "tests")
SCRIPTS = ROOT / "static" / "js"
# They get data and give data, so that node can test them and nothing in them depends on a page.
PURE_SCRIPTS = frozenset(
    f"{name}.js"
    for name in (
        *("types", "reduce", "select", "layout", "scales", "format", "moments", "store"),
        *("view-list", "watching"),
    )
)


class Import(NamedTuple):
    """One imported module, by its full name, and where it is imported."""

    file: str
    line: int
    module: str
    inside_function: bool = False
    for_types_only: bool = False

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


# Python


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def python_imports(source: str, file: str, package: str = "") -> list[Import]:
    found: list[Import] = []

    def visit(node: ast.AST, inside_function: bool, for_types_only: bool) -> None:
        if isinstance(node, ast.Import | ast.ImportFrom):
            prefix = ""
            if isinstance(node, ast.ImportFrom):
                parents = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
                prefix = ".".join([*parents, *([node.module] if node.module else [])]) + "."
            for alias in node.names:
                found.append(Import(file, node.lineno, prefix + alias.name, inside_function, for_types_only))
        inside_function |= isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.iter_child_nodes(node):
            guarded = isinstance(node, ast.If) and child in node.body and "TYPE_CHECKING" in ast.unparse(node.test)
            visit(child, inside_function, for_types_only or guarded)

    visit(ast.parse(source), False, False)
    return found


def imports_below(folder: str) -> list[Import]:
    return [
        imported
        for path in python_files(folder)
        for imported in python_imports(
            path.read_text(encoding="utf-8"),
            str(path.relative_to(ROOT)),
            package=module_name(path if path.name == "__init__.py" else path.parent),
        )
    ]


def top_level(imported: Import) -> str:
    return imported.module.partition(".")[0]


def first_cycle(graph: Mapping[str, set[str]]) -> list[str]:
    """The names along one cycle, the first one again at the end; empty when there is none."""
    finished: set[str] = set()

    def walk(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in finished:
            return []
        for target in sorted(graph.get(name, ())):
            cycle = walk(target, [*trail, name])
            if cycle:
                return cycle
        finished.add(name)
        return []

    return next(filter(None, (walk(name, []) for name in sorted(graph))), [])


def test_engine_imports_numpy_the_standard_library_and_itself_only() -> None:
    allowed = {"engine", "numpy", *sys.stdlib_module_names}

    strangers = [str(found) for found in imports_below("engine") if top_level(found) not in allowed]

    assert not strangers, "\n".join(strangers)


def test_app_imports_neither_tests_nor_benchmarks() -> None:
    wrong = [str(found) for found in imports_below("app") if top_level(found) in ("tests", "benchmarks")]

    assert not wrong, "\n".join(wrong)


def test_app_is_imported_by_app_tests_and_benchmarks_only() -> None:
    known = {ROOT / folder for folder in ("app", "tests", "benchmarks")}
    ignored = {".venv", "node_modules", "build", "dist"}
    others = [
        path
        for entry in sorted(ROOT.iterdir())
        if entry not in known and entry.name not in ignored
        for path in ([entry] if entry.suffix == ".py" else entry.rglob("*.py") if entry.is_dir() else [])
    ]

    wrong = [
        str(found)
        for path in others
        for found in python_imports(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
        if top_level(found) == "app"
    ]

    assert not wrong, "\n".join(wrong)


def private_reads(source: str) -> list[tuple[int, str]]:
    """Line and text of everything private that is read of another object than one's own."""
    return [
        (node.lineno, ast.unparse(node))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and re.match(r"_(?!_)", node.attr)
        if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    ]


def test_app_reads_nothing_private_of_anybody_else() -> None:
    wrong = [
        f"{shown(path)}:{line} reads {text}"
        for path in python_files("app")
        for line, text in private_reads(path.read_text(encoding="utf-8"))
    ]

    assert not wrong, "\n".join(wrong)


def test_what_is_private_of_others_is_told_from_what_is_ones_own() -> None:
    source = "self._edits\ncls._kinds\nself.timeline._edits\nrun()._log\nvalue.__class__\n_name(value)"

    assert private_reads(source) == [(3, "self.timeline._edits"), (4, "run()._log")]


@pytest.mark.parametrize("folder", ["engine", "app"])
def test_no_function_imports(folder: str) -> None:
    hidden = [f"{found}, inside a function" for found in imports_below(folder) if found.inside_function]

    assert not hidden, "\n".join(hidden)


@pytest.mark.parametrize("folder", ["engine", "app"])
def test_python_modules_import_each_other_without_a_cycle(folder: str) -> None:
    modules = {module_name(path) for path in python_files(folder)}
    graph: dict[str, set[str]] = {}
    for path in python_files(folder):
        name = module_name(path)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        targets = (
            found.module if found.module in modules else found.module.rpartition(".")[0]
            for found in python_imports(path.read_text(encoding="utf-8"), name, package)
            if not found.for_types_only
        )
        graph[name] = {target for target in targets if target in modules}

    cycle = first_cycle(graph)

    assert not cycle, " imports ".join(cycle)


def test_imports_of_python_are_read_in_every_form() -> None:
    source = """
import os.path as p, numpy
from . import arena
from ..tape import Tape
if TYPE_CHECKING:
    from engine import network
def late():
    import json
"""

    found = python_imports(source, "file.py", package="engine.layers")

    assert [(each.line, each.module, each.inside_function, each.for_types_only) for each in found] == [
        (2, "os.path", False, False),
        (2, "numpy", False, False),
        (3, "engine.layers.arena", False, False),
        (4, "engine.tape.Tape", False, False),
        (6, "engine.network", False, True),
        (8, "json", True, False),
    ]


def test_a_cycle_is_found_and_named() -> None:
    graph = {"a": {"b"}, "b": {"c", "d"}, "c": set(), "d": {"b"}}

    assert first_cycle(graph) == ["b", "d", "b"]


# JavaScript

_STRING = r""" "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' """
# What a template computes may hold braces and another template, one level deep.
_COMPUTED = r"""\$\{(?:"[^"\n]*"|'[^'\n]*'|`[^`]*`|\{[^{}]*\}|[^{}`"'])*\}"""
_TEMPLATE = rf"`(?:\\.|{_COMPUTED}|[^`\\])*`"
_COMMENT = r"/\*.*?\*/ | //[^\n]*"
# A slash begins a pattern where a value may begin, and divides where one has just ended.
_PATTERN = (
    r"(?:(?<=[=(,:;!&|?{}\[\n>])|(?<=\breturn))[ ]*"
    r"/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*"
)
_TOKENS = re.compile(
    rf"(?P<comment>{_COMMENT}) | (?P<string>{_STRING}) | (?P<template>{_TEMPLATE}) | (?P<pattern>{_PATTERN})",
    re.VERBOSE | re.DOTALL,
)
_IMPORT = re.compile(
    r"""(?:^|[;}\s]) (?: (?:import|export)\s[^;"'`()]*?\bfrom\s* | import\s* \(?\s* ) (["'])(?P<path>[^"'\n]+)\1""",
    re.VERBOSE,
)
_DECLARATION = re.compile(
    r"(?:export\s+(?:default\s+)?)?(?:async\s+)?(?:import|const|let|function|class)\b|export\s*[{*]"
)
_PAGE = re.compile(r"(?<![\w$.])(?:document|window)\b(?!\s*:)")


def without_comments(source: str) -> str:
    """The source with every comment blanked out, line by line as long as before."""
    return _TOKENS.sub(lambda token: _blank(token[0]) if token["comment"] else token[0], source)


def code_only(source: str) -> str:
    """The source with comments, texts and patterns blanked out; what a template computes is kept."""

    def replace(token: re.Match[str]) -> str:
        if token["template"]:
            pieces = re.split(f"({_COMPUTED})", token[0])
            return "".join(
                f" ({code_only(piece[2:-1])})" if piece.startswith("${") else _blank(piece) for piece in pieces
            )
        return _blank(token[0])

    return _TOKENS.sub(replace, source)


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def scripts() -> list[Path]:
    return sorted(SCRIPTS.rglob("*.js"))


def script_imports(source: str) -> list[tuple[int, str]]:
    """Line and path of every import, re-export and import() of a text."""
    code = without_comments(source)
    return [(code.count("\n", 0, match.start("path")) + 1, match["path"]) for match in _IMPORT.finditer(code)]


def imported_scripts() -> Iterator[tuple[Path, int, Path]]:
    """Importing file, line and imported file of every import between our scripts."""
    for path in scripts():
        for line, target in script_imports(path.read_text(encoding="utf-8")):
            yield path, line, (path.parent / target).resolve()


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def top_level_statements(source: str) -> Iterator[tuple[int, str]]:
    """Line and code of every statement outside all braces; what stands inside braces is left out."""
    code = code_only(source)
    depth = 0
    start = 0
    text = ""
    for position, character in enumerate(code):
        if not text.strip():
            start, text = position, ""
        if character in ")]}":
            depth -= 1
        if depth == 0:
            text += character
        if character in "([{":
            depth += 1
        block_ends = character == "}" and re.match(
            r"(?:export\s+(?:default\s+)?)?(?:async\s+)?(?:function|class)\b", text
        )
        if depth == 0 and (character == ";" or block_ends):
            yield code.count("\n", 0, start) + 1, text.strip()
            text = ""
    if text.strip():
        yield code.count("\n", 0, start) + 1, text.strip()


def acts(statement: str) -> bool:
    """Whether a statement does something when its file is imported, beyond giving names to values."""
    if statement == ";":
        return False
    return not _DECLARATION.match(statement) or _PAGE.search(statement) is not None


def test_there_are_scripts_to_read() -> None:
    assert {"main.js", "connection.js"} <= {path.name for path in scripts()}


def test_scripts_import_files_that_exist_by_relative_path() -> None:
    wrong = [
        f"{shown(path)}:{line} imports {shown(target)}"
        for path, line, target in imported_scripts()
        if not target.is_file() or not target.is_relative_to(SCRIPTS)
    ]

    assert not wrong, "\n".join(wrong)


def test_no_view_imports_another_view() -> None:
    views = SCRIPTS / "views"

    wrong = [
        f"{shown(path)}:{line} imports {shown(target)}"
        for path, line, target in imported_scripts()
        if path.is_relative_to(views) and target.is_relative_to(views)
    ]

    assert not wrong, "\n".join(wrong)


def test_only_connection_knows_that_there_is_a_websocket() -> None:
    wrong = [
        f"{shown(path)}:{number} names WebSocket"
        for path in scripts()
        if path != SCRIPTS / "connection.js"
        for number, line in enumerate(code_only(path.read_text(encoding="utf-8")).splitlines(), 1)
        if re.search(r"\bWebSocket\b", line)
    ]

    assert not wrong, "\n".join(wrong)


def test_pure_scripts_never_name_the_page() -> None:
    wrong = [
        f"{shown(path)}:{number} names {match[0]}"
        for path in scripts()
        if path.parent == SCRIPTS and path.name in PURE_SCRIPTS
        for number, line in enumerate(code_only(path.read_text(encoding="utf-8")).splitlines(), 1)
        for match in _PAGE.finditer(line)
    ]

    assert not wrong, "\n".join(wrong)


def test_pure_scripts_import_pure_scripts_only() -> None:
    wrong = [
        f"{shown(path)}:{line} imports {shown(target)}"
        for path, line, target in imported_scripts()
        if path.parent == SCRIPTS and path.name in PURE_SCRIPTS
        if target.parent != SCRIPTS or target.name not in PURE_SCRIPTS
    ]

    assert not wrong, "\n".join(wrong)


def test_scripts_import_each_other_without_a_cycle() -> None:
    graph: dict[str, set[str]] = {shown(path): set() for path in scripts()}
    for path, _, target in imported_scripts():
        graph[shown(path)].add(shown(target))

    cycle = first_cycle(graph)

    assert not cycle, " imports ".join(cycle)


def test_only_main_acts_when_it_is_imported() -> None:
    wrong = [
        f"{shown(path)}:{line} acts at import: {statement[:80]}"
        for path in scripts()
        if path != SCRIPTS / "main.js"
        for line, statement in top_level_statements(path.read_text(encoding="utf-8"))
        if acts(statement)
    ]

    assert not wrong, "\n".join(wrong)


def test_imports_of_javascript_are_read_in_every_form() -> None:
    source = """
// import { no } from "./comment.js";
/** @typedef {import("./types.js").State} State */
import { a } from "./a.js";
import "./b.js";
import {
  c,
  d,
} from './c.js';
export { e } from "./e.js";
export * from "./f.js";
const text = "import './text.js'";
const later = () => import("./later.js");
export const from = [1, 2];
"""

    assert script_imports(source) == [
        (4, "./a.js"),
        (5, "./b.js"),
        (9, "./c.js"),
        (10, "./e.js"),
        (11, "./f.js"),
        (13, "./later.js"),
    ]


def test_what_a_script_does_at_import_is_told_from_what_it_declares() -> None:
    source = """
import { a } from "./a.js";
/** document.title = "comment"; */
export const scale = Object.freeze({ one: 1, brace: "}" });
const slash = /[/"}]/g;
export function f(x) {
  if (x) { document.title = `}${x ? `(${x}` : "{"}`; }
  return /["']/.test(x);
  return x / 2 / 3;
}
export class C {
  m() {}
}
export { slash as pattern };
const root = document.body;
f(1);
if (scale.one) {
  f(2);
}
"""

    statements = list(top_level_statements(source))

    assert [line for line, statement in statements if acts(statement)] == [15, 16, 17]


def test_a_property_called_document_is_not_the_page() -> None:
    assert [
        bool(_PAGE.search(code)) for code in ("message.document", "{ document: text }", "document.body", "f(window)")
    ] == [
        False,
        False,
        True,
        True,
    ]
