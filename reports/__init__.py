"""Tables of results as the paper draws them, beside the paper's numbers, with a verdict on each claim.

Everything here is a function of a table with one row a trial; where the table came from is never known.

The rooms, each of which imports only those below it::

    pages         the HTML pages and all files of a report
    figures       one module for each kind of figure, and what several kinds share
    tables        tables as text, Markdown, LaTeX and drawn
    study_report  everything that a report is drawn from
    specs         what a study may say about its figure; the registry of figure kinds is in ``kinds``
    statistics    effects and verdicts
    cells         means over seeds, and the names of what is shown
    paper         the published numbers
    style         how all figures look
"""
