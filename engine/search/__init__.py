"""Finding weights without backpropagation, on the same network, loss and data: what the gradient is worth."""

from engine.search.catalogue import SEARCHES, begin_search, read_search, search_catalogue
from engine.search.evolution import Cloud, EvolutionStrategy
from engine.search.finite_differences import FiniteDifferences
from engine.search.genetic import Generation, Genetic
from engine.search.hill_climbing import HillClimbing
from engine.search.random_search import RandomSearch
from engine.search.search import History, Search, Settings

__all__ = [
    "SEARCHES",
    "Cloud",
    "EvolutionStrategy",
    "FiniteDifferences",
    "Generation",
    "Genetic",
    "HillClimbing",
    "History",
    "RandomSearch",
    "Search",
    "Settings",
    "begin_search",
    "read_search",
    "search_catalogue",
]
