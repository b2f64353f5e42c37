"""Songs of trackers: patterns, instruments with envelopes and effects, to and from chip scores."""
