"""A stranger's evidence: the project's own, in which every text that may be one holds an attack.

An attack is text like any other: who reads the book reads it as it stands in the folder.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

from analysis.data.folder import PACKAGE, default_directory, facts_of_models, resources

# MARK is by what an attack is found, HOST a server that counts who asks it
ATTACKS = {
    "script": "<script>window.ran=1</script> MARK",
    "image": "<img src=x onerror=window.ran=1> MARK",
    "drawing": "<svg onload=window.ran=1><b>MARK</b></svg>",
    "link": "[MARK](javascript:window.ran=1)",
    "comment": "<!--<script> MARK",
    "end": "</script></style></title></textarea><script>window.ran=1</script>MARK",
    "quote": '"><iframe srcdoc="<script>parent.ran=1</script>"></iframe> MARK',
    "handler": "' onmouseover='window.ran=1' \" onfocus=\"window.ran=1\" autofocus MARK",
    "role": "{fact}`no_such_fact` {raw}`html <b>` {math}`x` MARK",
    "directive": "MARK\n\n```{include} /etc/passwd\n```\n\n:::{raw} html\n<b>\n:::\n",
    "rst": "MARK\n\n.. raw:: html\n\n   <b onclick=window.ran=1>\n\n:ref:`no-such` |no| no_ [#no]_",
    "cell": "MARK\n\n```{code-cell} ipython3\nraise SystemExit\n```\n+++\n---\n# No heading\n",
    "template": "{{ 7 * 191 }} {% raw %} {0} {title} %s %(a)s ${window.ran=1} MARK",
    "formula": "\\input{/etc/passwd} $\\href{javascript:window.ran=1}{x}$ $$x$$ \\(y\\) MARK",
    "sheet": '=HYPERLINK("HOST/sheet","MARK")',
    "ticks": "` `` ``` ~~~ MARK",
    "entity": "&lt;script&gt;window.ran=1&lt;/script&gt; &#60;b&#62; &amp; &nbsp; MARK",
    "vega": "');window.ran=1;(' datum.constructor.constructor('window.ran=1')() MARK",
    "direction": "\u200f\u200e MARK \u2028\u2029\ufeff",
    "long": "MARK" + "x" * 600,
    "outside": "![MARK](HOST/a) <img src=HOST/b> <link rel=stylesheet href=HOST/c> @import 'HOST'",
    "address": "<HOST/e> HOST/f [g]: HOST/g MARK",
    "figure": '<a class="figure" data-row="facts:no">1</a> data-row="facts:no" id="tab-facts" MARK',
    "style": "--></style><style>*{display:none}</style> MARK",
    "markup": "\n(a)=\n_a_ | b | [^1] @a #b\\1 \\g<0> // % **MARK**",
    "typst": '#read("/etc/passwd") #import "a" $ @no *MARK*',
    "failure": "Traceback (most recent call last) MARK",
}
# a name or an expression, which leads somewhere or nowhere: what is none is refused
NAMES = {
    "identities": "left right",
    "arithmetic": "expression model",
    "hardware": "chip other_names",
    "config_families": "dense_width expert_width shared_width window",
    "disclosed": "model facts",
    "boundaries": "low high model line",
    "claims": "said_of asserted_boundary see model",
    "contradictions": "value_a value_b bill_a bill_b model",
    "others": "theirs ours model",
    "hours_evidence": "figure model",
    "timed_products": "configuration",
    "corrections": "guard seen use model",
    "ownership_studies": "disclosed_gpu_hours",
    "company_shares": "final_run_share staff_share model",
}
KEYS = {
    "models": "title|developer|label|short|counts|leaves_out|why|summary|explanation|chip_assumed",
    "cards": "model|developer|failed_runs|boundary|base_model|provider|flop_method|allocation"
    "|energy_method|cost_split",
    "scenarios": "title|meaning",
}
TEXT = r'("(?:[^"\\]|\\.)*")'  # of TOML, in one line
KEPT = {"DeepSeek", "NVIDIA"}  # names by which rules and pages of the project find rows


def mark(name: str) -> str:
    """By what an attack is found: an element where it is taken for markup, an attribute where it
    ends one, else text.
    """
    return f"<zq-{name} \"zq' zq>"


class Hostile:
    """Attacks given out to texts, the next to each, and all of them to `every` text that is named;
    the same text is always attacked alike, for a name stands in many tables.
    """

    def __init__(self, host: str, *every: str) -> None:
        self.attacks = {
            name: text.replace("MARK", mark(name)).replace("HOST", host)
            for name, text in ATTACKS.items()
        }
        self.cells: Counter[str] = Counter()
        self._given: dict[str, str] = {}
        self._every = every

    def text(self, text: str) -> str:
        """A text with its attack; a sheet of numbers obeys only what stands at the beginning."""
        if not text or text in KEPT:
            return text
        if text in self._every:
            self.cells.update([*self.attacks])
            return " ".join([text, *self.attacks.values()])
        next_one = [*self.attacks][len(self._given) % len(self.attacks)]
        name = self._given.setdefault(text, next_one)
        self.cells[name] += 1
        both = (self.attacks[name], text) if name == "sheet" else (text, self.attacks[name])
        return " ".join(both)

    def write(self, target: Path) -> Path:
        """A copy of the evidence under attack."""
        shutil.copytree(default_directory(), target)
        tables = resources(target)
        own = next(item for item in tables if item["name"] == "facts")
        for item in [*tables, *({**own, "path": path} for path in facts_of_models(target))]:
            self._rewrite(target / item["path"], lambda text, item=item: self._table(text, item))
        for folder, keys in KEYS.items():
            for path in sorted((target / folder).glob("*.toml")):
                self._rewrite(path, lambda text, keys=keys: self._record(text, keys))
        package = json.loads((target / PACKAGE).read_text("utf-8"))
        package["title"] = self.text(package["title"])
        (target / PACKAGE).write_text(json.dumps(package), "utf-8")
        return target

    def _rewrite(self, path: Path, change: Any) -> None:
        path.write_text(change(path.read_text("utf-8")), "utf-8")

    def _table(self, text: str, resource: dict[str, Any]) -> str:
        free, rows = free_columns(resource), list(csv.DictReader(io.StringIO(text)))
        written = io.StringIO(newline="")
        writer = csv.DictWriter(written, [*rows[0]], lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {name: self.text(row[name]) for name in free})
        return written.getvalue()

    def _record(self, text: str, keys: str) -> str:
        places = {
            rf"(\b(?:{keys}) = )": r".*",
            r"(^    )": r"(?<=^not_known = \[\n)(?:    .*\n)*",
            r"( = )": r"^totals = .*",
        }
        for before, lines in places.items():
            one = re.compile(before + TEXT, re.M)
            text = re.sub(
                lines, lambda found, one=one: one.sub(self._attacked, found[0]), text, flags=re.M
            )
        return text

    def _attacked(self, found: re.Match[str]) -> str:
        return found[1] + json.dumps(self.text(tomllib.loads(f"x = {found[2]}")["x"]))


def free_columns(resource: dict[str, Any]) -> list[str]:
    """The columns of a table in which any text may stand."""
    schema = resource["schema"]
    bound = {*schema["primaryKey"], *NAMES.get(resource["name"], "").split()}
    bound |= {key["fields"] for key in schema["foreignKeys"]}
    return [
        field["name"]
        for field in schema["fields"]
        if field["type"] == "string"
        and field["name"] not in bound
        and not {"enum", "pattern"} & {*field.get("constraints", {})}
    ]
