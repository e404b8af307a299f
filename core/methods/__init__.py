"""Methods: what is trained, on which views, by which loss.

``method`` has the types that all share, the others one method each. A method's configuration, with the numbers that are
known without building anything, is in ``core.config.methods``.
"""
