"""One module for each kind of figure, which draws a ``StudyReport``, and the parts that several kinds share.

A kind is registered in ``reports.specs``; this package is not imported before a figure is drawn.
"""
