"""This package trains networks: SGD, its rules, schedules and stopping rules, and full-batch minimisation."""
