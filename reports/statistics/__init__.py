"""Verdicts on the paper's claims from a table of results, strict enough for a reviewer to sign.

The modules, from the table to the verdicts::

    claims/            the kinds of claims, as a study file writes them (``kinds``); a claim as contrasts of the cells'
                       true means (``questions``), for the cells that ``selection`` finds
    measured           a metric of the table as an array of cells and seeds
    noise/             the standard error of each contrast
    hypothesis_tests/  the tests of a question in both directions, and the interval that agrees with them
                       (``decision``); the same for a claim that the cells come in the paper's order (``agreement``);
                       the level of each look if a claim is judged again after more seeds (``looks``); the number of
                       seeds for an undecided claim (``forecast``)
    answers            the effect and the tests of one claim
    page               the studies that are judged together
    ruling             the correction for several parts, looks and claims; the words of the verdicts
    verdicts           words and numbers
    record             files from which anyone can judge the claims again
    seeds              the random choices that a seed varies, and those that it does not

``best``, which chooses the numbers that a table sets bold, and ``main_effects`` are not part of this chain.
"""
