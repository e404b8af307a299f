"""Methods: each says what is trained, on which views, and by which loss.

``method`` has the base class and the types that all methods share; every other module is one method. A method's
configuration is in ``core.config.methods``, with the numbers that are known without building anything.
"""
