"""How networks learn: SGD, its rules, schedules and stopping rules, and full-batch minimisation."""
