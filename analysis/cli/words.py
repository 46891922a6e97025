"""What options of commands are called and may be: no command has to be imported to be described."""

from __future__ import annotations

MOST_WITHOUT_YES = 100_000  # combinations of a sweep

QUESTIONS = {
    "title": "the model's name, as its maker writes it",
    "developer": "who trained it",
    "release_date": "when it was released, YYYY-MM-DD",
    "chip": "the chip it was trained on, such as H100",
    "tokens": "tokens of its pre-training, such as 15T",
    "seq_len": "sequence length of its pre-training, in tokens",
}
NAMED = {
    "chip_source": "the document that names this chip, with the page or table, or none",
}
ASSUMED = {
    "chip_assumed": "why it is assumed to be this chip, in a sentence",
}
TOLD = {
    "source": "the document that says so, with the page or table, or none",
}
OUTLINE = {
    "params_total": "parameters in all, such as 70B",
    "params_active": "parameters that a token passes, with the embedding tables",
    "layers": "layers",
    "d_model": "width of the model",
    "vocab": "words of its vocabulary",
}
