"""The studio: composes and plays in the browser, for one person at a desk.

The page holds the work; this server holds nothing that matters. It reads and composes in processes
of its own (`worker`, `worker_pool`), makes the sound (`chipgen.playing.live_player`) and sends it
(`session`). `server` answers no page but its own.
"""
