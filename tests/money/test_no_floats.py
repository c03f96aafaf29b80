"""No float comes near money: whichever module speaks of minor units has none, nor a division that could make one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("models", "auth", "resolvers", "schema", "gateway")
MONEY = ("minor", "pricing", "amounts")
"""What a name ends in, or an imported module is called, where money is meant."""

MAKERS = {"float", "round", "fsum", "Float", "REAL", "Double", "DOUBLE_PRECISION"}
NOT_MONEY = {
    "gateway/settings.py": "seconds",
    "gateway/demo/profiles.py": "shares of servers",
    "models/columns.py": "a division that PostgreSQL does, of numerics",
}
"""Modules that speak of money and divide or measure something else."""

EXPECTED = {
    "models/pricing.py",
    "models/queries/ledger.py",
    "models/queries/costs.py",
    "resolvers/amounts.py",
    "resolvers/order_licenses.py",
    "resolvers/renewing.py",
    "resolvers/taxing.py",
    "resolvers/settling.py",
    "gateway/demo/books.py",
}
"""Some of those that the search must find."""


def names_in(tree: ast.AST) -> Iterator[str]:
    """Every name that a module uses or gives, and every module that it imports from."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.FunctionDef(name=name):
                yield name
            case ast.alias(name=name) | ast.keyword(arg=str() as name):
                yield name
            case ast.ImportFrom(module=str() as name):
                yield name.rpartition(".")[2]
            case _:
                pass


def about_money(tree: ast.AST) -> bool:
    """Whether a module speaks of money."""
    return any(name.lower().endswith(MONEY) for name in names_in(tree))


def floats_in(tree: ast.AST) -> list[int]:
    """The lines where a float is written, named, or may come of a division."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
        or (isinstance(node, ast.Name) and node.id in MAKERS)
        or (isinstance(node, ast.Attribute) and node.attr in MAKERS)
    ]


def money_modules() -> dict[str, ast.AST]:
    """The modules that speak of money, by their paths."""
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    trees = {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}
    return {path: tree for path, tree in trees.items() if about_money(tree)}


def test_no_module_about_money_has_a_float() -> None:
    modules = money_modules()
    assert modules.keys() >= EXPECTED
    found = {path: lines for path, tree in modules.items() if (lines := floats_in(tree))}
    assert found.keys() == NOT_MONEY.keys(), found


@pytest.mark.parametrize(
    "planted",
    [
        "total_minor = 0.5",
        "total_minor = float(1)",
        "total_minor = whole_minor / 2",
        "total_minor /= 2",
        "total_minor = round(total_minor)",
        "def paid(amount_minor: float) -> None: ...",
        "total_minor = math.fsum(amounts)",
        "balance_minor = column(sqlalchemy.Float)",
    ],
)
def test_one_would_be_found(planted: str) -> None:
    tree = ast.parse(planted)
    assert about_money(tree)
    assert floats_in(tree) == [1]
