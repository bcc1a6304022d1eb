"""The pages for people: who may see what, what is read for them, and the addresses."""
