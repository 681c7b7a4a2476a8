"""The addresses of RabbitMQ and MongoDB: checked, shown without a password, completed with password and certificates.

An address carries everything that a client needs, certificates included, so that a connection needs nothing but the
address. Its parameters are those of RabbitMQ and MongoDB: https://www.rabbitmq.com/docs/uri-query-parameters,
https://www.mongodb.com/docs/manual/reference/connection-string-options
"""

import os
import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypedDict
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit, urlunsplit

AMQP_PORTS: Final = {"amqp": 5672, "pyamqp": 5672, "amqps": 5671}
"""The default ports by scheme (https://www.rabbitmq.com/docs/uri-spec); `pyamqp` is kombu's word for `amqp`."""
_MASK: Final = "***"


class AmqpTls(TypedDict):
    """The TLS options of py-amqp; files as paths."""

    server_hostname: str | None
    cert_reqs: ssl.VerifyMode
    ca_certs: str | None
    certfile: str | None
    keyfile: str | None


@dataclass(frozen=True, slots=True)
class ClientTls:
    """The certificates of a client: those of the authorities it trusts, and its own; by default the system's, and none.

    `key` is None where the certificate's file holds the key as well.
    """

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Return a context that verifies the server. Raises OSError or ssl.SSLError where a file is unfit."""
        if self.ca is None and self.certificate is None:
            return _trust_system()
        made = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
        if self.certificate is not None:
            made.load_cert_chain(self.certificate, self.key)
        return made


@cache
def _trust_system() -> ssl.SSLContext:
    """Return the context of the system's authorities, read once: reading them takes 15 ms."""
    return ssl.create_default_context()


def split_hosts(uri: str) -> SplitResult:
    """Return the parts of an address that may name several hosts.

    Not by `urlsplit`: since the mend of CVE-2025-0938 it refuses a host in brackets, as `[::1]`, behind another one.
    """
    scheme, _, rest = uri.partition("://")
    head, _, query = rest.partition("?")
    netloc, slash, path = head.partition("/")
    return SplitResult(scheme.lower(), netloc, slash + path, query, "")


def mask_password(uri: str) -> str:
    """Return the address as it may be shown: without password and query."""
    parts = split_hosts(uri)
    user, at, hosts = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{parts.scheme}://{name}{colon}{_MASK if colon else ''}{at}{hosts}{parts.path}"


def check_amqp(uri: str) -> None:
    """Check the host and port of an AMQP address. Raises ValueError, whose text does not repeat the address."""
    try:
        parts = urlsplit(uri)
        well = bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
    if not well:
        raise ValueError("must name a host, and a port from 1 to 65535 where it names one (quote @ : / in passwords)")


def check_mongo(uri: str) -> None:
    """Check a MongoDB address by PyMongo's parser. Raises ValueError, whose text does not repeat the address."""
    from pymongo.errors import PyMongoError  # noqa: PLC0415 - slow to import where there is no store
    from pymongo.uri_parser import parse_uri  # noqa: PLC0415

    if not uri.startswith("mongodb://"):
        return  # `mongodb+srv`: the parser would ask DNS, which may not answer yet
    try:
        parse_uri(uri, warn=False)
    except (PyMongoError, ValueError):
        raise ValueError("is no address that MongoDB understands (quote @ : / % in passwords)") from None


def with_password(uri: str, password: str) -> str:
    """Return the address with a password. Raises ValueError where it names no user, or holds a password already."""
    parts = split_hosts(uri)
    user, _, hosts = parts.netloc.rpartition("@")
    if not user:
        raise ValueError("must name a user where a password is given apart from it")
    if ":" in user:
        raise ValueError("holds a password, and another is given apart from it; remove one of them")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{hosts}"))


def amqp_with_tls(uri: str, tls: ClientTls) -> str:
    """Return the address with the certificates, where its scheme is amqps."""
    parts = urlsplit(uri)
    if parts.scheme != "amqps":
        return uri
    return _with_query(parts, {"cacertfile": tls.ca, "certfile": tls.certificate, "keyfile": tls.key})


def mongo_with_tls(uri: str, tls: ClientTls) -> str:
    """Return the address with the certificates, where it asks for TLS. Raises OSError where one cannot be read."""
    parts = split_hosts(uri)
    if not _mongo_uses_tls(parts):
        return uri
    certificate = tls.certificate if tls.key is None else _join_key(tls)
    return _with_query(parts, {"tlsCAFile": tls.ca, "tlsCertificateKeyFile": certificate})


def amqp_tls(uri: str) -> AmqpTls | None:
    """Return the TLS options for py-amqp; None where the scheme is not amqps. The server is always verified."""
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
    """Return the TLS context for asyncio; None where the scheme is not amqps. Raises as `ClientTls.context` does."""
    tls = amqp_tls(uri)
    if tls is None:
        return None
    ca, certificate, key = (file and Path(file) for file in (tls["ca_certs"], tls["certfile"], tls["keyfile"]))
    return ClientTls(ca or None, certificate or None, key or None).context()


def without_query(uri: str) -> str:
    """Return the address without its parameters, for a client that takes TLS options in another way."""
    return urlunsplit(split_hosts(uri)._replace(query=""))


def _mongo_uses_tls(parts: SplitResult) -> bool:
    query = {name.lower(): value for name, value in parse_qsl(parts.query)}
    wanted = query.get("tls", query.get("ssl"))
    return wanted == "true" or (wanted is None and parts.scheme == "mongodb+srv")


def _with_query(parts: SplitResult, added: dict[str, Path | None]) -> str:
    # A parameter that the address names itself takes precedence.
    query = parse_qsl(parts.query, keep_blank_values=True)
    known = {name.lower() for name, _ in query}
    query += [(name, str(value)) for name, value in added.items() if value is not None and name.lower() not in known]
    path = parts.path or "/"  # MongoDB's addresses need it before a query
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote, safe="/"), path=path))


def _join_key(tls: ClientTls) -> Path:
    """Return the path of a file in memory with both: PyMongo reads certificate and key from one file only.

    It lasts as long as the process and never reaches a disk. Raises ValueError where the system has no such files.
    """
    if tls.certificate is None or tls.key is None or not hasattr(os, "memfd_create"):
        raise ValueError("needs the certificate and its key in one file on this system: give them by the first alone")
    descriptor = os.memfd_create("client certificate and key")
    # Through a duplicate: closing the file must not close the descriptor, which the path names.
    with os.fdopen(os.dup(descriptor), "wb") as file:
        file.write(tls.certificate.read_bytes() + b"\n" + tls.key.read_bytes())
    return Path(f"/proc/self/fd/{descriptor}")
