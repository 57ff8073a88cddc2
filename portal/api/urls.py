"""Version 1 of the API. No trailing slashes: clients don't send them."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from portal.api import views

urls = [
    path("datasets", views.Datasets.as_view(), name="api-datasets"),
    path("datasets/<str:namespace>/<str:name>/files", views.Files.as_view(), name="api-files"),
    path("datasets/<str:namespace>/<str:name>/access", views.Access.as_view(), name="api-access"),
    path("who", views.Who.as_view(), name="api-who"),
    path("schema", SpectacularJSONAPIView.as_view(), name="api-schema"),
]
