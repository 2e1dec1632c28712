import json
import os

import django
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods


@require_http_methods(["GET", "POST"])
def counter(request):
    if request.method == "POST":
        request.session["django_count"] = request.session.get("django_count", 0) + 1
        return redirect("counter")
    return render(
        request,
        "counter.html",
        {
            "django_count": request.session.get("django_count", 0),
            "go_count": request.session.get("go_count", 0),  # Go writes it
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def profile(request):
    if request.method == "POST":
        user = request.user
        user.first_name = request.POST.get("first_name", "").strip()[:150]
        user.save(update_fields=["first_name"])
        return redirect("profile")
    return render(request, "profile.html", {"nickname": request.session.get("nickname", "")})  # Go writes it


def page(request):
    """Context processor: what every page shows."""
    return {
        "django_version": django.get_version(),
        "demo_user": os.environ.get("DEMO_USER"),
        "demo_password": os.environ.get("DEMO_PASSWORD"),
        "items": [(name, json.dumps(mask(name, value), ensure_ascii=False)) for name, value in request.session.items()],
    }


def mask(name, value):
    """Nobody needs to see the session auth hash in full."""
    return value[:4] + "••••" if name == "_auth_user_hash" else value
