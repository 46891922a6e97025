"""The text of a model file to begin with: every open field explained."""

from __future__ import annotations

FILE = """\
# The account of {title}. Every figure is a fact: its id stands here, its value, source and place in
# the source in {name}.facts.csv. `traincost reconstruct {name}` answers.

title = "{title}"
developer = "{developer}"  # its own runs are left out of what its efficiency is predicted from
release_date = {release_date}
architecture_kind = "{kind}"  # dense, or moe: a mixture of experts
chip = "{chip}"  # a name of hardware.csv{named_in}
{assumed}{sheet}

# What a GPU-hour is rented for: a fact in US$ per GPU-hour,
# price_usd_per_gpu_hour = "FACT"
# or a choice: release (the market near the release), today, 2025q1 (any quarter), owned.
{rent}

# Further disclosed figures of the run from which hours follow (days, MFU, cost, energy): no
# reconstruction reads them. What a phase discloses below is one without being listed.
checks = []

[architecture]
{architecture}

[[phase]]
id = "{prefix}_pretraining"
label = "Pre-training"
summary = "The model reads its corpus once."
explanation = "The amount of arithmetic is known. Its efficiency is predicted from other runs."
not_known = [{not_known}]  # sentences: what the sources leave open
{disclosed}

[[phase.stage]]
id = "corpus"
label = "The corpus, once"
kind = "pretraining"
tokens = "{prefix}_tokens"
seq_len_tokens = "{prefix}_seq_len"

# More phases follow in the same way. Kinds of stages and what each needs:
#   pretraining     tokens (or steps and sequences_per_step), seq_len_tokens
#   fine_tuning     samples, epochs, mean_tokens
#   generation      samples, mean_tokens, optional draws_per_kept_sample; needs [decoding]
#   reinforcement   gpus, prompts_per_step, samples_per_prompt, answers_per_rollout, limits,
#                   mean_answer_tokens or length_curve, optional steps; needs [decoding]
# A quantity is a fact's id, arithmetic on facts, {{ low = .., high = .., why = ".." }}, or
# {{ take = "FACT", why = ".." }} where another run's figure stands in.

# A line of the bill adds phases to the line above it.
[[boundary]]
id = "{prefix}_pretraining"
label = "Pre-training"
short = "Pre-training"
counts = "The final pre-training run."
leaves_out = "Post-training, failed and smaller runs, people and the machines."
adds = ["{prefix}_pretraining"]
headline = true
"""
