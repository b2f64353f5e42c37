"""The studio: composes and plays in the browser, for one person at a desk.

The page holds the work; this server holds nothing that matters. It reads and composes in processes
of its own (`worker`, `pool`), makes the sound (`chipgen.playing.player`) and sends it (`session`),
and is reached through `server`, which lets in nobody but the page that it serves.
"""
