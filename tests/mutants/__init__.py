"""How much the tests hold: small faults put into what computes, and which of them are noticed.

`make mutants` takes a seeded sample of every fault that the operators of `faults` can make at any
site, runs the tests on each (`trial`), and gives two scores: with all tests, and without the golden
file. `--named` does the same with the faults that a reader once put in by hand (named.toml).

The kept tools did not serve: they change a copy of the tree on disk and start a process for each
fault, where importing costs more than the tests that notice; none draws a seeded sample, or tells
apart which tests noticed.
"""
