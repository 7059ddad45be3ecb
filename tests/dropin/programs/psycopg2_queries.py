"""psycopg2 with a PostgreSQL server of its own, on a Unix socket."""

import glob
import os
import shutil
import subprocess
import tempfile

import psycopg2
import psycopg2.extensions
import psycopg2.extras
from results import server_user, show

(programs, *_) = sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
# A short path that the server's user may enter: sockets have short names.
directory = tempfile.mkdtemp(dir="/tmp")
if os.geteuid() == 0:
    shutil.chown(directory, "postgres")
quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": "/"}
subprocess.run(
    [
        *server_user(),
        f"{programs}/initdb",
        "-D",
        f"{directory}/data",
        "-A",
        "trust",
        "-N",
        "--locale=C",
        "-E",
        "UTF8",
        "-U",
        "tester",
    ],
    **quiet,
)
server = [*server_user(), f"{programs}/pg_ctl", "-D", f"{directory}/data", "-l", f"{directory}/log"]
subprocess.run([*server, "-w", "-o", f"-c listen_addresses= -c fsync=off -k {directory}", "start"], **quiet)
try:
    connection = psycopg2.connect(host=directory, user="tester", dbname="postgres")
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "create table hen (id serial primary key, name text, age numeric, born timestamp, tags text[], data jsonb)"
        )
        psycopg2.extras.execute_values(
            cursor,
            "insert into hen (name, age, born, tags, data) values %s",
            [
                (f"hen {n}", n / 4, f"2020-01-{n % 28 + 1}", ["a", str(n)], psycopg2.extras.Json({"n": n}))
                for n in range(300)
            ],
        )
        cursor.execute("select * from hen order by id limit 50")
        for row in cursor:
            show("row", row)
    with connection, connection.cursor("named", cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
        cursor.execute("select id, name from hen where id %% %s = 0 order by id", (7,))
        show("named cursor", [dict(row) for row in cursor])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("insert into hen (id) values (1)")
    except psycopg2.errors.UniqueViolation as error:
        show("error", (type(error).__name__, error.pgcode))

    kind = psycopg2.extensions.new_type((25,), "UPPER", lambda value, cursor: value and value.upper())
    psycopg2.extensions.register_type(kind, connection)
    psycopg2.extensions.register_adapter(complex, lambda value: psycopg2.extensions.AsIs(f"{value.real}"))
    with connection, connection.cursor() as cursor:
        cursor.execute("select name, %s from hen where id = 2", (3 + 4j,))
        show("converted", cursor.fetchall())

    listener = psycopg2.connect(host=directory, user="tester", dbname="postgres")
    listener.set_isolation_level(psycopg2.extensions.ISOLATION_LEVEL_AUTOCOMMIT)
    with listener.cursor() as cursor:
        cursor.execute("listen news")
        with connection, connection.cursor() as other:
            other.execute("notify news, 'payload'")
        cursor.execute("select 1")
        show("notified", [(n.channel, n.payload) for n in listener.notifies])
    listener.close()
    with connection, connection.cursor() as cursor, open("copied", "w+") as file:
        cursor.copy_expert("copy (select id, name from hen order by id) to stdout csv", file)
        file.seek(0)
        show("copied", file.read())
    connection.close()
finally:
    subprocess.run([*server, "-m", "immediate", "stop"], **quiet)
    shutil.rmtree(directory)
