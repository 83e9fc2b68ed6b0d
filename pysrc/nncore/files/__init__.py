"""This package opens files, says what they are, and writes them whole or not at all. It knows no network."""
