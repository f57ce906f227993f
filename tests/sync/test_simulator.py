"""The stand-in for the platform, over real sockets."""

import http.client
import json
import socket
import ssl
import threading
from contextlib import closing
from urllib.parse import urlencode

import pytest

from sync.simulator import community, id_numbers, sample
from sync.simulator.faults import FAULTS
from sync.simulator.server import HEALTHY, Body, Play, Raw, Script, Simulator

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
OWNER, NEIGHBOUR = community.PHONES[:2]
NOBODY = "13000000000"
SECONDS = 10

# These would go on for longer than a test should: they are looked at one by one.
LONG = {name for name in FAULTS if name.startswith(("t2-", "t3-", "t7-", "p4-token-stall"))}


class Asker:
    """A keep-alive client with no opinion about what it reads."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)

    def close(self):
        self.connection.close()

    def post(self, path, **form):
        self.connection.request("POST", path, urlencode(form), FORM)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def new_token(self, key_k="demo", key_d="demo"):
        return json.loads(self.post("/token", key_k=key_k, key_d=key_d)[1])

    def lookup(self, phone, token=None):
        token = self.new_token()["token"] if token is None else token
        return json.loads(self.post("/lookup", phone=phone, token=token)[1])


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = threading.active_count()
    yield
    assert threading.active_count() <= before


@pytest.fixture
def platform():
    with Simulator() as running:
        yield running


@pytest.fixture
def asker(platform):
    with closing(Asker(platform.port)) as client:
        yield client


def connect(platform, path="/lookup", phone=OWNER):
    """A socket on which one request was sent and nothing read yet."""
    form = urlencode({"phone": phone, "token": platform.tokens.issue()})
    head = f"POST {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {len(form)}\r\n"
    sock = socket.create_connection(("127.0.0.1", platform.port), timeout=SECONDS)
    sock.sendall(f"{head}Content-Type: {FORM['Content-Type']}\r\n\r\n{form}".encode())
    return sock


def answered(platform, **request):
    """All bytes of one answer, to the end of the connection."""
    with connect(platform, **request) as sock:
        return b"".join(iter(lambda: sock.recv(1 << 20), b""))


# The platform in good order


def test_a_token_is_issued_for_the_right_keys(asker):
    assert asker.new_token().keys() == {"code", "msg", "token"}


def test_wrong_keys_get_code_1_and_no_token(asker):
    assert asker.new_token(key_d="wrong") == {"code": "1", "msg": "token获取失败"}


def test_the_sample_is_answered_as_printed(asker):
    data = asker.lookup(sample.PHONE)["data"]
    assert data == json.loads(sample.TEXT)
    assert data["people_photo"] == r"https:\/\/tc.mg.cool\/uploads\/test.png"


def test_a_phone_of_the_community_is_answered(asker):
    answer = asker.lookup(OWNER)
    assert (answer["code"], answer["data"]) == ("0", community.answer(OWNER))


def test_a_simulator_of_more_households_knows_further_phones():
    *_, further = community.owners(50_000)
    with Simulator(households=50_000) as large, closing(Asker(large.port)) as asker:
        assert asker.lookup(further)["data"] == community.answer(further, 50_000)


def test_an_unknown_phone_is_code_1(asker):
    assert asker.lookup(NOBODY) == {"code": "1", "msg": "未查询到该用户"}


def test_an_unknown_token_is_refused(asker):
    assert asker.lookup(OWNER, "made-up") == {"code": "1", "msg": "token失效"}


def test_a_healthy_answer_is_json_in_utf8_on_a_connection_kept_open(asker):
    answer, body = asker.post("/token", key_k="demo", key_d="demo")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert not answer.will_close and "获取成功" in body.decode()


def test_a_get_is_no_lookup(platform):
    with closing(http.client.HTTPConnection("127.0.0.1", platform.port, timeout=SECONDS)) as connection:
        connection.request("GET", "/lookup")
        assert connection.getresponse().status == 405


def test_requests_are_recorded_in_order(platform, asker):
    asker.lookup(OWNER)
    assert [request.path for request in platform.requests] == ["/token", "/lookup"]
    assert platform.token_calls[0].form == {"key_k": "demo", "key_d": "demo"}
    assert platform.lookups[0].headers["content-type"] == FORM["Content-Type"]
    assert platform.lookups[0].body.startswith(f"phone={OWNER}&token=".encode())


def test_lookups_are_counted_by_phone(platform, asker):
    token = asker.new_token()["token"]
    for phone in (OWNER, NEIGHBOUR, OWNER):
        asker.lookup(phone, token)
    assert platform.asked == {OWNER: 2, NEIGHBOUR: 1}


def test_counts_may_be_all_that_is_kept():
    with Simulator(counts_only=True) as platform, closing(Asker(platform.port)) as asker:
        asker.lookup(OWNER)
    assert platform.asked == {OWNER: 1} and not platform.requests


def test_the_first_value_of_a_field_counts(platform):
    with closing(http.client.HTTPConnection("127.0.0.1", platform.port, timeout=SECONDS)) as connection:
        connection.request("POST", "/lookup", "phone=%E4%BB%98+1&phone=2&&token", FORM)
        connection.getresponse().read()
    assert platform.lookups[0].form == {"phone": "付 1", "token": ""}


def test_a_line_that_is_no_request_ends_the_connection(platform):
    with socket.create_connection(("127.0.0.1", platform.port), timeout=SECONDS) as sock:
        sock.sendall(b"hello\r\n")
        assert sock.recv(1) == b""


def test_64_connections_are_served_at_once(platform):
    sockets = [connect(platform) for _ in range(64)]
    try:
        assert all(sock.recv(12) == b"HTTP/1.1 200" for sock in sockets)
    finally:
        for sock in sockets:
            sock.close()


def test_a_port_that_is_taken_raises(platform):
    with pytest.raises(OSError), Simulator(platform.port):
        pass


def test_a_simulator_comes_back_on_its_port():
    platform = Simulator()
    with platform:
        first = platform.port
    with platform, closing(Asker(first)) as asker:
        assert asker.lookup(OWNER)["code"] == "0"


# Answers made beforehand


@pytest.fixture
def prepared(platform):
    platform.households = 3
    platform.prepare()
    return platform


def test_an_answer_made_beforehand_is_the_same_byte_by_byte(platform):
    platform.households = 3
    before = answered(platform)
    platform.prepare()
    assert answered(platform) == before


def test_an_answer_made_beforehand_needs_no_making(prepared, asker, monkeypatch):
    monkeypatch.setattr(community, "answer", None)
    assert asker.lookup(OWNER)["code"] == "0"


def test_a_later_round_is_not_answered_from_the_earlier(prepared, asker):
    prepared.round = 1
    assert asker.lookup(OWNER)["data"] == community.answer(OWNER, round=1)


def test_a_test_may_put_another_answer_in_place_of_one_made_beforehand(prepared, asker):
    prepared.answers[OWNER] = {"people_name": "付钰"}
    assert asker.lookup(OWNER)["data"] == {"people_name": "付钰"}


def test_a_fault_meets_a_phone_whose_answer_was_made_beforehand(prepared, asker):
    prepared.fault = "p1-refused"
    assert asker.lookup(OWNER)["code"] == "1"


# Tokens


def test_expired_tokens_are_refused_and_a_new_one_is_good(platform, asker):
    token = asker.new_token()["token"]
    platform.expire_tokens()
    assert asker.lookup(OWNER, token)["msg"] == "token失效"
    assert asker.lookup(OWNER)["code"] == "0"


def test_a_single_token_ends_the_older_ones(platform, asker):
    platform.single_token = True
    old, new = (asker.new_token()["token"] for _ in range(2))
    assert [asker.lookup(OWNER, token)["code"] for token in (old, new)] == ["1", "0"]


def test_several_tokens_live_side_by_side_by_default(asker):
    old, new = (asker.new_token()["token"] for _ in range(2))
    assert [asker.lookup(OWNER, token)["code"] for token in (old, new)] == ["0", "0"]


def test_a_token_may_be_good_for_some_lookups_only(platform, asker):
    platform.expire_after = 2
    token = asker.new_token()["token"]
    assert [asker.lookup(OWNER, token)["code"] for _ in range(3)] == ["0", "0", "1"]


def test_a_token_named_by_the_script_is_alive(platform, asker):
    platform.token_script = Script([{"token": "given"}, HEALTHY])
    assert asker.new_token() == {"token": "given"}
    assert asker.lookup(OWNER, "given")["code"] == "0"


# Replies of a test's own


@pytest.mark.parametrize("data", [{"people_name": "付钰"}, [], "", None])
def test_plain_data_travels_in_a_code_0_envelope(platform, asker, data):
    platform.answers[NOBODY] = data
    assert asker.lookup(NOBODY) == {"code": "0", "msg": "查询成功", "data": data}


def test_raw_bytes_are_sent_as_they_are(platform):
    platform.answers[NOBODY] = Raw(b"HTTP/1.0 200 OK\r\n\r\n\xff")
    assert answered(platform, phone=NOBODY) == b"HTTP/1.0 200 OK\r\n\r\n\xff"


def test_a_body_comes_with_its_own_headers(platform, asker):
    platform.answers[NOBODY] = Body(b"busy", "text/plain", 503, {"Retry-After": "3"})
    answer, body = asker.post("/lookup", phone=NOBODY, token=asker.new_token()["token"])
    assert (answer.status, answer.headers["Retry-After"], body) == (503, "3", b"busy")


def test_a_callable_makes_the_reply_from_the_request(platform, asker):
    platform.answers[NOBODY] = lambda request: {"asked": request.phone}
    assert asker.lookup(NOBODY)["data"] == {"asked": NOBODY}


def test_a_script_goes_on_and_its_last_reply_repeats(platform, asker):
    platform.answers[OWNER] = Script([[], Play("p7-too-often"), HEALTHY])
    messages = [asker.lookup(OWNER)["msg"] for _ in range(4)]
    assert messages == ["查询成功", "请求频繁，请稍后再试", "查询成功", "查询成功"]
    assert asker.lookup(OWNER)["data"] == community.answer(OWNER)


def test_a_data_fault_changes_the_answer_that_a_test_has_put(platform, asker):
    platform.answers[NOBODY] = {"people_name": "付钰"}
    platform.faults[NOBODY] = "d4-name-null"
    assert asker.lookup(NOBODY)["data"] == {"people_name": None}


# Faults


def test_every_row_of_the_catalogue_has_a_fault():
    rows = {name.partition("-")[0] for name in FAULTS}
    transport = {f"t{row}" for row in range(2, 21)} - {"t18"}
    protocol = {f"p{row}" for row in range(1, 12)} - {"p8"}
    data = {f"d{row}" for row in (*range(1, 13), *range(18, 22), 23)}
    assert rows == transport | {f"j{row}" for row in range(1, 18)} | protocol | data


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - LONG - {name for name in FAULTS if "t17" in name}))
def test_each_fault_ends_by_itself(platform, name):
    platform.fault = name
    try:
        answered(platform, path=FAULTS[name].path, phone=sample.PHONE)
    except ConnectionResetError:
        assert "reset" in name


@pytest.mark.parametrize("name", sorted(LONG))
def test_a_fault_without_end_stops_with_the_simulator(name):
    with Simulator(fault=name) as platform:
        sock = connect(platform, path=FAULTS[name].path)
        while not platform.requests:
            threading.Event().wait(0.01)
    sock.close()  # no_thread_is_left says the rest


def test_an_unknown_fault_raises():
    with pytest.raises(KeyError):
        Simulator(fault="no-such-fault")


def test_a_fault_of_one_phone_leaves_the_others_alone(platform, asker):
    platform.faults[OWNER] = "p1-refused"
    assert [asker.lookup(phone)["code"] for phone in (OWNER, NEIGHBOUR)] == ["1", "0"]


def test_a_stall_says_nothing(platform):
    platform.fault = "t2-stall"
    with connect(platform) as sock, pytest.raises(TimeoutError):
        sock.settimeout(0.2)
        sock.recv(1)


def test_a_drip_comes_byte_by_byte(platform):
    platform.fault = "t3-drip-headers"
    with connect(platform) as sock:
        pieces = [sock.recv(1 << 20) for _ in range(5)]
    assert all(len(piece) < 30 for piece in pieces)
    assert b"".join(pieces).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_reset_comes_in_mid_body(platform):
    platform.fault = "t4-reset"
    with connect(platform) as sock, pytest.raises(ConnectionResetError):
        assert sock.recv(1 << 20).startswith(b"HTTP/1.1 200 OK\r\n")
        while sock.recv(1 << 20):
            pass


def test_a_truncated_body_is_shorter_than_its_length(platform):
    platform.fault = "t5-truncated"
    head, _, body = answered(platform).partition(b"\r\n\r\n")
    length = int(head.rpartition(b"Content-Length: ")[2])
    assert 0 < len(body) < length


def test_a_body_cut_without_a_length_looks_like_one_that_ended(platform):
    platform.fault = "t5-close-without-length"
    head, _, body = answered(platform).partition(b"\r\n\r\n")
    assert b"Content-Length" not in head and not body.endswith(b"}")


def test_what_is_no_http_is_sent_bare(platform):
    platform.fault = "t9-not-http"
    assert answered(platform) == b"SSH-2.0-OpenSSH_9.2\r\n"


def test_a_redirect_leads_where_the_test_says(platform):
    platform.fault, platform.redirect_to = "t10-redirect-307", "http://127.0.0.1:9/elsewhere"
    head = answered(platform)
    assert head.startswith(b"HTTP/1.1 307") and b"Location: http://127.0.0.1:9/elsewhere\r\n" in head


def test_a_login_page_gives_way_to_a_new_token(platform, asker):
    platform.fault = "t12-redirect-login"
    token = asker.new_token()["token"]
    answers = [asker.post("/lookup", phone=OWNER, token=token)[0] for _ in range(2)]
    assert [(answer.status, answer.headers["Location"]) for answer in answers] == [(302, "/login")] * 2
    assert asker.lookup(OWNER)["code"] == "0"


def test_a_limit_is_told_once_and_then_lifted(platform, asker):
    platform.fault, token = "t13-429-seconds", asker.new_token()["token"]
    answers = [asker.post("/lookup", phone=OWNER, token=token)[0] for _ in range(2)]
    assert [(answer.status, answer.headers["Retry-After"]) for answer in answers] == [(429, "1"), (200, None)]


def test_used_tokens_expire_once(platform, asker):
    platform.fault, token = "p3-token-expired", asker.new_token()["token"]
    assert [asker.lookup(OWNER, token)["code"] for _ in range(2)] == ["0", "1"]
    renewed = asker.new_token()["token"]
    assert [asker.lookup(OWNER, renewed)["code"] for _ in range(3)] == ["0", "0", "0"]


def test_a_fault_of_the_token_endpoint_leaves_lookups_alone(platform, asker):
    platform.fault = "p4-token-missing"
    assert "token" not in asker.new_token()
    assert asker.lookup(OWNER, platform.tokens.issue())["code"] == "0"


def test_gbk_of_a_short_name_passes_for_utf8(platform):
    platform.fault = "j3-gbk-short"
    body = answered(platform).partition(b"\r\n\r\n")[2]
    assert json.loads(body.decode())["data"]["people_name"] == "ѧ"


def test_a_number_that_went_through_a_double_is_no_longer_valid(platform, asker):
    platform.fault = "j10-id-rounded"
    number = str(asker.lookup(OWNER)["data"]["people_idcard"])
    assert number.endswith("000") and not id_numbers.is_valid(number)


def test_somebody_elses_answer_names_another_phone(platform, asker):
    platform.fault = "d1-wrong-subject"
    assert asker.lookup(OWNER)["data"]["people_phone"] in set(community.PHONES) - {OWNER}


def tls_context():
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@pytest.mark.parametrize("name", ["t17-self-signed", "t17-expired", "t17-wrong-host", "t17-tls10"])
def test_a_careful_client_refuses_the_tls_faults(name):
    with Simulator(fault=name) as platform:
        assert platform.url.startswith("https://")
        connection = http.client.HTTPSConnection(
            "127.0.0.1", platform.port, timeout=SECONDS, context=tls_context()
        )
        with closing(connection), pytest.raises(ssl.SSLError):
            connection.request("POST", "/token")
