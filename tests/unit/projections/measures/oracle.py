"""A second, slow and plain reading of the formula language, to compare the compiled SQL with.

It walks the syntax tree for one patient at a time. It shares only the grammar with the product:
no types, no model, no SQL.
"""

from tests.unit.projections.measures import oracle_series, oracle_terms
from tests.unit.projections.measures.oracle_context import RULES, Context, evaluate

__all__ = ["Context", "evaluate"]

for module in (oracle_terms, oracle_series):
    rules = {name: rule for name, rule in vars(module).items() if name.startswith("on_")}
    RULES.update({name.removeprefix("on_"): rule for name, rule in rules.items()})
