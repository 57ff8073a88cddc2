"""What a person is told, for programs: inbox, choices, webhooks, follows."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.audit.actors import Actor
from governance.catalogue import selectors as catalogue
from governance.errors import InvalidError, NotPermittedError, RefusedError
from governance.notices import selectors, services
from governance.notices.topics import TOPICS
from portal.api.parsing import SIGN_IN, parsed

PAGE = 50
MOST_IDS = 500


def _reader(request: Request) -> Actor:
    """Whoever reads their own: a session, or a token that is not tied to one dataset."""
    actor: Actor = request.auth
    if not actor.signed_in:
        raise RefusedError([SIGN_IN])
    if not actor.reaches(""):
        raise NotPermittedError(
            f"This token reaches {actor.token.dataset if actor.token else ''} alone, "
            "and notices are about more: make one for every dataset."
        )
    return actor


def _asker(request: Request) -> Actor:
    """Whoever changes their own."""
    actor = _reader(request)
    if actor.token is not None and not actor.may_act(""):
        raise NotPermittedError("This token only reads: make one of scope act.")
    return actor


# ------------------------------------------------------------------ inbox


class NoticeOut(serializers.Serializer):
    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="the act, e.g. grant.revoke")
    topic = serializers.CharField()
    subject = serializers.CharField()
    text = serializers.CharField()
    url = serializers.SerializerMethodField()
    at = serializers.DateTimeField(source="made_at")
    read_at = serializers.DateTimeField(allow_null=True)

    def get_url(self, message: Any) -> str:
        return self.context["request"].build_absolute_uri(message.url) if message.url else ""


class ReadIn(serializers.Serializer):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        max_length=MOST_IDS,
        required=False,
    )
    up_to = serializers.IntegerField(
        min_value=1, max_value=2**62, required=False, help_text="the newest id that was seen"
    )


class ReadOut(serializers.Serializer):
    read = serializers.IntegerField(help_text="how many were unread")
    unread = serializers.IntegerField(help_text="how many are left")


class Inbox(APIView):
    """One's own notices, the newest first, fifty at a time."""

    @extend_schema(
        operation_id="inbox",
        parameters=[
            OpenApiParameter("unread", bool, description="Only what is not read."),
            OpenApiParameter("topic", str, description=f"One of {', '.join(TOPICS)}."),
            OpenApiParameter("before", int, description="Only ids below: the last one seen."),
        ],
        responses=NoticeOut(many=True),
    )
    def get(self, request: Request) -> Response:
        actor = _reader(request)
        asked = request.query_params
        topic = asked.get("topic", "")
        if topic and topic not in TOPICS:
            raise InvalidError(
                "There is no such topic.", fields={"topic": f"One of {', '.join(TOPICS)}."}
            )
        unread = asked.get("unread", "").lower() in {"1", "true"}
        found = selectors.inbox(actor.user_id or 0, unread=unread, topic=topic)
        before = asked.get("before", "")
        if before:
            if not (before.isascii() and before.isdigit() and len(before) < 19):
                raise InvalidError("That is no id.", fields={"before": "The id of a notice."})
            found = found.filter(pk__lt=int(before))
        return Response(NoticeOut(found[:PAGE], many=True, context={"request": request}).data)


class Read(APIView):
    """Note that notices were read: those named, or all up to the newest that was seen."""

    @extend_schema(operation_id="inbox_read", request=ReadIn, responses=ReadOut)
    def post(self, request: Request) -> Response:
        actor, given = _asker(request), parsed(ReadIn, request)
        user_id, now = actor.user_id or 0, timezone.now()
        read = services.mark_read(user_id=user_id, message_ids=given.get("ids", ()), now=now)
        if "up_to" in given:
            read += services.mark_all_read(user_id=user_id, up_to=given["up_to"], now=now)
        return Response(ReadOut({"read": read, "unread": selectors.unread(user_id)}).data)


# ------------------------------------------------------------------ choices


class ChannelOut(serializers.Serializer):
    wanted = serializers.BooleanField()
    may_silence = serializers.BooleanField()


class ChoiceOut(serializers.Serializer):
    title = serializers.CharField()
    about = serializers.CharField()
    why = serializers.CharField(help_text="why it can't be silenced where it can't")
    mail = ChannelOut()
    inbox = ChannelOut()


class ChoiceIn(serializers.Serializer):
    mail = serializers.BooleanField(required=False)
    inbox = serializers.BooleanField(required=False)


class Preferences(APIView):
    """What is told where. What can't be silenced says why, and refuses."""

    @extend_schema(operation_id="preferences", responses=serializers.DictField(child=ChoiceOut()))
    def get(self, request: Request) -> Response:
        return Response(self._told(_reader(request)))

    @extend_schema(
        operation_id="preferences_change",
        request=serializers.DictField(child=ChoiceIn()),
        responses=serializers.DictField(child=ChoiceOut()),
    )
    def patch(self, request: Request) -> Response:
        actor, given = _asker(request), request.data
        if not isinstance(given, dict):
            raise InvalidError("Send an object of topics.", fields={"body": "{topic: {mail: ..}}"})
        wanted, fields = {}, {}
        for topic, chosen in list(given.items())[: len(TOPICS) + 1]:
            shape = ChoiceIn(data=chosen)
            if not isinstance(chosen, dict) or not shape.is_valid():
                fields[str(topic)[:40]] = "Write it like {mail: false}."
            else:
                wanted[str(topic)[:40]] = shape.validated_data
        if fields:
            raise InvalidError("Nothing was changed.", fields=fields)
        services.choose(actor=actor, wanted=wanted, now=timezone.now(), how="api")
        return Response(self._told(actor))

    def _told(self, actor: Actor) -> dict[str, Any]:
        return {
            each.topic.code: ChoiceOut(
                {
                    "title": each.topic.title,
                    "about": each.topic.about,
                    "why": each.topic.why,
                    "mail": {"wanted": each.mail, "may_silence": "mail" in each.free},
                    "inbox": {"wanted": each.inbox, "may_silence": "inbox" in each.free},
                }
            ).data
            for each in selectors.choices(actor.user_id or 0)
        }


# ------------------------------------------------------------------ webhooks


class HookIn(serializers.Serializer):
    name = serializers.CharField(max_length=100)
    url = serializers.CharField(max_length=2000)
    topics = serializers.ListField(
        child=serializers.CharField(max_length=20),
        max_length=len(TOPICS),
        default=list,
        help_text="empty: every topic",
    )


class HookChangeIn(serializers.Serializer):
    name = serializers.CharField(max_length=100, required=False)
    url = serializers.CharField(max_length=2000, required=False)
    topics = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=len(TOPICS), required=False
    )
    active = serializers.BooleanField(required=False, help_text="false pauses it")


class HookOut(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    url = serializers.CharField()
    topics = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=["active", "paused", "disabled"])
    why = serializers.CharField(help_text="it was switched off")
    failing_since = serializers.DateTimeField(allow_null=True)
    made_at = serializers.DateTimeField()
    old_secret_until = serializers.DateTimeField(source="old_until", allow_null=True)


class MadeOut(HookOut):
    secret = serializers.SerializerMethodField(help_text="shown this once")

    def get_secret(self, hook: Any) -> str:  # noqa: ARG002  the shape of such a method
        return self.context["secret"]


class TryOut(serializers.Serializer):
    at = serializers.DateTimeField()
    status = serializers.IntegerField(help_text="0: no answer")
    milliseconds = serializers.IntegerField()
    error = serializers.CharField()
    answer = serializers.CharField(help_text="its beginning")


class DeliveryOut(serializers.Serializer):
    id = serializers.IntegerField()
    webhook_id = serializers.SerializerMethodField()
    kind = serializers.CharField()
    subject = serializers.CharField()
    state = serializers.ChoiceField(choices=["queued", "sent", "failed"])
    made_at = serializers.DateTimeField()
    next_at = serializers.DateTimeField(help_text="when it is tried again, while queued")
    tries = TryOut(many=True)

    def get_webhook_id(self, message: Any) -> str:
        return services.webhook_id(message)


class Hooks(APIView):
    """One's webhooks, and a new one: its secret is in the answer and nowhere else."""

    @extend_schema(operation_id="webhooks", responses=HookOut(many=True))
    def get(self, request: Request) -> Response:
        found = selectors.hooks(_reader(request).user_id or 0)
        return Response(HookOut(found, many=True).data)

    @extend_schema(operation_id="webhook_make", request=HookIn, responses={201: MadeOut})
    def post(self, request: Request) -> Response:
        actor, given = _asker(request), parsed(HookIn, request)
        hook, secret = services.make_hook(actor=actor, now=timezone.now(), **given)
        return Response(MadeOut(hook, context={"secret": secret}).data, status=201)


class Hook(APIView):
    """One of them."""

    @extend_schema(operation_id="webhook", responses=HookOut)
    def get(self, request: Request, hook_id: int) -> Response:
        return Response(HookOut(selectors.hook(_reader(request).user_id, hook_id)).data)

    @extend_schema(operation_id="webhook_change", request=HookChangeIn, responses=HookOut)
    def patch(self, request: Request, hook_id: int) -> Response:
        actor, given = _asker(request), parsed(HookChangeIn, request)
        now, active = timezone.now(), given.pop("active", None)
        found = selectors.hook(actor.user_id, hook_id)
        if given:
            kept = {"name": found.name, "url": found.url, "topics": found.topics}
            services.change_hook(actor=actor, hook_id=hook_id, now=now, **(kept | given))
        if active is not None:
            services.set_hook_state(actor=actor, hook_id=hook_id, active=active, now=now)
        return Response(HookOut(selectors.hook(actor.user_id, hook_id)).data)

    @extend_schema(operation_id="webhook_remove", responses={204: None})
    def delete(self, request: Request, hook_id: int) -> Response:
        services.remove_hook(actor=_asker(request), hook_id=hook_id, now=timezone.now())
        return Response(status=204)


class Secret(APIView):
    """A new secret; the one before signs as well for a day."""

    @extend_schema(operation_id="webhook_secret", request=None, responses=MadeOut)
    def post(self, request: Request, hook_id: int) -> Response:
        hook, secret = services.rotate_hook(
            actor=_asker(request), hook_id=hook_id, now=timezone.now()
        )
        return Response(MadeOut(hook, context={"secret": secret}).data)


class Test(APIView):
    """Send a test event."""

    __test__ = False  # not for pytest

    @extend_schema(operation_id="webhook_test", request=None, responses={202: DeliveryOut})
    def post(self, request: Request, hook_id: int) -> Response:
        made = services.test_hook(actor=_asker(request), hook_id=hook_id, now=timezone.now())
        return Response(DeliveryOut(selectors.deliveries(hook_id).get(pk=made.pk)).data, status=202)


class Deliveries(APIView):
    """What a webhook was told, the newest fifty, each with its tries."""

    @extend_schema(operation_id="webhook_deliveries", responses=DeliveryOut(many=True))
    def get(self, request: Request, hook_id: int) -> Response:
        hook = selectors.hook(_reader(request).user_id, hook_id)
        return Response(DeliveryOut(selectors.deliveries(hook.pk)[:PAGE], many=True).data)


class Redeliver(APIView):
    """Tell a message once more, under the same webhook-id."""

    @extend_schema(operation_id="webhook_redeliver", request=None, responses={202: DeliveryOut})
    def post(self, request: Request, hook_id: int, message_id: int) -> Response:
        made = services.redeliver(
            actor=_asker(request), hook_id=hook_id, message_id=message_id, now=timezone.now()
        )
        return Response(DeliveryOut(selectors.deliveries(hook_id).get(pk=made.pk)).data, status=202)


# ------------------------------------------------------------------ follows


class FollowOut(serializers.Serializer):
    following = serializers.BooleanField()


class Follow(APIView):
    """Be told of new versions of a dataset, or no longer."""

    def _asked(self, request: Request, namespace: str, name: str) -> tuple[Actor, Any]:
        if not request.auth.signed_in:
            raise RefusedError([SIGN_IN])
        return request.auth, catalogue.dataset(namespace, name)

    @extend_schema(operation_id="following", responses=FollowOut)
    def get(self, request: Request, namespace: str, name: str) -> Response:
        actor, dataset = self._asked(request, namespace, name)
        return Response({"following": selectors.is_following(actor.user_id, dataset)})

    @extend_schema(operation_id="follow", request=None, responses=FollowOut)
    def put(self, request: Request, namespace: str, name: str) -> Response:
        actor, dataset = self._asked(request, namespace, name)
        services.follow(actor=actor, dataset=dataset, now=timezone.now())
        return Response({"following": True})

    @extend_schema(operation_id="unfollow", responses=FollowOut)
    def delete(self, request: Request, namespace: str, name: str) -> Response:
        actor, dataset = self._asked(request, namespace, name)
        services.unfollow(actor=actor, dataset=dataset, now=timezone.now())
        return Response({"following": False})
