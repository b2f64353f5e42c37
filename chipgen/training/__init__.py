"""How models learn and how they are measured."""
