"""Which pairs, which labels, fit, evaluate, simulate."""
