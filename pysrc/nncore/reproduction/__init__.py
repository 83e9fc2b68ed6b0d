"""The book's numbers reproduced: experiments as data, runs, the report, and replays of the author's runs."""
