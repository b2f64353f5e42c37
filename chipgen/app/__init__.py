"""Whole tasks: from a source's file to the files made of it."""
