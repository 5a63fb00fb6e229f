"""python -m service prices ...: what models cost, for events that carry no cost."""
