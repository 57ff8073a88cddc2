"""Staff pages open with the second factor used in this session, and otherwise show nothing."""

import pytest
from django.urls import URLPattern, get_resolver, reverse

from governance.audit.actors import Role
from portal.pages import admin
from tests.accounts.people import somebody
from tests.factories import UserFactory
from tests.support import PAGE, signed_in
from tests.surfaces.test_routes import MATRIX, VISITORS, address, world  # noqa: F401  a fixture

pytestmark = pytest.mark.django_db


def patterns(resolver=None) -> list[URLPattern]:
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        found += patterns(entry) if hasattr(entry, "url_patterns") else [entry]
    return found


def guards_of(view) -> tuple[Role, ...] | None:
    """The roles that a view is for, looking through the decorators around it."""
    while view is not None:
        if hasattr(view, "staff_roles"):
            return view.staff_roles
        view = getattr(view, "__wrapped__", None)
    return None


# Every staff page there is, by the configuration of the site.
INSIDE = {"build-progress": admin._fragment}  # the guard stands one function further in
GUARDED = {each.name: guards_of(INSIDE.get(each.name, each.callback)) for each in patterns()}
STAFF = {route: roles for route, roles in GUARDED.items() if roles}


def test_pages_that_only_staff_see_are_guarded_by_the_guard():
    """Whatever a researcher is told is missing, and somebody with a role sees."""
    at = {visitor: number for number, visitor in enumerate(VISITORS)}
    seen = {
        route
        for route, answers in MATRIX.items()
        if answers[at["other"]] == 404
        and any(answers[at[role]] == 200 for role in ("steward", "admin", "auditor"))
    }
    assert seen
    assert seen <= set(STAFF)


@pytest.mark.parametrize("route", sorted(STAFF))
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("enrolled", [False, True])
@pytest.mark.parametrize("method", ["get", "post"])
def test_without_the_factor_used_a_staff_page_leads_to_it(route, role, enrolled, method, world):  # noqa: F811
    _, params, numbers = world
    user = somebody(role=role, factor=enrolled)
    where = address(route, params, numbers)
    response = getattr(signed_in(user), method)(where, **PAGE)
    if role not in STAFF[route]:
        assert response.status_code in {404, 405}
        return
    if response.status_code == 405:  # this page is not for that method
        return
    wanted = "mfa_reauthenticate" if enrolled else "mfa_activate_totp"
    assert response.status_code == 302
    assert response["Location"].startswith(reverse(wanted))
    assert not response.content


@pytest.mark.parametrize("route", sorted(STAFF))
def test_a_used_factor_of_another_kind_of_sign_in_counts_too(route, world):  # noqa: F811
    """A passkey's record, which says that no password was given."""
    _, params, numbers = world
    user = UserFactory(role=STAFF[route][0])
    client = signed_in(user, second_factor=True)
    session = client.session
    [record] = session["account_authentication_methods"]
    session["account_authentication_methods"] = [
        record | {"type": "webauthn", "passwordless": True}
    ]
    session.save()
    assert client.get(address(route, params, numbers), **PAGE).status_code not in {302, 404}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "where",
    ["/admin", "/admin/", "/accounts/", "/accounts/admin/", "/api/admin/"],
)
def test_there_is_no_other_way_in(where, role):
    assert signed_in(UserFactory(role=role)).get(where, **PAGE).status_code in {302, 404}


@pytest.mark.parametrize("route", sorted(STAFF))
def test_a_role_rests_on_a_confirmed_address(route, world):  # noqa: F811
    _, params, numbers = world
    user = UserFactory(role=STAFF[route][0], verified=False)
    response = signed_in(user, second_factor=True).get(address(route, params, numbers), **PAGE)
    if response.status_code != 405:
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("account_email"))
