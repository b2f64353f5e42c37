"""Turns the garbage collector off for the imports that follow, in the process that is forked.

Only that process imports this module, before all others: the imports take a seventh less time, and
its forks, which turn the collector on again, share more memory.
"""

import gc

gc.disable()
