"""Figures and tables of results as the paper draws them, beside the paper's numbers, with a verdict on each claim.

Everything here is a function of a table with one row a trial, whichever program made that table.

The rooms; each imports only those below it::

    pages, saved  the HTML pages and all files of a report; results as small files, and what is drawn of them again
    figures       one module for each kind of figure, and what several kinds share
    tables        tables as text, Markdown, LaTeX and drawn
    study_report  everything that a report is drawn from
    specs         a study's settings for its figure; the registry of figure kinds is in ``kinds``
    statistics    effects and verdicts
    cells         means over seeds, and the names of what is shown
    paper         the published numbers
    style         the look of all figures
"""
