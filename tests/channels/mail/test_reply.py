"""The visible reply: quotes and signatures go, nothing that the sender wrote is cut."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from itsm.channels.mail.parse import parse_mail
from itsm.channels.mail.reply import visible_reply
from tests.properties import examples, grows_in_step

SAMPLES = Path(__file__).resolve().parents[3] / ".." / "shared" / "samples" / "mail"
MAILS = sorted((SAMPLES / "talon").glob("*.eml"))
PAGES = sorted((SAMPLES / "talon").glob("*.html"))
needs_samples = pytest.mark.skipif(not MAILS, reason="the shared samples do not lie beside the checkout")

ATTRIBUTIONS = {
    "en": "On Mon, 3 May 2026 at 10:15, Anna Berg <anna@example.com> wrote:",
    "en, three lines": "On May 3, 2026, at 10:15 AM, Anna Berg\n<anna@example.com>\nwrote:",
    "sv": "Den mån 3 maj 2026 kl 10:15 skrev Anna Berg <anna@example.com>:",
    "es": "El lun, 3 may 2026 a las 10:15, Anna Berg (<anna@example.com>) escribió:",
    "fa": "در تاریخ دوشنبه ۳ مه ۲۰۲۶ ساعت ۱۰:۱۵ Anna Berg <anna@example.com> نوشت:",
    "el": "Στις Δευ 3 Μαΐ 2026 στις 10:15 π.μ., ο χρήστης Anna Berg <anna@example.com> έγραψε:",
    "de": "Am Mo., 3. Mai 2026 um 10:15 Uhr schrieb Anna Berg <anna@example.com>:",
    "fr": "Le lun. 3 mai 2026 à 10:15, Anna Berg <anna@example.com> a écrit :",
    "it": "Il giorno lun 3 mag 2026 alle ore 10:15 Anna Berg <anna@example.com> ha scritto:",
    "pt": "Em seg., 3 de mai. de 2026 às 10:15, Anna Berg <anna@example.com> escreveu:",
    "nl": "Op ma 3 mei 2026 om 10:15 schreef Anna Berg <anna@example.com>:",
    "da": "Den man. 3. maj 2026 kl. 10.15 skrev Anna Berg <anna@example.com>:",
    "no": "man. 3. mai 2026 kl. 10:15 skrev Anna Berg <anna@example.com>:",
    "fi": "ma 3. toukok. 2026 klo 10.15 Anna Berg (anna@example.com) kirjoitti:",
    "pl": "pon., 3 maj 2026 o 10:15 Anna Berg <anna@example.com> napisał(a):",
    "ru": "пн, 3 мая 2026 г. в 10:15, Anna Berg <anna@example.com>:",
    "ja": "2026年5月3日(日) 10:15 Anna Berg <anna@example.com>:",
    "zh": "Anna Berg <anna@example.com> 于2026年5月3日周一 10:15写道：",
}
LABELS = {
    "en": ("From", "Sent", "To", "Subject"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "es": ("De", "Enviado el", "Para", "Asunto"),
    "fa": ("از", "ارسال شده", "به", "موضوع"),
    "el": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "pt": ("De", "Enviada em", "Para", "Assunto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "da, no": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "pl": ("Od", "Wysłano", "Do", "Temat"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
}
PROGRAM_LINES = [
    "Sent from my iPhone",
    "Sent from my Verizon Wireless BlackBerry",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Sent from Mail for Windows",
    "Skickat från min iPhone",
    "Enviado desde mi iPhone",
    "ارسال شده از iPhone من",
    "Στάλθηκε από το iPhone μου",
    "Von meinem iPhone gesendet",
    "Gesendet von Mail für Windows",
    "Envoyé de mon iPhone",
    "Inviato da iPhone",
    "Enviado do meu iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Wysłane z iPhone'a",
    "Отправлено с iPhone",
    "iPhoneから送信",
    "发自我的iPhone",
]
DISCLAIMERS = [
    "This e-mail and any attachments are confidential and intended solely for the addressee.",
    "CONFIDENTIALITY NOTICE: The information contained in this message is privileged.",
    "Detta meddelande är konfidentiellt och endast avsett för mottagaren.",
    "Diese E-Mail enthält vertrauliche Informationen und ist nur für den Empfänger bestimmt.",
    "Este mensaje es confidencial y está dirigido únicamente a su destinatario.",
    "Ce message est confidentiel et destiné uniquement à son destinataire.",
    "Это сообщение содержит конфиденциальную информацию.",
    "Αυτό το μήνυμα είναι εμπιστευτικό και προορίζεται μόνο για τον παραλήπτη.",
    "این ایمیل محرمانه است و تنها برای گیرندهٔ آن فرستاده شده است.",
    "このメールには機密情報が含まれている可能性があります。無断転載を禁じます。",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS.keys())
@pytest.mark.parametrize("quote", ["\n> Old text\n> more", "\n\n> Old text\n>\n> more\n", "\n\nOld text\nmore"])
def test_quote_below_an_attribution(attribution: str, quote: str) -> None:
    assert visible_reply(f"New answer.\n\n{attribution}{quote}") == "New answer."


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS.keys())
def test_answers_between_the_quotes_are_kept(attribution: str) -> None:
    text = f"{attribution}\n> Which printer?\n\nThe one in the hall.\n\n> Since when?\n\nMonday.\n"
    assert visible_reply(text) == "The one in the hall.\n\nMonday."


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS.keys())
@pytest.mark.parametrize("form", ["{}: {}", "*{}:* {}", "{} : {}"])
def test_block_of_labels_above_the_quoted_mail(labels: tuple[str, ...], form: str) -> None:
    values = ("Anna Berg <anna@example.com>", "Monday 3 May 2026 10:15", "Desk", "RE: printer")
    block = "\n".join(form.format(label, value) for label, value in zip(labels, values, strict=True))
    assert visible_reply(f"New answer.\n\n{block}\n\nOld text") == "New answer."


@pytest.mark.parametrize(
    "line",
    [
        "-----Original Message-----",
        "----- Ursprungligt meddelande -----",
        "-----Ursprüngliche Nachricht-----",
        "-----原始邮件-----",
    ],
)
def test_separator_line(line: str) -> None:
    assert visible_reply(f"New answer.\n\n{line}\nOld text") == "New answer."


@pytest.mark.parametrize("line", PROGRAM_LINES)
def test_line_of_the_mail_program(line: str) -> None:
    assert visible_reply(f"New answer.\n\n{line}") == "New answer."
    assert visible_reply(f"New answer.\n\n{line}\n\n{ATTRIBUTIONS['en']}\n> Old") == "New answer."


@pytest.mark.parametrize("paragraph", DISCLAIMERS)
def test_disclaimer(paragraph: str) -> None:
    assert visible_reply(f"New answer.\n\n{paragraph}") == "New answer."


def test_signature_disclaimer_and_list_footer_together() -> None:
    footer = "_" * 40 + "\nusers mailing list\nusers@lists.example.com"
    text = f"New answer.\n\n-- \nAnna\nBerg AB\n\n{DISCLAIMERS[0]}\n\n{footer}"
    assert visible_reply(text) == "New answer."


@pytest.mark.parametrize(
    "text",
    [
        "On Monday John wrote:\nplease reset it\nbut nothing happened.",
        "I get this:\n> error 5",
        "I typed\n> ipconfig /all\nand nothing came.",
        "From: Stockholm\nTo: London\nDate: 3 May\n\nBook this trip please.",
        "Please order\n- mouse\n- keyboard",
        "Please order\n\n-Mouse\n-Keyboard",
        "Problem A\n--\nProblem B\n--\nProblem C",
        "Sent from my desk, is much easier then my mobile phone.",
        "Please help.\n\nThanks,\nAlex",
        "Is this message confidential?\n\nThe message that I got says it is confidential, what now?",
        "-- \nAnna",
        "> only a quote",
        "\n".join(f"line {number}" for number in range(40)),
        "Look:\n\n" + "=" * 40 + "\nA table\n" + "=" * 40 + "\nrow",
        "\n".join(["Text", "", "-- ", *(f"row {number}" for number in range(40))]),
    ],
)
def test_nothing_wanted_is_cut(text: str) -> None:
    assert visible_reply(text) == "\n".join(line.rstrip() for line in text.split("\n"))


def test_what_is_passed_on_is_kept() -> None:
    labels = "From: A <a@example.com>\nDate: Mon 10:00\nSubject: x\nTo: y"
    forwarded = f"---------- Forwarded message ---------\n{labels}\n\nIt burns"
    assert visible_reply(f"FYI\n\n{forwarded}") == f"FYI\n\n{forwarded}"
    block = "From: A <a@example.com>\nSent: Mon 10:00\nTo: y\nSubject: x\n\nIt burns"
    assert visible_reply(block) == block
    assert visible_reply(f"See below.\n\n{block}") == f"See below.\n\n{block}"
    raw = f"From: b@example.com\nSubject: Fwd: x\n\nPlease\n\n{block}".encode()
    assert parse_mail(raw).reply_text == f"Please\n\n{block}"
    assert parse_mail(raw.replace(b"Fwd:", b"Re:")).reply_text == "Please"


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote">On 3/5/2026 10:15, A wrote:<blockquote class="gmail_quote">Old</blockquote></div>',
        '<div class="moz-cite-prefix">On 03.05.2026 10:15, A wrote:<br></div><blockquote type="cite">Old</blockquote>',
        '<hr><div id="divRplyFwdMsg"><b>From:</b> A<br><b>Sent:</b> Monday 10:15<br><b>To:</b> B</div><div>Old</div>',
        '<div style="border-top:solid #E1E1E1 1.0pt"><p>Von: A<br>Gesendet: Montag<br>An: B</p></div><p>Old</p>',
        '<div class="yahoo_quoted"><div>On Monday, A wrote:</div><div>Old</div></div>',
    ],
)
def test_quotes_in_html(quote: str) -> None:
    assert visible_reply("", f"<html><body><p>New answer.</p>{quote}</body></html>") == "New answer."


def test_answers_between_quotes_in_html() -> None:
    html = (
        '<div class="gmail_quote">On Mon, 3 May 2026 at 10:15, A &lt;a@example.com&gt; wrote:<br>'
        '<blockquote class="gmail_quote">Which?</blockquote><div>The old one.</div>'
        '<blockquote class="gmail_quote">When?</blockquote><div>Monday.</div></div>'
    )
    assert visible_reply("", html) == "The old one.\n\nMonday."


def test_indented_block_of_ones_own_stays() -> None:
    assert visible_reply("", "<p>It says:</p><blockquote>Disk full</blockquote>") == "It says:\n\nDisk full"


@pytest.mark.parametrize(
    "piece",
    ["> ", "On 1 wrote ", "From: a\n", "Sent from my iPhone\n", "> a\n\nb\n", "-- \n", "_" * 40 + "\n", "\n"],
)
def test_long_hostile_texts_cost_no_more_than_their_length(piece: str) -> None:
    assert grows_in_step(lambda letters: visible_reply(piece * (letters // len(piece))), 400_000)


@given(st.text(alphabet=st.sampled_from("ab>\n -_:@<.1"), max_size=200))
@settings(max_examples=examples(300), deadline=None)
def test_any_text_gives_some_of_its_lines(text: str) -> None:
    reply = visible_reply(text)
    assert {line.strip() for line in reply.split("\n")} <= {line.strip() for line in text.split("\n")} | {""}
    assert bool(reply) == bool(text.strip())


@needs_samples
@pytest.mark.samples
@pytest.mark.parametrize("path", MAILS, ids=lambda path: path.stem)
def test_mail_programs(path: Path) -> None:
    """The file beside two of the mails still holds the signature, which is no part of the visible reply."""
    assert parse_mail(path.read_bytes()).reply_text == "Hello"


@needs_samples
@pytest.mark.samples
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_html_of_mail_programs(path: Path) -> None:
    lines = [line for line in visible_reply("", path.read_text(encoding="utf-8")).split("\n") if line]
    assert lines == ["Hi. I am fine.", "Thanks,", "Alex"]


EXPECTED = {
    "correct_sig": ("this is an email with a correct -- signature.", "this is an email with a correct -- signature."),
    "email_1_1": ("Hi folks", "I am currently using the Java HTTP API."),
    "email_1_2": ("Hi,", 'the keys in a bucket, you’ll need to delete them all individually."'),
    "email_1_3": ("Oh thanks.", "Having the function would be great."),
    "email_1_4": ("Awesome!", "I haven't had another problem with it."),
    "email_1_5": ("One: Here's what I've got.", "for a while."),
    "email_1_6": ("I get proper rendering as well.", "Sent from a magnificent torch of pixels"),
    "email_1_7": (":+1:", ":+1:"),
    "email_1_8": ("I will reply under this one", "and under this."),
    "email_2_1": ("Outlook with a reply", "Outlook with a reply"),
    "email_2_2": ("Outlook with a reply directly above line", "Outlook with a reply directly above line"),
    "email_2_3": ("Outlook with a reply directly above line", "Outlook with a reply directly above line"),
    "email_BlackBerry": ("Here is another email", "Here is another email"),
    "email_bullets": ("test 2 this should list second", "- how about bullets\n   - and another"),
    "email_iPhone": ("Here is another email", "Here is another email"),
    "email_long_quote": ("Hi folks", "I am currently using the Java HTTP API."),
    "email_multi_word_sent_from_my_mobile_device": ("Here is another email", "Here is another email"),
    "email_one_is_not_on": ("Thank, this is really helpful.", "Locally (on development), when I run..."),
    "email_sent_from_my_not_signature": ("Here is another email", "is much easier then my mobile phone."),
    "email_sig_delimiter_in_middle_of_line": ("Hi there!", "kthxbai"),
    "greedy_on": ("On your remote host you can run:", "fails, the tunnel is not working."),
    "pathological": ("I think you're onto something.", "get back to a computer."),
}  # fmt: skip


@needs_samples
@pytest.mark.samples
@pytest.mark.parametrize("name", EXPECTED)
def test_quoted_and_signed_texts(name: str) -> None:
    first, last = EXPECTED[name]
    reply = visible_reply((SAMPLES / "email_reply_parser" / f"{name}.txt").read_text(encoding="utf-8"))
    assert reply.startswith(first)
    assert reply.endswith(last)


@needs_samples
@pytest.mark.samples
def test_every_text_of_the_samples_is_expected() -> None:
    assert {path.stem for path in (SAMPLES / "email_reply_parser").glob("*.txt")} == set(EXPECTED)
