"""Compiler and linker flags: `stackless-config --includes`, or `stackless -m stackless.config --includes`.

The options are those of `python3-config`: --prefix, --exec-prefix, --includes, --cflags, --libs, --ldflags,
--extension-suffix, --abiflags, --configdir, --help. Each prints a line. An extension is compiled and linked as for
python3.11. With --embed, --libs and --ldflags are about a program that has the interpreter inside: with libstackless,
where that is installed, and else with CPython's libpython3.11.
"""

import os
import sys
import sysconfig

_OPTIONS = (
    "--prefix --exec-prefix --includes --libs --cflags --ldflags "
    "--extension-suffix --help --abiflags --configdir --embed"
).split()


def _library_directory():
    """Where libstackless is if it is installed."""
    package = os.path.dirname(os.path.realpath(__file__))
    return os.path.dirname(os.path.dirname(package))


def _includes(embed):
    places = [sysconfig.get_path("include"), sysconfig.get_path("platinclude")]
    own = os.path.join(os.path.dirname(_library_directory()), "include")
    if embed and os.path.isdir(os.path.join(own, "stackless")):
        places += [own, os.path.join(own, "stackless")]
    return [f"-I{place}" for place in dict.fromkeys(places)]


def _libraries(embed):
    variable = sysconfig.get_config_var
    libraries = [*variable("LIBS").split(), *variable("SYSLIBS").split()]
    if not embed:
        return [], libraries
    directory = _library_directory()
    if os.path.exists(os.path.join(directory, "libstackless.so")):
        return [f"-L{directory}"], ["-lstackless", *libraries]
    return [], [f"-lpython{variable('LDVERSION')}", *libraries]


def flags(option, embed=False):
    """What the line of an option consists of, a list of str.

    option: one of those that print a line, with its dashes. embed: as with --embed. ValueError: there is no such
    option.
    """
    variable = sysconfig.get_config_var
    match option:
        case "--prefix" | "--exec-prefix":
            return [variable(option.removeprefix("--").replace("-", "_"))]
        case "--includes":
            return _includes(embed)
        case "--cflags":
            return [*_includes(embed), *variable("CFLAGS").split()]
        case "--libs":
            return _libraries(embed)[1]
        case "--ldflags":
            places, libraries = _libraries(embed)
            return [*places, f"-L{variable('LIBPL')}", f"-L{variable('LIBDIR')}", *libraries]
        case "--extension-suffix":
            return [variable("EXT_SUFFIX")]
        case "--abiflags":
            return [sys.abiflags]
        case "--configdir":
            return [variable("LIBPL")]
    raise ValueError(f"{option!r} is not an option that prints a line; see --help")


def main(arguments):
    """The command. Returns its exit status: 1 for options that do not exist, or none at all."""
    usage = f"Usage: stackless-config {'|'.join(_OPTIONS)}"
    if not arguments or set(arguments) - set(_OPTIONS):
        print(usage, file=sys.stderr)
        return 1
    if "--help" in arguments:
        print(usage)
        return 0
    for option in arguments:
        if option != "--embed":
            print(*flags(option, "--embed" in arguments))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
