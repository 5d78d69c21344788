"""How the picture tower of `builtin` was made, and how it is measured; its story: training/README.md."""
