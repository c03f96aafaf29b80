"""The house itself: our names are ours, documents say what the code says, lock files name no address."""

import importlib.util
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from gateway import docs
from gateway.commands.doctor import PACKAGES, FaultError, packages

ROOT = Path(docs.__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def locked(name: str) -> set[str]:
    """The distributions that a lock file names, spelled as an index spells them."""
    lines = (ROOT / name).read_text().splitlines()
    return {re.split(r"[\[=]", line)[0].lower() for line in lines if re.match(r"[a-zA-Z0-9]", line)}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_top_level_name_resolves_beside_the_front_door(package: str) -> None:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin == str(ROOT / package / "__init__.py")


@pytest.mark.parametrize("lock", LOCKS)
def test_no_locked_distribution_provides_one_of_our_names(lock: str) -> None:
    provided = packages_distributions()
    providers = {name.lower() for package in PACKAGES for name in provided.get(package, [])}
    assert providers & locked(lock) == set()
    assert locked(lock) & set(PACKAGES) == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_files_hold_exact_versions_with_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    requirements = re.split(r"\n(?=[a-zA-Z0-9])", text)
    assert [
        entry for entry in requirements if not re.match(r"[\w.\-\[\]]+==\S+ .*?--hash=sha256:", entry, re.DOTALL)
    ] == []


def test_the_development_lock_only_adds_to_the_other() -> None:
    assert locked("requirements.lock") < locked("requirements-dev.lock")


def test_the_readme_says_what_the_code_says() -> None:
    text = docs.README.read_text()
    assert docs.written(text) == text


def test_a_stale_readme_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "README.md"
    stale.write_text(docs.README.read_text().replace("| `PORT` | `8000` |", "| `PORT` | `9000` |"))
    monkeypatch.setattr(docs, "README", stale)
    assert docs.main(["--check"]) == 1
    assert docs.main([]) == 0
    assert stale.read_text().count("| `PORT` | `8000` |") == 1
    assert docs.main(["--check"]) == 0


def test_the_doctor_notices_a_package_that_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = importlib.util.spec_from_file_location("schema", tmp_path / "schema" / "__init__.py")
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: stranger if name == "schema" else found(name))
    with pytest.raises(FaultError, match=r"^schema is not the one in"):
        packages()
