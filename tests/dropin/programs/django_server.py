"""Django: a project with a model, migrations, a page from runserver, and its test runner."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from results import run_python, show, write

show("startproject", run_python("-m", "django", "startproject", "site_", "."))
show("startapp", run_python("manage.py", "startapp", "farm"))
write(
    "farm/models.py",
    """
    from django.db import models

    class Hen(models.Model):
        name = models.CharField(max_length=50)
        eggs = models.IntegerField(default=0)
        mother = models.ForeignKey("self", models.CASCADE, null=True, related_name="chicks")
    """,
)
write(
    "farm/tests.py",
    """
    from django.test import TestCase
    from farm.models import Hen

    class HenTest(TestCase):
        def test_page(self):
            Hen.objects.create(name="one", eggs=1)
            self.assertContains(self.client.get("/hens/"), "one: 1")

        def test_chicks(self):
            mother = Hen.objects.create(name="mother")
            for n in range(5):
                Hen.objects.create(name=str(n), mother=mother)
            self.assertQuerysetEqual(mother.chicks.order_by("name").values_list("name", flat=True), "01234", str)
            with self.assertNumQueries(1):
                list(Hen.objects.select_related("mother"))
    """,
)
write(
    "site_/urls.py",
    """
    from django.contrib import admin
    from django.http import HttpResponse
    from django.template import Context, Template
    from django.urls import path
    from farm.models import Hen

    template = Template("{% for hen in hens %}{{ hen.name }}: {{ hen.eggs }}\\n{% endfor %}")

    def hens(request):
        return HttpResponse(template.render(Context({"hens": Hen.objects.order_by("id")})))

    def broken(request):
        raise LookupError("no such hen")

    urlpatterns = [path("admin/", admin.site.urls), path("hens/", hens), path("broken/", broken)]
    """,
)
with open("site_/settings.py", "a") as settings:
    settings.write("\nINSTALLED_APPS.append('farm')\nDEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n")
show("makemigrations", run_python("manage.py", "makemigrations", "farm"))
show("migrate", run_python("manage.py", "migrate", "--no-color"))
program = "from farm.models import Hen; [Hen.objects.create(name=f'hen {n}', eggs=n) for n in range(30)]"
show("shell", run_python("manage.py", "shell", "-c", program))
show("tests", [line for line in run_python("manage.py", "test").splitlines() if not line.startswith("Ran ")])

with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    address = f"127.0.0.1:{probe.getsockname()[1]}"
with open("log", "w") as log:
    server = subprocess.Popen(
        [sys.executable, "manage.py", "runserver", address], stdout=log, stderr=log, start_new_session=True
    )


def fetch(page):
    while True:
        try:
            with urllib.request.urlopen(f"http://{address}{page}") as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, "no such hen" in error.read().decode()
        except urllib.error.URLError:
            if server.poll() is not None:
                return "the server has ended", open("log").read()
            time.sleep(0.05)


for page in ("/hens/", "/broken/", "/missing/"):
    show(page, fetch(page))
show("admin", "Django administration" in fetch("/admin/")[1])
os.killpg(server.pid, signal.SIGINT)
show("server ends with", server.wait())
