"""Rules about the code itself that no linter knows."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("config", "residents", "houses", "sync")
MODULES = [
    path for app in APPS for path in sorted((ROOT / app).rglob("*.py")) if "migrations" not in path.parts
]
SIMULATOR = [path for path in MODULES if "simulator" in path.parts]
MAX_LINES = 400


def module_id(path):
    return str(path.relative_to(ROOT))


def imported(path):
    """Names of the modules that a file imports from outside its own package."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module


@pytest.mark.parametrize("path", SIMULATOR, ids=module_id)
def test_the_simulator_imports_the_standard_library_alone(path):
    strangers = {name for name in imported(path) if not name.startswith("sync.simulator")}
    assert {name.split(".")[0] for name in strangers} <= sys.stdlib_module_names


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_a_module_stays_short_enough_to_be_read(path):
    assert len(path.read_text().splitlines()) <= MAX_LINES
