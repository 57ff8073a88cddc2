"""Countries by their two letters (ISO 3166-1 alpha-2), with their names."""

from django_countries import countries

COUNTRIES: dict[str, str] = dict(countries)
