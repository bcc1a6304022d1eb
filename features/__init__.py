"""What raw data means, and every feature: pure code without a clock, a network or a model."""
