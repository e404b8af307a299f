"""Reads the grid of a study file. Each form of an axis is an entry of the grid.

``path: [...]``       a plain axis: a dotted path and the values that it takes
``path: {...}``       labels and the value of each
``path: {log: ...}``  a range, evenly spaced: ``{log: [low, high, count]}`` or ``{linear: [low, high, count]}``
``zip``               several paths that move together
``points``            labelled settings, one after the other
``leave_one_out``     labelled settings, each of which takes one thing away: nothing left out, then each by itself
``add_one_in``        labelled settings, each of which adds one thing: nothing added, then each by itself

Two more entries are no axes: ``only_where`` names axes that exist only where others have certain values, and ``sample``
(with ``seed``) draws cells at random instead of taking the whole product.
"""
