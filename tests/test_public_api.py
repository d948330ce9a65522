"""What `from engine import …` offers is listed, in order, whole and explained."""

import __future__

import inspect

import pytest

import engine


def in_ruff_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, each by the alphabet: the order in which ruff keeps `__all__`."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name


def test_all_is_sorted() -> None:
    assert list(engine.__all__) == sorted(engine.__all__, key=in_ruff_order)


def test_all_lists_every_public_name_of_the_package_once() -> None:
    public = {
        name
        for name, value in vars(engine).items()
        if not name.startswith("_")
        if not inspect.ismodule(value) and not isinstance(value, __future__._Feature)
    }

    listed = [name for name in engine.__all__ if not name.startswith("__")]

    assert sorted(listed) == sorted(public)


@pytest.mark.parametrize("name", engine.__all__)
def test_every_public_name_exists_and_is_explained(name: str) -> None:
    thing = getattr(engine, name)

    if inspect.isclass(thing):
        # A dataclass without a docstring is given its signature as one.
        explanation = vars(thing).get("__doc__") or ""
        assert explanation.strip() and not explanation.startswith(f"{thing.__name__}(")
    elif callable(thing):
        assert (inspect.getdoc(thing) or "").strip()


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (owner, name)
        for owner in engine.__all__
        if inspect.isclass(getattr(engine, owner)) and getattr(engine, owner).__module__.startswith("engine")
        for name, member in vars(getattr(engine, owner)).items()
        if not name.startswith("_") and (inspect.isroutine(member) or isinstance(member, property))
    ],
)
def test_every_public_method_is_explained(owner: str, name: str) -> None:
    member = inspect.getattr_static(getattr(engine, owner), name)

    assert (inspect.getdoc(member) or "").strip(), f"engine.{owner}.{name} has no docstring"
