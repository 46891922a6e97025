"""What a build keeps for later ones: executed copies and results, some of each, none of them needed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from analysis.publish.plan import Plan

COPIES_KEPT = 8  # of each page, so that going back and forth between a few editions costs nothing


def kept_folder(plan: Plan) -> Path:
    """Where they are, made if it is not there."""
    folder = plan.root / "book" / "_build" / "executed"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def read_kept(path: Path) -> dict[str, Any]:
    """What an earlier build kept; nothing if it kept nothing, or that is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def forget_oldest(folder: Path, pattern: str) -> None:
    """Remove all but the copies last used."""
    copies = sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in copies[COPIES_KEPT:]:
        old.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """JSON with sorted keys and six significant digits: the same bytes for the same content."""
    path.write_text(json.dumps(rounded(content), sort_keys=True, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def rounded(content: Any) -> Any:
    """Every float in a structure to six significant digits."""
    if isinstance(content, dict):
        return {key: rounded(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [rounded(value) for value in content]
    return float(f"{content:.6g}") if isinstance(content, float) else content
