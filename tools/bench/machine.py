"""What a table of figures depends on: the machine, its load, the interpreters."""

import os
import platform

from measure import MeasureError, run_json

VERSION_COMMAND = "import json, sys; print(json.dumps(sys.version))"


def description():
    system = f"{platform.system()} {platform.release()}"
    return f"{platform.machine()}, {os.cpu_count()} processors, {_cpu_model()}, {system}"


def load():
    """The load average of the last minute."""
    return f"{os.getloadavg()[0]:.2f}"


def version(interpreter):
    try:
        return " ".join(str(run_json([interpreter, "-c", VERSION_COMMAND])).split())
    except MeasureError as error:
        return f"unknown ({error})"


def _cpu_model():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return "unknown processor"
