"""Run directories: their names, paths, files and records, written so that a crash loses nothing; knows no network."""
