"""The TLS faults (T17): a key and certificates that exist to be refused, and a server stuck at TLS 1.0.

The key is a throw-away, published here on purpose; it protects nothing.
"""

import socket
import ssl
import tempfile
from pathlib import Path

KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKXUek/TxKozdt/J7
JG/aUNchtyH03BESv9GbuacGq/KhRANCAAQQzK35652T6fIl/igDb44Of7g3dN3S
FE/BbjQu+VEVBhCtwddOx3HVW8SnGo2V5qDDin/ekQJD8uh2AJR8m87/
-----END PRIVATE KEY-----
"""

SELF_SIGNED = """\
-----BEGIN CERTIFICATE-----
MIIBXTCCAQSgAwIBAgIUJa+vqIArV+006wkv6euhKYvD7jEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAx
MDAwMDAwWjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQQzK35652T6fIl/igDb44Of7g3dN3SFE/BbjQu+VEVBhCtwddOx3HV
W8SnGo2V5qDDin/ekQJD8uh2AJR8m87/ozIwMDAaBgNVHREEEzARhwR/AAABggls
b2NhbGhvc3QwEgYDVR0TAQH/BAgwBgEB/wIBADAKBggqhkjOPQQDAgNHADBEAiBI
gnnFr1JnyAV64Xs9R0OxagEtOzGUetG+AXaxdN4DqAIgCvjILYkFP5Z2oipsZ1gl
beD4oJLrYwRMA0hoAPSwRYo=
-----END CERTIFICATE-----
"""

EXPIRED = """\
-----BEGIN CERTIFICATE-----
MIIBXDCCAQKgAwIBAgIUL4v4ovQzc4gfPOU+yv396zgcs3wwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMB4XDTIwMDEwMTAwMDAwMFoXDTIxMDEwMTAw
MDAwMFowFDESMBAGA1UEAwwJMTI3LjAuMC4xMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEEMyt+eudk+nyJf4oA2+ODn+4N3Td0hRPwW40LvlRFQYQrcHXTsdx1VvE
pxqNleagw4p/3pECQ/LodgCUfJvO/6MyMDAwGgYDVR0RBBMwEYcEfwAAAYIJbG9j
YWxob3N0MBIGA1UdEwEB/wQIMAYBAf8CAQAwCgYIKoZIzj0EAwIDSAAwRQIgHu82
7cKCrBMxAN0AMobYwECyc1vq+083Fn7QrpuM+/8CIQC8eEzFjgfU0scGxNAutTeK
0vRgHwWzkTdsVSMmiSc/0Q==
-----END CERTIFICATE-----
"""

WRONG_HOST = """\
-----BEGIN CERTIFICATE-----
MIIBbTCCAROgAwIBAgIUWVpq1vPyI20FEzM1uqanOgP0AOUwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQcGxhdGZvcm0uZXhhbXBsZTAgFw0yMDAxMDEwMDAwMDBaGA8y
MTIwMDEwMTAwMDAwMFowGzEZMBcGA1UEAwwQcGxhdGZvcm0uZXhhbXBsZTBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABBDMrfnrnZPp8iX+KANvjg5/uDd03dIUT8Fu
NC75URUGEK3B107HcdVbxKcajZXmoMOKf96RAkPy6HYAlHybzv+jMzAxMBsGA1Ud
EQQUMBKCEHBsYXRmb3JtLmV4YW1wbGUwEgYDVR0TAQH/BAgwBgEB/wIBADAKBggq
hkjOPQQDAgNIADBFAiEA25UteHJuvJ94apjaqd3m4ItxQvI+PA1yU+f51+CgJ+gC
IE9xf9ru8h1z9U6K4BRTg6zhy4PDdOseqJduVPeCTgUQ
-----END CERTIFICATE-----
"""

# The whole connection is encrypted or none of it, so these are faults of a
# platform, never of one phone.
CERTIFICATES: dict[str | None, str] = {
    "t17-self-signed": SELF_SIGNED,
    "t17-expired": EXPIRED,
    "t17-wrong-host": WRONG_HOST,
    "t17-tls10": SELF_SIGNED,
}

# A ServerHello (RFC 2246, 7.4.1.3) that chooses version 3.1, which is TLS 1.0,
# and TLS_RSA_WITH_AES_128_CBC_SHA: a modern OpenSSL would not speak it any more.
TLS10_SERVER_HELLO = bytes.fromhex("160301002a020000260301") + bytes(32) + bytes.fromhex("00002f00")


def context(certificate: str) -> ssl.SSLContext:
    """A server context; the chain goes through a file, since `ssl` loads nothing from memory."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        chain = Path(folder, "chain.pem")
        chain.write_text(KEY + certificate)
        made.load_cert_chain(chain)
    return made


def wrap(sock: socket.socket, fault: str | None) -> ssl.SSLSocket:
    """The socket with TLS on it, before the handshake. ConnectionError where TLS 1.0 was all there was."""
    if fault == "t17-tls10":
        sock.recv(4096)
        sock.sendall(TLS10_SERVER_HELLO)
        sock.recv(4096)
        raise ConnectionError
    return context(CERTIFICATES[fault]).wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
