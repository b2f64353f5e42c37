"""The performer: ornaments, timing, note ends, volumes and timbres of composed notes."""
