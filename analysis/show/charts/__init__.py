"""Every chart of the book: a tidy frame in, a chart out.

A chart states its finding in its title, writes its description from its data, and knows nothing of
files.
"""

from analysis.show.charts.accounts import hours_by_phase
from analysis.show.charts.backtest import backtest_dots, calibration_of, candidates_compared
from analysis.show.charts.bill import bill_ladder, effects_on_the_bill
from analysis.show.charts.claims import ladder_with_claims
from analysis.show.charts.disclosure import disclosed_fields
from analysis.show.charts.efficiency import efficiency_of_runs
from analysis.show.charts.models import cost_trend, costs_of_models, hours_of_models
from analysis.show.charts.others import estimates_apart
from analysis.show.charts.phases import disclosed_and_reconstructed, where_the_time_goes
from analysis.show.charts.rates import measured_rates
from analysis.show.charts.rollouts import answer_lengths, rollout_bounds
from analysis.show.charts.sweeps import sweep_summary
from analysis.show.charts.uncertainty import input_widths, sobol_bars
from analysis.show.charts.views import (
    every_specification,
    hours_by_view,
    placebos,
    savings,
)

__all__ = [
    "answer_lengths",
    "backtest_dots",
    "bill_ladder",
    "calibration_of",
    "candidates_compared",
    "cost_trend",
    "costs_of_models",
    "disclosed_and_reconstructed",
    "disclosed_fields",
    "effects_on_the_bill",
    "efficiency_of_runs",
    "estimates_apart",
    "every_specification",
    "hours_by_phase",
    "hours_by_view",
    "hours_of_models",
    "input_widths",
    "ladder_with_claims",
    "measured_rates",
    "placebos",
    "rollout_bounds",
    "savings",
    "sobol_bars",
    "sweep_summary",
    "where_the_time_goes",
]
