"""Whether the paper's claims hold in a table of results: a verdict on each that a reviewer would sign.

From the table to the verdicts::

    claims      the kinds of claims, as a study file writes them
    questions   a claim as contrasts of the cells' true means, for the cells that ``selection`` finds
    measured    a metric of the table as an array of cells and seeds
    noise       how sure each contrast is
    decision    the tests of a question in both directions, and the interval that agrees with them
    agreement   the same for the order of the paper's cells
    answers     what a table answers to one claim
    page        the studies that are judged together
    ruling      the price of several parts, looks and claims: the words
    verdicts    words and numbers, with a ``forecast`` for what is undecided
    record      files, from which anyone can judge again

``best`` is apart: which numbers of a table are set bold. Each is only a function of the table.
"""
