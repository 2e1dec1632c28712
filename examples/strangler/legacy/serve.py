"""Starts the site for the Go front: makes the tables and a user to try it with, says
at which port it listens, and stops when the front closes its standard input or is gone.

Like runserver this is for development. In production it is gunicorn, uWSGI, …
"""
import os
import signal
import sys
import threading

for number in (signal.SIGINT, signal.SIGTERM):  # they often reach both; the front stops first
    signal.signal(number, signal.SIG_IGN)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

from django.contrib.auth import get_user_model
from django.core.management import call_command

# If Go has made the session table, it is as Django's migration would make it.
call_command("migrate", fake_initial=True, verbosity=0)

users = get_user_model().objects
if not users.filter(username=os.environ["DEMO_USER"]).exists():
    users.create_user(os.environ["DEMO_USER"], password=os.environ["DEMO_PASSWORD"], first_name="Aladdin")

server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
server.set_app(application)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
server.shutdown()
server.server_close()
