from django.contrib.auth import views as auth
from django.urls import path

import views

urlpatterns = [
    path("accounts/login/", auth.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password/", auth.PasswordChangeView.as_view(success_url="/profile/"), name="password"),
    path("counter/", views.counter, name="counter"),
    path("profile/", views.profile, name="profile"),
]
