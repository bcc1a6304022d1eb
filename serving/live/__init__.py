"""The living side of the service: what is told is scored, decided and recorded, and can be asked for."""
