"""Drawings to learn from and to be tested on: charts, diagrams, pages, shapes, scenes, icons, each with true sentences."""
