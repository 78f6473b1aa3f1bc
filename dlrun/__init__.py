"""dlrun: one YAML file is one experiment; train it, see what is wrong, know what to try next."""

__version__ = "0.1.0"
