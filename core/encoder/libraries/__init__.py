"""Models of timm and torchvision as encoders: without their classifier, and without anything that draws at random.

Training draws from no running generator (see ``core.randomness``), so that a resumed training is the same; dropout and
stochastic depth would. timm is imported only here, and only when one of its models is built.
"""
