"""`python -m tests.tidy.reference`, or `make docs`: writes the generated pages of docs/reference."""

import sys

from tests.tidy.reference.coverage import Untrue
from tests.tidy.reference.pages import write


def main() -> int:
    try:
        written = write()
    except Untrue as error:
        print(error, file=sys.stderr)
        return 1
    print(f"written: {', '.join(written)}" if written else "every page is as it should be")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
