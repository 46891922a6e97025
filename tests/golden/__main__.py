"""Renew the pinned results, and say which figures moved: `make golden`."""

import json

from analysis.publish.kept import write_json

from . import GOLDEN, computed, moved

now = computed()
lines = moved(json.loads(GOLDEN.read_text(encoding="utf-8")), now)
write_json(GOLDEN, now)
print("\n".join(lines) or "no figure moved")
