"""argparse: a parser with subcommands made, used on many command lines, and asked for its help."""

import argparse
import os

TIMES = 50
LINES = [
    "--verbose build --target release --jobs 4 -D one=1 -D two=2 main.c util.c",
    "-vv build -j2 --define three=3 -- -strange.c",
    "test --only fast --only slow --timeout 2.5",
    "--config=x.ini test --no-colour",
    "deploy --to staging --dry-run a b c",
]


def make_parser():
    parser = argparse.ArgumentParser(prog="tool", description="Builds, tests and deploys.", exit_on_error=False)
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say more")
    parser.add_argument("--config", metavar="FILE", default="tool.ini", help="settings (default: %(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)

    build = commands.add_parser("build", help="build the files", exit_on_error=False)
    build.add_argument("--target", choices=["debug", "release"], default="debug")
    build.add_argument("-j", "--jobs", type=int, default=1)
    build.add_argument("-D", "--define", action="append", default=[], metavar="NAME=VALUE")
    build.add_argument("files", nargs="+")

    test = commands.add_parser("test", help="run the tests")
    test.add_argument("--only", action="append")
    test.add_argument("--timeout", type=float, default=10.0)
    test.add_argument("--colour", action=argparse.BooleanOptionalAction, default=True)

    deploy = commands.add_parser("deploy", help="put it there")
    group = deploy.add_mutually_exclusive_group()
    group.add_argument("--dry-run", action="store_true")
    group.add_argument("--force", action="store_true")
    deploy.add_argument("--to", default="production")
    deploy.add_argument("names", nargs="*")
    return parser


def run():
    os.environ["COLUMNS"] = "80"  # the width of the help
    results = []
    for _ in range(TIMES):
        parser = make_parser()
        results = [sorted(map(str, vars(parser.parse_args(line.split())).items())) for line in LINES]
        try:
            parser.parse_args(["build", "--jobs", "many", "main.c"])
        except argparse.ArgumentError as error:
            results.append(str(error))
        results.append(len(parser.format_help()))
    return results
