"""Keys that no single service gives out: formats of standards and of tools."""

from pipeline.redact.found import only
from pipeline.redact.validators import (
    is_coded_block,
    is_jwk_part,
    is_jwt,
    is_wireguard_key,
    whole_block,
    whole_putty,
)

from .shape import RANDOM, key

RULES = (
    key(
        "age-secret-key",
        r"\bAGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
        "https://github.com/C2SP/C2SP/blob/main/age.md",
    ),
    key(
        "jwt",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{16,}",
        "https://www.rfc-editor.org/rfc/rfc7515#section-3.1",
        only(is_jwt),
    ),
    key(
        "private-key-block",
        r"-----BEGIN (?:[A-Z0-9]{2,10} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
        "https://www.rfc-editor.org/rfc/rfc7468#section-10",
        whole_block,
        finer="PRIVATE_KEY",
    ),
    key(
        "private-key-base64",
        r"\bLS0tLS1CRUdJTi[A-Za-z0-9+/]{106,}={0,2}",
        "https://kubernetes.io/docs/concepts/configuration/secret/#tls-secrets",
        only(is_coded_block),
        finer="PRIVATE_KEY",
    ),
    key(
        "openvpn-static-key",
        r"-----BEGIN OpenVPN Static key V1-----",
        "https://openvpn.net/community-resources/static-key-mini-howto/",
        whole_block,
        finer="PRIVATE_KEY",
    ),
    key(
        "putty-private-key",
        r"\bPuTTY-User-Key-File-[23]: [a-z0-9@.-]{3,60}",
        "https://the.earth.li/~sgtatham/putty/latest/htmldoc/AppendixC.html",
        whole_putty,
        finer="PRIVATE_KEY",
    ),
    key(
        "wireguard-key",
        r"(?i)\b(?:PrivateKey|PresharedKey)[ \t]{0,8}=[ \t]{0,8}"
        r"([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)",
        "https://man7.org/linux/man-pages/man8/wg.8.html",
        only(is_wireguard_key),
    ),
    key(
        "jwk-private-part",
        r"[\"']d[\"']\s{0,4}:\s{0,4}[\"']([A-Za-z0-9_-]{43,900})[\"']",
        "https://www.rfc-editor.org/rfc/rfc7518#section-6.2.2",
        only(is_jwk_part),
    ),
    key(
        "dotnet-private-part",
        r"<D>([A-Za-z0-9+/]{40,700}={0,2})</D>",
        "https://www.w3.org/TR/xmldsig-core1/#sec-RSAKeyValue",
        RANDOM,
    ),
)
