"""The corpus against any org: `TOKEN=… python -m tests.conformance --org URL`.

Prints each case that fails or is skipped, with the differences and the case's source; then how much of SOQL
the cases that passed cover; and ends with `N passed, N failed, N skipped`. Exit code 0: none failed; 1: some
failed; 2: the org can't be tested, or not to the end.
"""

import argparse
import fnmatch
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing

from tests.conformance.corpus import NEEDS, Area, Case, CorpusError, load
from tests.conformance.coverage import coverage
from tests.conformance.runner import AreaRun, Outcome, Session, Verdict
from tests.conformance.target import Org, OrgError, OutOfCalls

PROJECT_OBJECT = "Conformance_Item__c"
"""If the org has this object, our SFDX project is deployed there."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    options = _options(arguments)
    try:
        areas = select(load(), options.only)
        with closing(Org(options.org, options.token, ca=options.ca, insecure=options.insecure)) as org:
            org.check(options.api)
            return report(connect(org, options), areas, verbose=options.verbose)
    except (OrgError, OutOfCalls, CorpusError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2


def report(session: Session, areas: Iterable[tuple[Area, list[Case]]], *, verbose: bool) -> int:
    """Run the cases and print what became of them; returns the exit code."""
    counts = Counter(dict.fromkeys(Verdict, 0))
    passed = []
    try:
        for outcome in outcomes(session, areas):
            counts[outcome.verdict] += 1
            if outcome.verdict is Verdict.PASSED:
                passed.append(outcome.case)
            print_outcome(outcome, verbose=verbose)
    finally:
        print(*coverage(passed).lines("passed"), sep="\n")
        print(", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict))
    return 1 if counts[Verdict.FAILED] else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("--org", required=True, help="the org's address: https://acme.my.salesforce.com")
    parser.add_argument(
        "--token",
        default=os.environ.get("TOKEN"),
        help="an access token or session id of an administrator (default: $TOKEN, which no list of processes"
        " shows)",
    )
    parser.add_argument(
        "--only", action="append", help="cases whose `area: name` matches this glob; repeatable"
    )
    parser.add_argument("--api", default="65.0", help="the API version to ask for (65.0)")
    parser.add_argument("--ca", help="a file with the CA that signed the org's certificate")
    parser.add_argument("--insecure", action="store_true", help="don't check the org's certificate")
    parser.add_argument("--username", default="", help="for the cases that log in")
    parser.add_argument(
        "--password", default="", help="with the security token appended, if the org wants one"
    )
    parser.add_argument("--client-id", default="", help="a connected app's consumer key")
    parser.add_argument("--client-secret", default="", help="its consumer secret")
    parser.add_argument(
        "--lacks", action="append", default=[], choices=sorted(NEEDS), help="what the org lacks"
    )
    parser.add_argument("--verbose", action="store_true", help="print passed cases too")
    options = parser.parse_args(arguments)
    if not options.token:
        parser.error("give a token: TOKEN=… in the environment, or --token")
    return options


def connect(org: Org, options: argparse.Namespace) -> Session:
    """A session with what the options give and the org is seen to have."""
    provides = {"admin"}
    if org.has_object(options.api, PROJECT_OBJECT):
        provides.add("custom")
    if org.user.get("locale") == "en_US":
        provides.add("en_US")
    if org.user.get("zoneinfo") == "America/Los_Angeles":
        provides.add("Los_Angeles")
    if options.username and options.password:
        provides.add("login")
    if options.client_id and options.client_secret:
        provides.add("app")
    variables = {
        name: getattr(options, name)
        for name in ("username", "password", "client_id", "client_secret")
        if getattr(options, name)
    }
    return Session(org, options.api, frozenset(provides - set(options.lacks)), variables)


def select(areas: Iterable[Area], patterns: Sequence[str] | None) -> list[tuple[Area, list[Case]]]:
    """The cases to run, area by area: all, or those whose area or title matches one of the globs."""
    chosen = []
    for area in areas:
        cases = [
            case
            for case in area.cases
            if not patterns
            or any(fnmatch.fnmatch(case.title, each) or fnmatch.fnmatch(area.name, each) for each in patterns)
        ]
        if cases:
            chosen.append((area, cases))
    if not chosen:
        raise CorpusError(f"no case matches {' or '.join(patterns or ())}")
    return chosen


def outcomes(session: Session, areas: Iterable[tuple[Area, list[Case]]]) -> Iterable[Outcome]:
    """Every case's outcome, as it comes."""
    for area, cases in areas:
        with AreaRun(session, area) as run:
            for case in cases:
                yield run.outcome(case)


def print_outcome(outcome: Outcome, *, verbose: bool) -> None:
    """One case of the report."""
    case = outcome.case
    match outcome.verdict:
        case Verdict.PASSED:
            if verbose:
                print(f"passed   {case.title}")
        case Verdict.SKIPPED:
            print(f"skipped  {case.title}: {outcome.details[0]}")
        case Verdict.FAILED:
            print(f"FAILED   {case.title}")
            print(f"         source: {case.source} ({case.confidence})")
            for detail in outcome.details:
                print(f"         {detail}")


if __name__ == "__main__":
    sys.exit(main())
