"""The addresses of RabbitMQ and MongoDB: checked, shown without a password, completed with password and certificates.

An address carries all that a client needs, in the words of its own documentation, so that whoever connects needs
nothing but the address: https://www.rabbitmq.com/docs/uri-query-parameters,
https://www.mongodb.com/docs/manual/reference/connection-string-options
"""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

AMQP_PORTS: Final = {"amqp": 5672, "pyamqp": 5672, "amqps": 5671}
_MASK: Final = "***"


@dataclass(frozen=True, slots=True)
class ClientTls:
    """What a client trusts, and what it shows of itself; the system's authorities and nothing where they are None.

    `key` is None where the certificate's file holds the key as well.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Raises OSError or ssl.SSLError where a file cannot be read or does not fit."""
        made = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
        if self.certificate is not None:
            made.load_cert_chain(self.certificate, self.key)
        return made


def masked(uri: str) -> str:
    """The address as it may be shown: without password and query."""
    parts = urlsplit(uri)
    user, at, hosts = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{parts.scheme}://{name}{colon}{_MASK if colon else ''}{at}{hosts}{parts.path}"


def check_amqp(uri: str) -> None:
    """Raises ValueError, in words that do not repeat the address."""
    try:
        parts = urlsplit(uri)
        well = bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
    if not well:
        raise ValueError("must name a host, and a port from 1 to 65535 where it names one (quote @ : / in passwords)")


def check_mongo(uri: str) -> None:
    """Raises ValueError, in words that do not repeat the address."""
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - slow to import for who has no store
    from pymongo.uri_parser import parse_uri  # noqa: PLC0415

    if not uri.startswith("mongodb://"):
        return  # one of DNS is looked up by who connects
    try:
        parse_uri(uri, warn=False)
    except (PyMongoError, ValueError):
        raise ValueError("is no address that MongoDB understands (quote @ : / % in passwords)") from None


def with_password(uri: str, password: str) -> str:
    """The address with the password of its user. Raises ValueError where it names none, or has one already."""
    parts = urlsplit(uri)
    user, _, hosts = parts.netloc.rpartition("@")
    if not user:
        raise ValueError("must name a user where a password is given apart from it")
    if ":" in user:
        raise ValueError("holds a password, and another is given apart from it; remove one of them")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{hosts}"))


def amqp_with_tls(uri: str, tls: ClientTls) -> str:
    """The address with its certificates, where it begins with amqps."""
    parts = urlsplit(uri)
    if parts.scheme != "amqps":
        return uri
    return _with_query(parts, {"cacertfile": tls.ca, "certfile": tls.certificate, "keyfile": tls.key})


def mongo_with_tls(uri: str, tls: ClientTls) -> str:
    """The address with its certificates, where it asks for TLS."""
    parts = urlsplit(uri)
    if not _mongo_uses_tls(parts):
        return uri
    certificate = tls.certificate if tls.key is None else _joined(tls)
    return _with_query(parts, {"tlsCAFile": tls.ca, "tlsCertificateKeyFile": certificate})


def amqp_tls(uri: str) -> dict[str, Any] | None:
    """What py-amqp wants to know for its TLS; None where the address has none. The server is always verified."""
    parts = urlsplit(uri)
    if parts.scheme != "amqps":
        return None
    query = dict(parse_qsl(parts.query))
    return {
        "server_hostname": parts.hostname,
        "cert_reqs": ssl.CERT_REQUIRED,
        "ca_certs": query.get("cacertfile"),
        "certfile": query.get("certfile"),
        "keyfile": query.get("keyfile"),
    }


def amqp_context(uri: str) -> ssl.SSLContext | None:
    """The same for asyncio."""
    told = amqp_tls(uri)
    if told is None:
        return None
    files = (told[name] and Path(told[name]) for name in ("ca_certs", "certfile", "keyfile"))
    return ClientTls(*files).context()


def without_query(uri: str) -> str:
    """The address for a client that is told of TLS in another way."""
    return urlunsplit(urlsplit(uri)._replace(query=""))


def _mongo_uses_tls(parts: SplitResult) -> bool:
    query = {name.lower(): value for name, value in parse_qsl(parts.query)}
    wanted = query.get("tls", query.get("ssl"))
    return wanted == "true" or (wanted is None and parts.scheme == "mongodb+srv")


def _with_query(parts: SplitResult, added: dict[str, Path | None]) -> str:
    query = parse_qsl(parts.query, keep_blank_values=True)
    known = {name.lower() for name, _ in query}
    query += [(name, str(value)) for name, value in added.items() if value is not None and name.lower() not in known]
    path = parts.path or "/"  # MongoDB's addresses need it before a query
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, safe="/"), path=path))


def _joined(tls: ClientTls) -> Path:
    """PyMongo reads certificate and key from one file: one in memory, which lasts as long as the process."""
    if tls.certificate is None or tls.key is None or not hasattr(os, "memfd_create"):
        raise ValueError("needs the certificate and its key in one file on this system: give them by the first alone")
    descriptor = os.memfd_create("client certificate and key")
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(tls.certificate.read_bytes() + b"\n" + tls.key.read_bytes())
    return Path(f"/proc/self/fd/{descriptor}")
