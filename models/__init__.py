"""The bundle: score, calibrate, explain, save, load. Training only makes one, serving only uses one."""
