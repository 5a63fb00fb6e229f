"""API keys: their text, who may do what with them, and what a worker knows of them."""

from service.keys.ring import KeyRing, Principal
from service.keys.scopes import Scope
from service.keys.text import KeyText

__all__ = ["KeyRing", "KeyText", "Principal", "Scope"]
