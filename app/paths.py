"""Where the page's files lie: inside an installed wheel, or beside `app` in a checkout."""

from pathlib import Path


def static_directory() -> Path:
    """The folder of stylesheets and scripts.

    Raises:
        FileNotFoundError: the installation is not complete.
    """
    return _directory("static")


def templates_directory() -> Path:
    """The folder of page templates.

    Raises:
        FileNotFoundError: the installation is not complete.
    """
    return _directory("templates")


def _directory(name: str) -> Path:
    # The wheel carries the folder inside the package; an editable install leaves it where it is edited.
    package = Path(__file__).resolve().parent
    places = (package / "_data" / name, package.parent / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"the folder {name!r} is missing: looked for {places[0]} and {places[1]}")
