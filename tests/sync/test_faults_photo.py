"""Photos of the platform, each fault met on a real TLS socket (faults.md, D14 to D17, X9, X10)."""

import ipaddress
import logging
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from residents.images import MOST_BYTES
from residents.models import Photo, Resident
from residents.upstream import Sources
from sync.models import PhotoFetch
from sync.photo_client import Gate, NoPhoto, is_public
from sync.photos import PAUSES, fetch_due
from sync.simulator import tls
from tests.cast import ZHOU_PHONE, zhous
from tests.factories import ResidentFactory
from tests.pictures import picture, put
from tests.sync.photo_host import ADDRESS, NAME, PhotoHost, answer, trusting

HOST = "photo.gov.cn"
INSIDE = pytest.mark.django_db


@pytest.fixture
def host() -> Iterator[PhotoHost]:
    with PhotoHost() as running:
        yield running


def cause(gate: Gate, url: str) -> str:
    with pytest.raises(NoPhoto) as caught:
        gate.fetch(url)
    return caught.value.cause


def nobody(host: str) -> list[str]:
    raise AssertionError("resolved a name that must not be asked for")


# -- D14: the address --------------------------------------------------------------------

GATE = Gate(frozenset({HOST}), resolve=nobody)

NO_ADDRESS = [
    "", "photo", "https://", f"http://{HOST}/1.jpg", f"ftp://{HOST}/1.jpg", "file:///etc/passwd",
    "gopher://photo.gov.cn/1", "data:image/png;base64,AAAA", "javascript:alert(1)", f"//{HOST}/1.jpg",
    f"https:{HOST}/1.jpg", f"https:///{HOST}/1.jpg", f"HTTPS://{HOST}/1.jpg", f" https://{HOST}/1.jpg",
    f"https://{HOST}@127.0.0.1/1.jpg", f"https://user:pass@{HOST}/1.jpg", f"https://@{HOST}/1.jpg",
    f"https://127.0.0.1#@{HOST}/1.jpg", f"https://{HOST}#@127.0.0.1/", f"https://{HOST}/1.jpg#@127.0.0.1",
    f"https://127.0.0.1\\@{HOST}/1.jpg", f"https://{HOST}\\@127.0.0.1/1.jpg", f"https://{HOST}/\\1.jpg",
    f"https://{HOST}:22/1.jpg", f"https://{HOST}:80/1.jpg", f"https://{HOST}:/1.jpg", f"https://{HOST}:0443/",
    f"https://{HOST}?x=/1.jpg", f"https://{HOST}/1.jpg\r\nHost: 127.0.0.1", f"https://{HOST}/1\t.jpg",
    f"https://{HOST}/1\x00.jpg", f"https://{HOST}/a b.jpg", f"https://{HOST}\n/1.jpg",
    "https://[::1]/1.jpg", "https://[::ffff:127.0.0.1]/1.jpg", f"https://[::1]@{HOST}/1.jpg",
    "https://１２７.0.0.1/1.jpg", "https://photo.gov。cn/1.jpg", f"https://ｐ{HOST[1:]}/1.jpg",
    f"https://{HOST}%00.evil.com/1.jpg", f"https://{HOST}%2f@127.0.0.1/",
]  # fmt: skip

NOT_ALLOWED = [
    "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "127.1", "localhost", "169.254.169.254",
    "10.0.0.1", f"{HOST}.evil.com", f"evil{HOST}", f"x.{HOST}", f"{HOST}.", f".{HOST}", "gov.cn", "..",
]  # fmt: skip


@pytest.mark.parametrize("url", NO_ADDRESS)
def test_d14_what_is_no_plain_https_address_is_not_even_resolved(url: str) -> None:
    assert cause(GATE, url) == "address"


@pytest.mark.parametrize("name", NOT_ALLOWED)
@pytest.mark.parametrize("form", ["https://{}/1.jpg", "https://{}:443/1.jpg"])
def test_d14_a_host_that_stands_in_no_list_is_not_even_resolved(name: str, form: str) -> None:
    assert cause(GATE, form.format(name)) == "host"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (f"https://{HOST}", "/"),
        (f"https://{HOST}:443/a/b.jpg?sign=a%2Fb&t=1", "/a/b.jpg?sign=a%2Fb&t=1"),
        ("https://PHOTO.gov.cn/1.jpg", "/1.jpg"),
        (f"https://{HOST}/付/1.jpg", "/%E4%BB%98/1.jpg"),
        (f"https://{HOST}/a@127.0.0.1/1.jpg", "/a@127.0.0.1/1.jpg"),
        (f"https://{HOST}//127.0.0.1/1.jpg", "//127.0.0.1/1.jpg"),
    ],
)
def test_d14_a_plain_address_is_read_in_one_way(url: str, target: str) -> None:
    assert GATE.split(url) == (HOST, target)


# -- D14: where the name leads -----------------------------------------------------------

PRIVATE = [
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "239.255.255.250", "255.255.255.255", "192.0.2.1", "::", "::1", "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2002:7f00:1::", "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("beside", [[], ["1.1.1.1"]])
def test_d14_a_name_that_leads_inside_is_not_connected_to(address: str, beside: list[str]) -> None:
    gate = Gate(frozenset({HOST}), resolve=lambda host: [*beside, address])
    assert cause(gate, f"https://{HOST}/1.jpg") == "private"


@pytest.mark.parametrize("address", ["1.1.1.1", "114.114.114.114", "2400:3200::1"])
def test_d14_what_the_world_knows_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("found", [[], ["not an address"]])
def test_d14_a_name_that_leads_nowhere_gives_no_photo(found: list[str]) -> None:
    gate = Gate(frozenset({HOST}), resolve=lambda host: found)
    assert cause(gate, f"https://{HOST}/1.jpg") in ("private", "unavailable")


def test_d14_a_name_is_resolved_once_and_the_connection_goes_where_it_was_looked_at(
    host: PhotoHost,
) -> None:
    """DNS rebinding: a second answer would lead elsewhere, and nobody asks for one."""
    asked: list[str] = []

    def resolve(name: str) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"]

    assert host.gate(resolve=resolve).fetch(ADDRESS) == picture()
    assert asked == [NAME]


def test_d14_the_product_itself_connects_to_nothing_on_this_machine(host: PhotoHost) -> None:
    gate = host.gate(is_public=is_public)
    assert (cause(gate, ADDRESS), host.heads) == ("private", [])


# -- D14: the exchange -------------------------------------------------------------------


def test_d14_a_photo_is_asked_for_by_name_without_cookies_or_credentials(host: PhotoHost) -> None:
    host.gate().fetch(f"https://{NAME}/a/1.jpg?sign=2")
    (head,) = host.heads
    names = {line.partition(":")[0].lower() for line in head.split("\r\n")[1:] if line}
    assert head.startswith("GET /a/1.jpg?sign=2 HTTP/1.1\r\n") and f"\r\nHost: {NAME}\r\n" in head
    assert names == {"host", "user-agent", "accept", "accept-encoding"}


def test_d14_a_redirect_is_not_followed(host: PhotoHost) -> None:
    with PhotoHost() as elsewhere:
        to = f"Location: https://{NAME}:{elsewhere.port}/2.jpg"
        host.default = answer(b"", "302 Found", to, "Set-Cookie: a=b")
        assert (cause(host.gate(), ADDRESS), elsewhere.heads) == ("redirect", [])


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_d14_a_proxy_of_the_environment_is_not_used(
    host: PhotoHost, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    assert host.gate().fetch(ADDRESS) == picture()


def test_d14_a_certificate_for_another_name_is_not_accepted() -> None:
    with PhotoHost(tls.SELF_SIGNED) as host:
        assert cause(host.gate(trust=trusting(tls.SELF_SIGNED)), ADDRESS) == "tls"
        assert host.heads == []


@pytest.mark.parametrize("certificate", [tls.WRONG_HOST, tls.EXPIRED])
def test_d14_a_certificate_that_the_world_does_not_know_is_not_accepted(certificate: str) -> None:
    with PhotoHost(certificate) as host:
        assert cause(host.gate(trust=Gate(frozenset()).trust), ADDRESS) == "tls"


def test_d14_the_name_is_told_in_the_handshake() -> None:
    told: list[Any] = []
    with PhotoHost() as host:
        host._context.sni_callback = lambda _socket, name, _context: told.append(name)
        host.gate().fetch(ADDRESS)
    assert told == [NAME]


def test_d14_the_default_trust_checks_name_and_certificate() -> None:
    context = Gate(frozenset()).trust()
    assert context.check_hostname and context.verify_mode == ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def drip(sock: ssl.SSLSocket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        sock.sendall(b"x")
        time.sleep(0.05)


def flood(sock: ssl.SSLSocket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        sock.sendall(b"\xff" * 65536)


def announce(sock: ssl.SSLSocket) -> None:
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
    time.sleep(5)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (drip, "deadline"),
        (flood, "too-big"),
        (announce, "too-big"),
        (answer(picture(), "404 Not Found"), "gone"),
        (answer(b"expired", "403 Forbidden"), "gone"),
        (answer(b"", "429 Too Many Requests"), "unavailable"),
        (answer(b"", "500 Oops"), "unavailable"),
        (answer(b"", "206 Partial Content"), "unavailable"),
        (answer(b""), "empty"),
        (answer(b"x" * 10, "200 OK", "Content-Encoding: gzip"), "encoding"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nhalf", "unavailable"),
        (b"not http at all\r\n\r\n", "unavailable"),
    ],
)
def test_d16_what_does_not_arrive_whole_and_in_time_is_no_photo(
    host: PhotoHost, reply: Any, told: str
) -> None:
    host.default = reply
    started = time.monotonic()
    assert cause(host.gate(deadline=0.8), ADDRESS) == told
    assert time.monotonic() - started < 2.5


def test_d16_nobody_waits_for_a_host_that_is_gone(host: PhotoHost) -> None:
    gate = host.gate()
    host.__exit__()
    assert cause(gate, ADDRESS) == "unavailable"


# -- what becomes of the resident ---------------------------------------------------------


def zhou(url: str = ADDRESS, **values: Any) -> Resident:
    return ResidentFactory(name="老周", photo_url=url, **values)


def state(person: Resident) -> tuple[str, str, int]:
    fetch = PhotoFetch.objects.get(resident=person)
    return fetch.outcome, fetch.cause, fetch.attempts


def later(person: Resident, **passed: float) -> None:
    """As if the last download had been so long ago."""
    fetch = PhotoFetch.objects.get(resident=person)
    for name in ("asked_at", "next_at", "leased_until"):
        if (moment := getattr(fetch, name)) is not None:
            setattr(fetch, name, moment - timedelta(**passed))
    fetch.save()


def renamed(person: Resident, url: str) -> None:
    Resident.objects.filter(pk=person.pk).update(photo_url=url)


@INSIDE
def test_the_platforms_photo_fills_the_blank(host: PhotoHost) -> None:
    person = zhou()
    assert fetch_due(host.gate()) == {"stored": 1}
    photo = Photo.objects.get(resident=person)
    assert (photo.source, photo.width, photo.height) == (Sources.PLATFORM, 300, 400)


@INSIDE
def test_who_has_no_address_is_not_queued(host: PhotoHost) -> None:
    zhou("")
    assert (fetch_due(host.gate()), PhotoFetch.objects.count()) == ({}, 0)


@INSIDE
def test_without_hosts_nothing_is_fetched_nor_queued(settings: Any) -> None:
    settings.PHOTO_HOSTS = frozenset()
    zhou()
    assert (fetch_due(), PhotoFetch.objects.count()) == ({}, 0)


@INSIDE
def test_the_settings_name_the_hosts(settings: Any, host: PhotoHost) -> None:
    settings.PHOTO_HOSTS = frozenset({NAME})
    assert Gate.from_settings() == Gate(frozenset({NAME}))


@INSIDE
def test_d14_a_refused_address_is_looked_at_once_a_day_and_never_asked(host: PhotoHost) -> None:
    person = zhou("https://127.0.0.1/1.jpg")
    passes = [fetch_due(host.gate()), fetch_due(host.gate())]
    assert (passes, state(person), host.heads) == ([{"failed": 1}, {}], ("failed", "host", 1), [])
    later(person, days=1)
    renamed(person, ADDRESS)
    assert fetch_due(host.gate()) == {"stored": 1}


@INSIDE
def test_x10_the_second_run_downloads_nothing(host: PhotoHost) -> None:
    people = [zhou(), zhou(f"https://{NAME}/2.jpg")]
    assert fetch_due(host.gate()) == {"stored": 2}
    before = list(Photo.objects.order_by("pk").values()), list(PhotoFetch.objects.order_by("pk").values())
    for person in people:
        later(person, days=400)
        PhotoFetch.objects.filter(resident=person).update(asked_at=before[1][0]["asked_at"])
    assert (fetch_due(host.gate()), len(host.heads)) == ({}, 2)
    assert list(Photo.objects.order_by("pk").values()) == before[0]


@pytest.mark.usefixtures("db")
def test_x10_the_same_answer_again_is_no_new_download(sync: Any, host: PhotoHost) -> None:
    for _ in range(2):
        sync(ZHOU_PHONE, zhous(people_photo=ADDRESS))
        fetch_due(host.gate())
    assert (host.paths, Photo.objects.count()) == (["/1.jpg"], 1)


@INSIDE
def test_d17_an_address_that_changes_is_followed_once_a_day(host: PhotoHost) -> None:
    person = zhou()
    fetch_due(host.gate())
    for sign in range(3):
        renamed(person, f"{ADDRESS}?sign={sign}")
        fetch_due(host.gate())
    assert host.paths == ["/1.jpg"]
    later(person, days=1)
    assert fetch_due(host.gate()) == {"unchanged": 1}
    assert host.paths == ["/1.jpg", "/1.jpg?sign=2"]


@INSIDE
def test_d17_the_same_picture_under_another_address_is_not_written_again(host: PhotoHost) -> None:
    person = zhou()
    fetch_due(host.gate())
    before = Photo.objects.values().get()
    later(person, days=1)
    renamed(person, f"{ADDRESS}?sign=1")
    assert (fetch_due(host.gate()), Photo.objects.values().get()) == ({"unchanged": 1}, before)


@INSIDE
def test_d17_another_picture_replaces_the_platforms_older_one(host: PhotoHost) -> None:
    person = zhou()
    fetch_due(host.gate())
    before = Photo.of(person).digest  # type: ignore[union-attr]
    host.default = answer(picture("red"))
    later(person, days=1)
    renamed(person, f"{ADDRESS}?sign=1")
    assert fetch_due(host.gate()) == {"stored": 1}
    assert Photo.of(person).digest != before  # type: ignore[union-attr]


@INSIDE
@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "410 Gone", "500 Oops"])
def test_d17_an_expired_address_leaves_the_photo_that_stands(host: PhotoHost, status: str) -> None:
    person = zhou()
    fetch_due(host.gate())
    host.default = answer(b"", status)
    later(person, days=1)
    renamed(person, f"{ADDRESS}?sign=1")
    assert (fetch_due(host.gate()), Photo.objects.count()) == ({"failed": 1}, 1)


@INSIDE
def test_d17_what_fails_is_tried_again_further_and_further_apart_and_then_given_up(host: PhotoHost) -> None:
    person = zhou()
    host.default = answer(b"", "404 Not Found")
    for tried, pause in enumerate(PAUSES, start=1):
        assert (fetch_due(host.gate()), fetch_due(host.gate())) == ({"failed": 1}, {})
        assert state(person) == ("failed", "gone", tried)
        later(person, seconds=pause.total_seconds())
    fetch_due(host.gate())
    later(person, days=400)
    assert (fetch_due(host.gate()), len(host.heads)) == ({}, 1 + len(PAUSES))


@INSIDE
def test_d17_a_new_address_is_a_new_chance(host: PhotoHost) -> None:
    person = zhou()
    host.default = answer(b"", "404 Not Found")
    fetch_due(host.gate())
    PhotoFetch.objects.update(attempts=9, next_at=None)
    host.default = answer(picture())
    renamed(person, f"https://{NAME}/2.jpg")
    later(person, days=1)
    assert (fetch_due(host.gate()), state(person)) == ({"stored": 1}, ("stored", "", 0))


NO_PICTURE = {
    "html": b"<!doctype html><html>not found</html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "php": b"<?php phpinfo();",
    "half": picture()[:700],
    "heic": b"\0\0\0\x18ftypheic" + b"\0" * 100,
}


@INSIDE
@pytest.mark.parametrize("kind", NO_PICTURE)
def test_d16_what_is_no_picture_gives_no_photo_and_is_not_asked_for_again(host: PhotoHost, kind: str) -> None:
    person = zhou()
    host.default = answer(NO_PICTURE[kind], "200 OK", "Content-Type: image/jpeg")
    assert (fetch_due(host.gate()), Photo.objects.count()) == ({"failed": 1}, 0)
    assert state(person)[1] in ("photo_unreadable", "photo_format")
    later(person, days=400)
    PhotoFetch.objects.update(asked_at=timezone.now())
    assert fetch_due(host.gate()) == {}


@pytest.mark.usefixtures("db")
def test_d16_the_record_is_saved_all_the_same(sync: Any, host: PhotoHost) -> None:
    host.default = answer(b"no picture")
    assert sync(ZHOU_PHONE, zhous(people_photo=ADDRESS)).outcome == "created"
    fetch_due(host.gate())
    assert Resident.objects.get(name="老周").photo_url == ADDRESS


def test_d16_a_photo_of_a_hundred_megabytes_is_left_at_the_cap(host: PhotoHost) -> None:
    sent: list[int] = []

    def much(sock: ssl.SSLSocket) -> None:
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(1600):
            sock.sendall(b"\xff" * 65536)
            sent.append(65536)

    host.default = much
    assert cause(host.gate(deadline=10), ADDRESS) == "too-big"
    assert sum(sent) < 3 * MOST_BYTES


# -- whose photo it is -------------------------------------------------------------------


@INSIDE
@pytest.mark.parametrize("source", [Sources.OWNER, Sources.SELF, Sources.STAFF])
def test_a_photo_that_was_given_here_stays_and_nothing_is_downloaded(host: PhotoHost, source: str) -> None:
    person = zhou()
    put(person, source)
    assert (fetch_due(host.gate()), host.heads) == ({"kept": 1}, [])
    assert Photo.of(person).source == source  # type: ignore[union-attr]


@INSIDE
def test_when_the_household_takes_its_photo_away_the_platforms_comes(host: PhotoHost) -> None:
    person = zhou()
    put(person, Sources.SELF)
    fetch_due(host.gate())
    Photo.objects.all().delete()
    later(person, days=1)
    assert fetch_due(host.gate()) == {"stored": 1}


@INSIDE
def test_one_that_was_put_there_meanwhile_stays(host: PhotoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    person = zhou()
    slow = Gate.fetch

    def fetch(gate: Gate, url: str) -> bytes:
        put(person, Sources.SELF)
        return slow(gate, url)

    monkeypatch.setattr(Gate, "fetch", fetch)
    assert fetch_due(host.gate()) == {"kept": 1}
    assert Photo.of(person).source == Sources.SELF  # type: ignore[union-attr]


@INSIDE
def test_who_is_erased_meanwhile_gets_no_photo(host: PhotoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    person = zhou()
    slow = Gate.fetch

    def fetch(gate: Gate, url: str) -> bytes:
        person.delete()
        return slow(gate, url)

    monkeypatch.setattr(Gate, "fetch", fetch)
    fetch_due(host.gate())
    assert (Photo.objects.count(), PhotoFetch.objects.count()) == (0, 0)


# -- X8, X9, and several workers ----------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_x8_nothing_is_fetched_inside_a_transaction(host: PhotoHost) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        host.gate().fetch(ADDRESS)
    assert host.heads == []


@INSIDE
def test_x9_a_photo_lies_in_its_row_and_a_rollback_takes_both() -> None:
    person = zhou()
    with pytest.raises(IntegrityError), transaction.atomic():
        put(person, Sources.SELF)
        raise IntegrityError
    assert not Photo.objects.exists()


@INSIDE
def test_x9_no_file_is_written(host: PhotoHost, settings: Any) -> None:
    zhou()
    fetch_due(host.gate())
    assert settings.MEDIA_ROOT == "" and Photo.of(Resident.objects.get()) is not None


@INSIDE
def test_a_row_that_another_worker_holds_is_left_to_it(host: PhotoHost) -> None:
    person = zhou()
    PhotoFetch.objects.create(resident=person, leased_until=timezone.now() + timedelta(minutes=1))
    assert (fetch_due(host.gate()), host.heads) == ({}, [])


@INSIDE
def test_a_row_of_a_worker_that_died_is_taken_over(host: PhotoHost) -> None:
    person = zhou()
    PhotoFetch.objects.create(resident=person, leased_until=timezone.now() - timedelta(minutes=1))
    assert fetch_due(host.gate()) == {"stored": 1}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_several_workers_ask_for_each_photo_once(host: PhotoHost) -> None:
    for n in range(5):
        zhou(f"https://{NAME}/{n}.jpg")

    def work() -> None:
        fetch_due(host.gate())
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(host.paths) == [f"/{n}.jpg" for n in range(5)]
    assert Photo.objects.count() == 5


@INSIDE
def test_one_bad_file_does_not_stop_the_others(host: PhotoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [zhou(), zhou(f"https://{NAME}/2.jpg")]
    fetch = Gate.fetch
    monkeypatch.setattr(
        Gate,
        "fetch",
        lambda gate, url: fetch(gate, url) if url.endswith("2.jpg") else 1 / 0,  # type: ignore[return-value]
    )
    assert fetch_due(host.gate()) == {"failed": 1, "stored": 1}
    assert state(people[0]) == ("failed", "internal", 1)


# -- the command -------------------------------------------------------------------------


@INSIDE
def test_the_command_tells_counts_and_nothing_personal(
    host: PhotoHost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    settings.PHOTO_HOSTS = frozenset({NAME})
    monkeypatch.setattr(Gate, "from_settings", host.gate)
    caplog.set_level(logging.DEBUG)
    zhou(f"https://{NAME}/zhou/1.jpg"), zhou(f"https://127.0.0.1/{ZHOU_PHONE}.jpg")
    call_command("fetch_photos", stdout=(out := StringIO()))
    assert out.getvalue() == "照片：已取得 1，失败 1。\n"
    ours = [record for record in caplog.records if not record.name.startswith("django.db")]
    said = "".join(f"{record.getMessage()} {vars(record)}" for record in ours)
    assert ZHOU_PHONE not in said and "zhou/1" not in said


@INSIDE
def test_the_command_says_so_where_no_host_is_allowed(settings: Any) -> None:
    settings.PHOTO_HOSTS = frozenset()
    call_command("fetch_photos", stdout=(out := StringIO()))
    assert out.getvalue() == "设置 PHOTO_HOSTS 为空，不下载照片。\n照片：没有需要下载的。\n"
