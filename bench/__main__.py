"""Run measurements by name, or all of them."""

import argparse
import importlib
import pkgutil
import sys

import bench
from bench import Figure


def names() -> list[str]:
    modules = [module.name for module in pkgutil.iter_modules(bench.__path__)]
    return sorted(
        name for name in modules if not name.startswith("_") and hasattr(_module(name), "run")
    )


def _module(name: str) -> object:
    return importlib.import_module(f"bench.{name}")


def table(figures: list[Figure]) -> str:
    rows = [(each.name, f"{each.value:,.2f}", each.unit, each.aim) for each in figures]
    rows.insert(0, ("figure", "value", "unit", "aim"))
    wide = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        f"{row[0]:<{wide[0]}}  {row[1]:>{wide[1]}}  {row[2]:<{wide[2]}}  {row[3]}".rstrip()
        for row in rows
    )


def main() -> int:
    known = names()
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description=bench.__doc__,
        epilog="examples: script/bench gate; script/bench gate --against v1.0",
    )
    parser.add_argument(
        "name", nargs="*", help=f"one of: {', '.join(known)}; all when none is given"
    )
    parser.add_argument("--against", metavar="COMMIT", help="compare with a commit (gate only)")
    given = parser.parse_args()
    asked = given.name or known
    unknown = sorted(set(asked) - set(known))
    if unknown:
        parser.error(f"there is no measurement {', '.join(unknown)}; there are: {', '.join(known)}")
    if given.against and any(not hasattr(_module(name), "compare") for name in asked):
        able = [name for name in known if hasattr(_module(name), "compare")]
        parser.error(f"--against compares only: {', '.join(able)}")
    for name in asked:
        print(f"\n{name}: {(_module(name).__doc__ or '').splitlines()[0]}\n", flush=True)
        module = _module(name)
        print(table(module.compare(given.against) if given.against else module.run()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
