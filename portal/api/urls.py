"""Version 1 of the API. No trailing slashes: clients don't send them."""

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView

from portal.api import applying, building, closing, reviewing, telling, terms, versions, views

_DATASET = "datasets/<str:namespace>/<str:name>"
OWN = "applications/<str:number>"
_VERSION = f"{_DATASET}/versions/<str:number>"
_applications = [
    path("applications", applying.Applications.as_view(), name="api-applications"),
    path(OWN, applying.Application.as_view(), name="api-application"),
    path(f"{OWN}/submit", applying.Submit.as_view(), name="api-submit"),
    path(f"{OWN}/answer", applying.Answer.as_view(), name="api-answer"),
    path(f"{OWN}/withdraw", applying.Withdraw.as_view(), name="api-withdraw"),
    path(f"{OWN}/nudge", applying.Nudge.as_view(), name="api-nudge"),
    path(f"{OWN}/again", applying.Again.as_view(), name="api-again"),
    path(f"{OWN}/renew", applying.Renew.as_view(), name="api-renew"),
    path(f"{OWN}/files", applying.Files.as_view(), name="api-application-files"),
    path(f"{OWN}/files/<int:upload_id>", applying.File.as_view(), name="api-application-file"),
    path(
        f"{OWN}/members/<int:member_id>/remove",
        applying.RemoveMember.as_view(),
        name="api-member-remove",
    ),
    path("invitations", applying.Invitations.as_view(), name="api-invitations"),
    path("invitations/<int:member_id>/accept", applying.Accept.as_view(), name="api-accept"),
    path("invitations/<int:member_id>/decline", applying.Decline.as_view(), name="api-decline"),
    path("invitations/<int:member_id>/leave", applying.Leave.as_view(), name="api-leave"),
]
REVIEW = "review/applications/<str:number>"
_reviews = [
    path("review/applications", reviewing.Queue.as_view(), name="api-queue"),
    path("review/bulk", reviewing.Bulk.as_view(), name="api-bulk"),
    path(REVIEW, reviewing.Review.as_view(), name="api-review"),
    path(f"{REVIEW}/take", reviewing.Take.as_view(), name="api-take"),
    path(f"{REVIEW}/release", reviewing.GiveBack.as_view(), name="api-release"),
    path(f"{REVIEW}/hand-on", reviewing.HandOn.as_view(), name="api-hand-on"),
    path(f"{REVIEW}/note", reviewing.WriteNote.as_view(), name="api-note"),
    path(f"{REVIEW}/return", reviewing.Return.as_view(), name="api-return"),
    path(f"{REVIEW}/approve", reviewing.Approve.as_view(), name="api-approve"),
    path(f"{REVIEW}/reject", reviewing.Reject.as_view(), name="api-reject"),
    path(f"{REVIEW}/revoke", reviewing.Revoke.as_view(), name="api-revoke"),
]
HOOK = "webhooks/<int:hook_id>"
_told = [
    path("inbox", telling.Inbox.as_view(), name="api-inbox"),
    path("inbox/read", telling.Read.as_view(), name="api-inbox-read"),
    path("preferences", telling.Preferences.as_view(), name="api-preferences"),
    path("webhooks", telling.Hooks.as_view(), name="api-webhooks"),
    path(HOOK, telling.Hook.as_view(), name="api-webhook"),
    path(f"{HOOK}/secret", telling.Secret.as_view(), name="api-webhook-secret"),
    path(f"{HOOK}/test", telling.Test.as_view(), name="api-webhook-test"),
    path(f"{HOOK}/deliveries", telling.Deliveries.as_view(), name="api-webhook-deliveries"),
    path(
        f"{HOOK}/deliveries/<int:message_id>",
        telling.Redeliver.as_view(),
        name="api-webhook-redeliver",
    ),
    path(f"{_DATASET}/follow", telling.Follow.as_view(), name="api-follow"),
]
BUILD = "builds/<int:build_id>"
_builds = [
    path("builds", building.Builds.as_view(), name="api-builds"),
    path(BUILD, building.Build.as_view(), name="api-build"),
    path(f"{BUILD}/pause", building.Pause.as_view(), name="api-build-pause"),
    path(f"{BUILD}/resume", building.Resume.as_view(), name="api-build-resume"),
    path(f"{BUILD}/cancel", building.Cancel.as_view(), name="api-build-cancel"),
]

urls = [
    path("datasets", views.Datasets.as_view(), name="api-datasets"),
    path("datasets/<str:namespace>/<str:name>/files", views.Files.as_view(), name="api-files"),
    path("datasets/<str:namespace>/<str:name>/access", views.Access.as_view(), name="api-access"),
    path(f"{_DATASET}/versions", versions.Versions.as_view(), name="api-versions"),
    path(_VERSION, versions.Version.as_view(), name="api-version"),
    path(f"{_VERSION}/withdraw", closing.Withdraw.as_view(), name="api-version-withdraw"),
    path(f"{_VERSION}/hold", closing.Hold.as_view(), name="api-version-hold"),
    path(f"{_VERSION}/hold/lift", closing.Lift.as_view(), name="api-version-lift"),
    path(f"{_VERSION}/difference", versions.Difference.as_view(), name="api-difference"),
    path(f"{_VERSION}/checklist", versions.Checklist.as_view(), name="api-checklist"),
    path(f"{_DATASET}/terms", terms.Terms.as_view(), name="api-terms"),
    path(f"{_DATASET}/terms/versions", terms.Versions.as_view(), name="api-terms-versions"),
    path(f"{_DATASET}/terms/acceptance", terms.Acceptance.as_view(), name="api-acceptance"),
    path("acceptances/<str:number>", terms.Copy.as_view(), name="api-copy"),
    path(
        "datasets/<str:namespace>/<str:name>/tiers/<str:tier>/form",
        applying.Form.as_view(),
        name="api-form",
    ),
    *_applications,
    *_reviews,
    *_builds,
    *_told,
    path("who", views.Who.as_view(), name="api-who"),
    path("schema", SpectacularJSONAPIView.as_view(), name="api-schema"),
]
