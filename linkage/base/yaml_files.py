"""Settings files as plain data; one that cannot be read is named with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from linkage.base.errors import LinkageError
from linkage.base.settings import PROJECT

# Ten times as fast as the loader in Python, where libyaml is installed.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path, loader: Any = LOADER) -> Any:
    """Content of a YAML file. Raises LinkageError naming file and line."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    except FileNotFoundError as error:
        raise LinkageError(f"{shown(path)}: is missing; restore it") from error
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise LinkageError(
            f"{shown(path)}{line}: is not valid YAML ({error.problem})"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LinkageError(f"{shown(path)}: is not valid YAML in UTF-8") from error


def shown(path: Path) -> str:
    """A file as a message names it: within the project."""
    inside = path.is_relative_to(PROJECT)
    return str(path.relative_to(PROJECT)) if inside else path.name
