"""A simulated B2B company: what it is, how its leads behave, what it exports, and the truth about each pair."""
