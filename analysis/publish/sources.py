"""The sources of an edition: the texts of the book, as they stand in the book of any model, and the
executed notebooks.
"""

from __future__ import annotations

import html as markup
import re
import shlex
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from analysis.data.folder import edition_model
from analysis.data.scenario import Scenario
from analysis.publish.carried import BESIDE_PAGES, CARRIED
from analysis.publish.contents import TOC, contents_of, prose_path
from analysis.publish.failed import BookFailed
from analysis.publish.plan import Page, Plan
from analysis.publish.ways import without_lost_links
from analysis.show.links import in_book

SCRIPTS = "_scripts"
NOT_SOURCES = ("_build", "__pycache__", SCRIPTS)
TRACEBACK = "Traceback (most recent call last)"
COMMAND = re.compile(r"(?m)^(\$ \S*traincost )([a-z-]+)(.*)$")
# how a command that is of the edition's model names another
OF_A_MODEL = {"build": "--model {}", "sweep": "--model {}", "rerun": "-p model={}"}
WITH_MARKUP = ("text/html", "text/markdown")


def write_sources(plan: Plan, executed: Mapping[str, Path], sources: Path) -> None:
    """All that Sphinx makes the pages of an edition from."""
    book, other = plan.root / "book", plan.other
    folder = CARRIED if "data" in plan.given else ""  # its commands are of a copy of the project
    if other:
        pages = contents_of(plan).pages
        words = partial(as_told_of, model=other.model, pages=pages, data=folder)
        assemble(book, executed, plan.pages, sources, plan.given, words)
        _keep_texts(sources, pages, [*executed], words)
        _write_if_new(sources / TOC, yaml.safe_dump(dict(other.toc), allow_unicode=True))
    else:
        words = partial(with_options, data=folder)
        assemble(book, executed, plan.pages, sources, plan.given, words)
        _keep_texts(sources, [path.stem for path in sources.glob("*.md")], [*executed], words)
    given = {"title": other.title} if other else {}
    configure(sources, given, "" if plan.scenario.is_default else _set_apart(plan.scenario))


def _set_apart(scenario: Scenario) -> str:
    """What stands above every page of an edition that is not the default one."""
    return f"Not the default edition: {scenario.summary}. Disclosed figures stay as printed."


def as_told_of(text: str, model: str, pages: Collection[str], data: str = "") -> str:
    """A text of the book as it stands in the book of another model, which has these pages; its
    commands name the model and the evidence folder.

    >>> as_told_of("See [all](hours.ipynb) and `new-model`.", "some-model", [])
    'See all and `new-model`.'
    """
    text = without_lost_links(text.replace(edition_model(), model), pages)
    return with_options(text, data, model)


def with_options(text: str, data: str = "", model: str = "") -> str:
    """A text whose commands read another evidence folder, and are of a model where one may be named
    and is not.

    >>> with_options("$ .venv/bin/traincost build --out mine", "my data", "m")
    "$ .venv/bin/traincost build --model m --data 'my data' --out mine"
    """
    return COMMAND.sub(partial(_with_options, data=data, model=model), text)


def _with_options(line: re.Match[str], data: str, model: str) -> str:
    start, command, rest = line.groups()
    added = []
    if model and command in OF_A_MODEL and "model" not in rest:
        added.append(OF_A_MODEL[command].format(shlex.quote(model)))
    if data and "--data" not in rest:
        added.append(f"--data {shlex.quote(data)}")
    return " ".join([f"{start}{command}", *added]) + rest


def _keep_texts(
    sources: Path, pages: Sequence[str], executed: Sequence[str], words: Callable[[str], str]
) -> None:
    """Of the book's texts those that are among the pages, as they are told of another model."""
    for path in sources.glob("*.md"):
        if path.stem in pages and path.stem not in executed:
            _write_if_new(path, words(path.read_text(encoding="utf-8")))
        else:
            path.unlink()


def assemble(
    book: Path,
    executed: Mapping[str, Path],
    pages: Sequence[Page],
    target: Path,
    given: Mapping[str, str],
    words: Callable[[str], str] = str,
) -> None:
    """Copy the book's sources and the executed notebooks, each under its page's title and with its
    prose, its texts as `words` has them, into one folder. What was `given` to the edition is in the
    command under the title.

    Where the sources are there already, only notebooks that differ are written.
    """
    if not target.exists():
        shutil.copytree(book, target, ignore=shutil.ignore_patterns(*NOT_SOURCES))
    for page in pages:
        notebook = _as_page(page, nbformat.read(executed[page.page], as_version=4))
        if page.prose:
            text = prose_path(book, page.prose).read_text(encoding="utf-8")
            notebook.cells.insert(-1, new_markdown_cell(text, id=page.prose))
        for cell in notebook.cells:
            cell.source = words(cell.source) if cell.cell_type == "markdown" else cell.source
        title, _, rest = notebook.cells[0].source.partition("\n")
        notebook.cells[0].source = f"{title}\n\n{where_from(page, given)}\n\n{rest}"
        _write_if_new(target / f"{page.page}.ipynb", nbformat.writes(notebook))


def where_from(page: Page, given: Mapping[str, str]) -> str:
    """The notebook to download and the command that runs it as this page did."""
    scenario = {
        key: value for key, value in given.items() if key in page.declares and key != "data"
    }
    if scenario.get("scenario") == "paper":
        del scenario["scenario"]
    notebook = f"notebooks/{page.notebook}.ipynb"
    command = ["traincost", "rerun", notebook]
    for key, value in {**page.parameters, **scenario}.items():
        command += ["-p", f"{key}={Path(value).name if key == 'scenario' else value}"]
    place = ""
    if "data" in given:  # where it lies on a machine is nobody's matter: a copy is beside the pages
        command += ["--data", BESIDE_PAGES]
        place = "in the folder of this book "
    # a blank line in a name would end the element, and what follows would be read as Markdown
    in_one_line = markup.escape(shlex.join(command)).replace("\r", "&#13;").replace("\n", "&#10;")
    return (
        f'<p class="where-from">This page is '
        f'<a href="{notebook}" download>{page.notebook}.ipynb</a>, '
        f"run {place}by <code>{in_one_line}</code></p>"
    )


def _as_page(page: Page, notebook: NotebookNode) -> NotebookNode:
    """An executed notebook as a page of the book: under its title, its figures linked to their
    rows, and without an error.
    """
    heading, _, rest = notebook.cells[0].source.partition("\n")
    if not heading.startswith("# "):
        raise BookFailed(f"{page.page}: the first cell of its notebook has no title")
    notebook.cells[0].source = f"# {page.title}\n{rest}"
    for cell in notebook.cells:  # no bar where code is hidden
        tags = cell.metadata.get("tags", [])
        cell.metadata["tags"] = ["remove-input" if tag == "hide-input" else tag for tag in tags]
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        _refuse_failure(page, output)
        data = output.get("data", {})
        data.update({kind: in_book(data[kind]) for kind in WITH_MARKUP if kind in data})
    return notebook


def _refuse_failure(page: Page, output: NotebookNode) -> None:
    """Refuse a page that shows an error; in any other output the same words may be evidence."""
    if output.output_type == "error":
        raise BookFailed(f"{page.page}: the executed notebook holds an error: {output.ename}")
    if output.get("name") == "stderr" and TRACEBACK in output.text:
        raise BookFailed(f"{page.page}: the executed notebook shows a traceback")


def _write_if_new(path: Path, text: str) -> None:
    """Sphinx goes by the time of a file: one that stays the same keeps it."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def configure(sources: Path, given: Mapping[str, str], announcement: str) -> None:
    """Settings of the book other than its own, and a banner at the top of every page."""
    if not (given or announcement):
        return
    path = sources / "_config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8")) | dict(given)
    if announcement:
        config["html"]["announcement"] = markup.escape(announcement)
    _write_if_new(path, yaml.safe_dump(config))
