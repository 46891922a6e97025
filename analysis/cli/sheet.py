"""What the disclosure sheet of a model already says, for whoever begins its account."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from analysis.cli.options import say
from analysis.cli.questions import flag_of, number
from analysis.cli.words import OUTLINE
from analysis.data.chips import find_chip
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence

if TYPE_CHECKING:  # a command imports what it needs when it runs: most need less than all
    from analysis.compare.card import Card
    from analysis.reconstruction.new_model import Origin

FOUND = ("params_total", "params_active", "tokens", "seq_len", "gpu_hours")  # facts of the model


def take_from_sheet(options: argparse.Namespace, evidence: Evidence) -> dict[str, Origin]:
    """Fill what no flag says from the sheet of the model, if there is one, and say so.

    Returns
    -------
    dict
        Where the figures come from that the sheet has too, by the name of the flag; none for those
        that are given with a document of their own.
    """
    from analysis.compare.disclosure import find_sheet

    card = find_sheet(options.name, options.title or "", evidence)
    if card is None:
        return {}
    options.sheet = card.name
    told = {name: value for name, value in _told(card).items() if value is not None}
    if options.config:
        told = {name: value for name, value in told.items() if name not in OUTLINE}
    taken = [name for name in told if not getattr(options, name)]
    for name in taken:
        setattr(options, name, _text(told[name]))
    words = ", ".join(f"{name.replace('_', ' ')} {_text(told[name])}" for name in taken)
    say(f"cards/{card.name}.toml is its disclosure sheet; taken from it: {words or 'nothing'}")
    same = [name for name in FOUND if name in told and _agrees(name, told[name], options)]
    if not options.chip_assumed and _names_chip(told.get("chip"), options.chip, evidence):
        options.chip_source = options.chip_source or _as_the_sheet_has_it(card)
    own = [name for name in same if name in taken or not options.source]
    return dict.fromkeys(own, _origin(card, evidence))


def _told(card: Card) -> dict[str, Any]:
    """What a sheet says, by the names of flags."""
    phase = next((phase for phase in card.phase if phase.kind == "pretraining"), None)
    of_run = (
        {
            "chip": phase.chip,
            "tokens": phase.tokens,
            "seq_len": phase.seq_len_tokens,
            "gpu_hours": phase.gpu_hours,
        }
        if phase
        else {}
    )
    return {
        "title": card.model,
        "developer": card.developer,
        "release_date": card.release_date,
        "params_total": card.params_total,
        "params_active": card.params_active,
        **of_run,
    }


def _text(value: object) -> str:
    return f"{value:.15g}" if isinstance(value, int | float) else str(value)


def _agrees(name: str, told: float, options: argparse.Namespace) -> bool:
    """Whether a figure is as the sheet has it; another one is said."""
    given = number(name, getattr(options, name))
    if given != told:
        say(f"warning: {flag_of(name)} {given:g}: its disclosure sheet says {told:g}")
    return given == told


def _names_chip(told: str | None, given: str | None, evidence: Evidence) -> bool:
    """Whether the sheet names the chip that is given; another one is said."""
    if told is None or not given:
        return False
    hardware = evidence["hardware"]
    same = find_chip(given, hardware) == find_chip(told, hardware)
    if not same:
        say(f"warning: --chip {given}: its disclosure sheet says {told}")
    return same


def _as_the_sheet_has_it(card: Card) -> str:
    return f"as its disclosure sheet has it, cards/{card.name}.toml"


def _origin(card: Card, evidence: Evidence) -> Origin:
    """The first document that a sheet names; the sheet has no page of it."""
    from analysis.reconstruction.new_model import SOURCE, Origin

    known = evidence.by_id("sources")
    for source in card.sources:
        if source not in known:
            raise InputError(f"{source} is not in sources.csv", f"cards/{card.name}.toml, sources")
    source = card.sources[0] if card.sources else SOURCE
    note = "The sheet has no page of it: put page or table in locator."
    return Origin("disclosed", source, _as_the_sheet_has_it(card), note)
