"""Mail as it goes over the wire to a real server, and what is made of each of its answers."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.policy import SMTP

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from mail_server import MailServer, free_port, only

from engine.errors import InputError
from engine.messages.mail import Delivery, Postman, Settings, compose, deliverable, settings_of

HERE = {"MIKRO_SMTP_HOST": "127.0.0.1", "MIKRO_SMTP_FROM": "Mikrotjänster Åstorp <mikro@example.se>"}
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def settings(port: int, **changes) -> Settings:
    return replace(settings_of(HERE | {"MIKRO_SMTP_PORT": str(port), "MIKRO_SMTP_SECURITY": "none"}), **changes)


def letter(to: str = "rut@example.se", **changes):
    words = {"message_id": "m1", "subject": "Besök på tisdag", "text": "Hej Åsa!\n", "date": NOON} | changes
    return compose(settings(25), to=to, **words)


def handed_to(server: MailServer, *messages, **changes) -> list[Delivery]:
    with Postman(settings(server.port, **changes), timeout_s=5) as postman:
        return [postman.deliver(message) for message in messages]


def body_of(message) -> str:
    return message.get_content().replace("\r\n", "\n")


def test_swedish_text_and_the_calendar_file_arrive_whole():
    with MailServer() as server:
        deliveries = handed_to(server, letter(invitation=("REQUEST", "BEGIN:VCALENDAR\r\nSUMMARY:Besök\r\n".encode())))

    [arrived] = server.inbox
    text, calendar = arrived.iter_parts()
    assert deliveries == [Delivery("sent")]
    assert arrived["From"] == "Mikrotjänster Åstorp <mikro@example.se>"
    assert (arrived["To"], arrived["Subject"]) == ("rut@example.se", "Besök på tisdag")
    assert arrived["Message-ID"] == "<m1@example.se>"
    assert body_of(text) == "Hej Åsa!\n"
    assert calendar.get_content_type() == "text/calendar"
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    assert calendar.get_content() == "BEGIN:VCALENDAR\r\nSUMMARY:Besök\r\n"


def test_messages_of_one_round_share_a_connection():
    with MailServer() as server:
        handed_to(server, letter(), letter(message_id="m2"), letter(message_id="m3"))

    assert [message["Message-ID"] for message in server.inbox] == [f"<m{n}@example.se>" for n in (1, 2, 3)]
    assert server.connections == 1


def test_nobody_at_the_door_is_a_reason_to_stop_and_try_later():
    with Postman(settings(free_port()), timeout_s=5) as postman:
        delivery = postman.deliver(letter())

    assert delivery == Delivery("failed", "server_unreachable", must_stop=True)


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_refusal_for_now_is_tried_again_and_the_next_message_goes_out(stage):
    with MailServer(**{stage: ["451 4.7.1 Greylisted <rut@example.se>"]}) as server:
        deliveries = handed_to(server, letter(), letter(message_id="m2"))

    assert deliveries == [Delivery("failed", "smtp_451"), Delivery("sent")]
    assert len(server.inbox) == 1


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_refusal_for_good_is_given_up_and_the_next_message_goes_out(stage):
    with MailServer(**{stage: ["550 5.1.1 No such person"]}) as server:
        deliveries = handed_to(server, letter(), letter(message_id="m2"))

    assert deliveries == [Delivery("given_up", "smtp_550"), Delivery("sent")]


def test_a_sender_that_is_refused_is_no_fault_of_the_message():
    with MailServer(mail=["550 5.7.1 Sender refused"]) as server:
        deliveries = handed_to(server, letter())

    assert deliveries == [Delivery("failed", "smtp_550", must_stop=True)]


def test_a_server_that_closes_for_today_is_left_alone():
    with MailServer(rcpt=["421 Closing"]) as server:
        deliveries = handed_to(server, letter())

    assert deliveries == [Delivery("failed", "smtp_421", must_stop=True)]


def test_a_line_that_breaks_after_the_text_leaves_it_unclear_whether_it_was_taken():
    with MailServer(data=["hang up"]) as server:
        deliveries = handed_to(server, letter())

    assert deliveries == [Delivery("unclear", "no_answer", must_stop=True)]
    assert len(server.inbox) == 1


def test_an_address_with_swedish_letters_needs_a_server_that_takes_it():
    to = deliverable("åsa@exämple.se")
    with MailServer(enable_SMTPUTF8=True) as knows, MailServer(enable_SMTPUTF8=False) as knows_not:
        taken = handed_to(knows, letter(to), letter())
        refused = handed_to(knows_not, letter(to), letter())

    assert taken == [Delivery("sent"), Delivery("sent")]
    assert knows.inbox[0]["To"] == "åsa@xn--exmple-cua.se"
    assert refused == [Delivery("given_up", "address_not_ascii"), Delivery("sent")]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a certificate for localhost: the folder with cert.pem and key.pem."""
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*private))
    return folder


def server_side(certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


def test_an_account_logs_in_over_starttls(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    wanted = {"host": "localhost", "security": "starttls", "user": "mikro", "password": "hemligt"}
    options = {"require_starttls": True, "tls_context": server_side(certificate), "auth_required": True}
    with MailServer(authenticator=only("mikro", "hemligt"), **options) as server:
        right = handed_to(server, letter(), **wanted)
        wrong = handed_to(server, letter(), **wanted | {"password": "fel"})

    assert right == [Delivery("sent")]
    assert wrong == [Delivery("failed", "login_refused", must_stop=True)]


def test_a_server_that_encrypts_from_the_first_word_is_spoken_to(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    with MailServer(ssl_context=server_side(certificate)) as server:
        deliveries = handed_to(server, letter(), host="localhost", security="tls")

    assert deliveries == [Delivery("sent")]
    assert len(server.inbox) == 1


def test_a_server_with_a_certificate_of_its_own_making_is_not_trusted(certificate):
    options = {"tls_context": server_side(certificate)}
    with MailServer(**options) as server:
        deliveries = handed_to(server, letter(), host="localhost", security="starttls")

    assert deliveries == [Delivery("failed", "not_secure", must_stop=True)]
    assert server.inbox == []


def test_what_should_be_encrypted_is_never_sent_in_the_clear():
    with MailServer() as server:
        deliveries = handed_to(server, letter(), security="starttls")

    assert deliveries == [Delivery("failed", "not_secure", must_stop=True)]
    assert server.inbox == []


def test_without_a_host_there_are_no_settings():
    assert settings_of({}) is None
    assert settings_of({"MIKRO_SMTP_HOST": "  "}) is None


@pytest.mark.parametrize(("security", "port"), [("", 587), ("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_from_the_security(security, port):
    found = settings_of(HERE | {"MIKRO_SMTP_SECURITY": security})

    assert found.port == port
    assert (found.sender, found.sender_name, found.domain) == (
        "mikro@example.se", "Mikrotjänster Åstorp", "example.se",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"MIKRO_SMTP_SECURITY": "ssl"}, "MIKRO_SMTP_SECURITY must be one of starttls, tls, none, not 'ssl'."),
        ({"MIKRO_SMTP_PORT": "0"}, "MIKRO_SMTP_PORT must be a number from 1 to 65535, not '0'."),
        ({"MIKRO_SMTP_PORT": "smtp"}, "MIKRO_SMTP_PORT must be a number from 1 to 65535, not 'smtp'."),
        ({"MIKRO_SMTP_FROM": ""}, "MIKRO_SMTP_FROM must be the address messages come from, not ''."),
        ({"MIKRO_SMTP_FROM": "a@b.se\nBcc: c@d.se"}, "MIKRO_SMTP_FROM must be the address"),
        ({"MIKRO_SMTP_FROM": "åsa@example.se"}, "MIKRO_SMTP_FROM must be the address"),
        ({"MIKRO_SMTP_USER": "mikro"}, "MIKRO_SMTP_USER and MIKRO_SMTP_PASSWORD go together: set both or neither."),
        ({"MIKRO_SMTP_PASSWORD": "hemligt"}, "MIKRO_SMTP_USER and MIKRO_SMTP_PASSWORD go together"),
        (
            {"MIKRO_SMTP_HOST": "smtp.example.se", "MIKRO_SMTP_USER": "mikro", "MIKRO_SMTP_PASSWORD": "hemligt",
             "MIKRO_SMTP_SECURITY": "none"},
            "MIKRO_SMTP_SECURITY=none would send the password unencrypted: use starttls or tls.",
        ),
    ],
)  # fmt: skip
def test_settings_that_cannot_work_are_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(InputError) as refusal:
        settings_of(HERE | wrong)

    assert str(refusal.value).startswith(sentence)
    assert "hemligt" not in str(refusal.value)


def test_the_password_is_not_shown_with_the_settings():
    assert "hemligt" not in repr(settings(25, user="mikro", password="hemligt"))  # noqa: S106


@pytest.mark.parametrize("address", ["rut@example.se", "r.u-t+x@sub.example.se", "o'hara@example.se"])
def test_an_address_stays_as_it_is(address):
    assert deliverable(f" {address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        None, "", "rut", "rut@", "@example.se", "rut@localhost", "rut@example..se", "rut@-example.se",
        "r..t@example.se", "rut ek@example.se", "<rut@example.se>", "rut@example.se, ada@example.se",
        "rut@example.se\r\nBcc: ada@example.se", "rut@example.se>\r\nRCPT TO:<ada@example.se", "rut@[127.0.0.1]",
        "rut@example.se\x00", "\u200brut@example.se",
        '"rut"@example.se', f"{'r' * 300}@example.se", f"rut@{'e' * 70}.se",
    ],
)  # fmt: skip
def test_what_is_no_address_is_none(address):
    assert deliverable(address) is None


@given(st.text(max_size=60), st.text(max_size=400))
def test_no_address_and_no_text_can_add_a_header_or_a_line_to_the_envelope(address, text):
    to = deliverable(f"{address}@example.se") or "rut@example.se"

    message = letter(to, text=text)

    assert message.keys() == letter().keys()
    assert [found.addr_spec for found in message["To"].addresses] == [to]
    assert not set(to) & set(" \r\n,<>")
    wire = message.as_bytes(policy=SMTP.clone(utf8=True, cte_type="7bit"))
    assert max(len(line) for line in wire.split(b"\r\n")) <= 998


@pytest.mark.parametrize("lines", [1, 20_000])
def test_a_body_of_a_megabyte_arrives_whole(lines):
    text = "å" * (1_000_000 // 2 // lines) + "\n"
    with MailServer() as server:
        deliveries = handed_to(server, letter(text=text * lines))

    assert deliveries == [Delivery("sent")]
    assert body_of(server.inbox[0]) == text * lines
