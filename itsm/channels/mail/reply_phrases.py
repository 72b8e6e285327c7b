"""Words by which mail programs in many languages introduce quotes, forwards, signatures and disclaimers."""

import re

WROTE = re.compile(
    r"\b(?:wrote|writes|skrev|skrifaði|schrieb|geschrieben|escribi[óo]|a écrit|ha scritto|escreveu|schreef|kirjoitti|"
    r"napisał(?:\(a\)|a)?|pisze|napsal(?:\(a\)|a)?|írta|a scris|yazdı|написал(?:\(а\)|а)?|пишет|писал(?:\(а\)|"
    r"а)?|написав|"
    r"έγραψε(?:\(αν\))?|έγραψαν)\b|نوشت(?:ه)?|كتب|כתב|写道|寫道|書いた|書きました|のメール|작성|님이",
    re.IGNORECASE,
)
"""The verb of an attribution line."""

ATTRIBUTION_START = re.compile(
    r"^\W{0,3}(?:On|Am|Den|Le|Il|El|Em|A|Op|Dnia|W dniu|Dne|Pe|Στις|Την|Τη|Στο|В|در|بتاريخ|ב|在|于|På|"
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Mån|Tis|Ons|Tors?|Fre|Lör|Sön|Man|Tir|Lør|Søn|Ma|Ti|Ke|To|Pe|La|Su)\w{0,6}|"
    r"\d{1,4})\b",
    re.IGNORECASE,
)
"""How an attribution line begins, to find its first line when it runs over several."""

_HEADER_WORDS = {
    "from": "From|Von|De|Från|Fra|Van|Da|Lähettäjä|Od|От|От кого|Από|از|差出人|送信者|发件人|寄件者|寄件人|"
    "보낸 사람|Expéditeur|Remitente|Od kogo|Kimden",
    "sent": "Sent|Date|Gesendet|Datum|Enviad[oa](?: el| em)?|Fecha|Data|Envoyé(?: le)?|Skickat|Sendt|Dato|"
    "Verzonden|Inviato|Lähetetty|"
    "Päivämäärä|Wysłano|Wysłane|Дата|Отправлено|Στάλθηκε|Εστάλη|Ημερομηνία|ارسال(?: شده)?|تاریخ|送信日時|日付|"
    "日時|发送时间|发送日期|"
    "日期|時間|寄件日期|傳送時間|보낸 날짜|Gönderme Tarihi",
    "to": "To|An|Para|À|A|Till|Til|Aan|Vastaanottaja|Do|Кому|Προς|به|گیرنده|宛先|收件人|收件者|받는 사람|Kime",
    "subject": "Subject|Betreff|Asunto|Objet|Ämne|Emne|Onderwerp|Oggetto|Assunto|Aihe|Temat|Тема|Θέμα|موضوع|"
    "件名|主题|主旨|제목|Konu",
    "copy": "Cc|CC|Kopia|Kopi|Copie(?: à)?|Copia|Kopio|DW|Копия|Κοιν\\.?|Κοινοποίηση|رونوشت|抄送|副本|参照|참조",
}
HEADER_FIELDS = {
    kind: re.compile(rf"^[*_ ]{{0,3}}(?:{words})[*_ ]{{0,3}}\s?[:：][*_ ]{{0,3}}", re.IGNORECASE)
    for kind, words in _HEADER_WORDS.items()
}
"""The labels of the block that Outlook and others put above a quoted mail."""

ORIGINAL_MESSAGE = re.compile(
    r"^\W{0,3}[-_=]{2,}\s{0,3}(?:Original Message|Original Appointment|Reply message|Ursprüngliche Nachricht|"
    r"Ursprungligt meddelande|"
    r"Originalmeddelande|Message d['’]origine|Message original|Messaggio originale|Mensaje original|Mensagem original|"
    r"Oorspronkelijk bericht|Oprindelig meddelelse|Opprinnelig melding|Alkuperäinen viesti|Oryginalna wiadomość|"
    r"Wiadomość oryginalna|Исходное сообщение|Оригинальное сообщение|Αρχικό μήνυμα|پیام اصلی|元のメッセージ|"
    r"原始邮件|原始郵件|邮件原件|"
    r"원본 메시지|Eredeti üzenet|Původní zpráva)\s{0,3}[-_=]{2,}",
    re.IGNORECASE,
)
"""A line that says that the mail answered follows."""

FORWARDED = re.compile(
    r"^\W{0,3}(?:-{2,}\s{0,3}|_{2,}\s{0,3})?(?:Begin forwarded message|Forwarded message|Weitergeleitete Nachricht|"
    r"Anfang der weitergeleiteten|Vidarebefordrat (?:meddelande|mejl)|Vidarebefordrat brev|Message transféré|"
    r"Message transmis|"
    r"Début du message (?:réexpédié|transféré)|Mensaje reenviado|Inicio del mensaje reenviado|Messaggio inoltrato|"
    r"Inizio messaggio inoltrato|Mensagem (?:encaminhada|reencaminhada)|Doorgestuurd bericht|"
    r"Begin doorgestuurd bericht|"
    r"Videresendt (?:meddelelse|besked|melding)|Välitetty viesti|Edelleenlähetetty viesti|Przekazana wiadomość|"
    r"Wiadomość przekazana|Пересылаемое сообщение|Пересланное сообщение|Начало переадресованного сообщения|"
    r"Προωθημένο μήνυμα|پیام (?:هدایت|بازارسال|ارجاع)|転送されたメッセージ|Forwarded Message|转发的?邮件|"
    r"转发邮件信息|轉寄郵件)",
    re.IGNORECASE,
)
"""A line above a mail that the sender passes on: what follows is wanted."""

FORWARD_SUBJECT = re.compile(
    r"^\s*(?:fwd?|wg|vb|vs|tr|rv|enc|i|doorst|vidareb|vl|pd|пересл|πρθ|προωθ|fs|転送|转发|轉寄)\s?[:：]", re.IGNORECASE
)
"""The mark of a forward at the start of a subject."""

SEE_BELOW = re.compile(
    r"\b(?:see (?:the )?(?:mail |message |thread |conversation |request |e-?mail )?below|see inline|(?:answers?|"
    r"comments?|replies|"
    r"response) (?:are |is )?(?:below|inline|in[- ]?line|in red|in blue)|(?:mail|message|request|thread) below|"
    r"siehe unten|"
    r"antworten unten|s\. ?unten|se nedan|svar nedan|voir ci-dessous|réponses ci-dessous|ver (?:m[áa]s )?abajo|"
    r"respuestas abajo|"
    r"vedi sotto|veja abaixo|zie onder(?:staand)?|zie hieronder|se nedenfor|se under|ks\. alla|katso alla|"
    r"patrz poniżej|"
    r"zob\. poniżej|см\. ниже)\b|δείτε (?:πιο κάτω|παρακάτω)|در زیر|下記参照|以下を参照|见下文|請見下|请见下",
    re.IGNORECASE,
)
"""The sender points to what stands below, so it is kept."""

_DEVICE = r"[\w'’®™+&./-]{1,24}(?: [\w'’®™+&./()-]{1,24}){0,3}"
MOBILE_SIGNATURE = re.compile(
    rf"^[\W_]{{0,3}}(?:Sent from my {_DEVICE}|Sent (?:from|via|with|using) (?:Outlook|Mail|Yahoo|iPhone|iPad|"
    rf"Gmail|Proton|Samsung|"
    rf"Windows|Sparrow|Mailbird|Spark|AOL|BlackBerry|Android|the all-new)\b.{{0,100}}|Get Outlook for {_DEVICE}|"
    rf"Skickat från (?:min |mitt )?{_DEVICE}|Hämta Outlook för {_DEVICE}|Gesendet (?:von|mit|aus) (?:meinem |"
    rf"meiner |der )?{_DEVICE}|"
    rf"(?:Von|Mit) (?:meinem|meiner) {_DEVICE} (?:gesendet|verschickt)|"
    rf"Diese Nachricht wurde von meinem {_DEVICE} gesendet|"
    rf"Envoyé (?:de|depuis|à partir de) (?:mon |ma |l['’])?{_DEVICE}|Télécharger Outlook pour {_DEVICE}|"
    rf"Enviado (?:desde|do|de|a partir do|pelo) (?:mi |meu |o |el )?{_DEVICE}|Obtener Outlook para {_DEVICE}|"
    rf"Obter o Outlook para {_DEVICE}|"
    rf"Inviato (?:da|dal|dall['’]) ?(?:mio )?{_DEVICE}|Scarica Outlook per {_DEVICE}|Ottieni Outlook per {_DEVICE}|"
    rf"(?:Verstuurd|Verzonden) (?:vanaf|vanuit|met|via) (?:mijn )?{_DEVICE}|Outlook voor {_DEVICE} downloaden|"
    rf"Sendt (?:fra|via|med) (?:min |mit )?{_DEVICE}|Hent Outlook (?:til|for) {_DEVICE}|Lähetetty {_DEVICE}|"
    rf"Hanki Outlook {_DEVICE}|"
    rf"Wysłan[eoay] (?:z|ze|przez) (?:mojego |telefonu )?{_DEVICE}|Pobierz Outlook {_DEVICE}|Отправлено (?:с|из|"
    rf"от) (?:моего )?{_DEVICE}|"
    rf"(?:Στάλθηκε|Εστάλη|Απεστάλη) από (?:το )?{_DEVICE}|(?:ارسال|فرستاده) ?شده (?:از|با) .{{1,40}}|(?:از|"
    rf"با) .{{1,30}} (?:من )?ارسال شد(?:ه)?(?: است)?|"
    r".{1,40}から送信(?:されました|済み)?|(?:发自|發自|傳送自)我的.{1,30}|(?:从|從)我的.{1,30}(?:发送|發送|傳送)|"
    r"나의 .{1,30}에서 보냄)(?:\s?[<(\[]https?://\S{1,300}[>)\]])?[.。!]?$",
    re.IGNORECASE,
)
"""A line that a telephone or a mail program adds by itself."""

_THIS_MESSAGE = (
    r"e-?mail|message|communication|transmission|information contained|nachricht|mensaje|correo|mensagem|"
    r"messaggio|bericht|"
    r"meddelande|e-post|meddelelse|melding|viesti|sähköposti|wiadomość|сообщени|письмо|μήνυμα|ایمیل|پیام|メール|"
    r"邮件|郵件"
)
_CONFIDENTIAL = (
    r"confidential|privileged|intended (?:solely|only|recipient)|vertraulich|confidencia|confidentiel|riservat|"
    r"confidenzial|"
    r"vertrouwelijk|konfidentiell|sekretess|fortrolig|luottamuksell|poufn|конфиденциальн|εμπιστευτικ|محرمانه|"
    r"機密|秘密|保密|机密"
)
DISCLAIMER = re.compile(rf"(?=.*(?:{_THIS_MESSAGE}))(?=.*(?:{_CONFIDENTIAL}))", re.IGNORECASE | re.DOTALL)
"""A paragraph that speaks of this message and of secrecy."""

DISCLAIMER_START = re.compile(
    r"^\W{0,4}(?:(?:legal |e-?mail )?disclaimer|confidentiality|(?:important |legal |privacy |confidentiality |"
    r"privileged )notice|this (?:e-?mail|message|communication|"
    r"transmission)|the (?:information|contents?) (?:contained )?(?:in|of) this|if you (?:are not|"
    r"have received)|diese (?:e-?mail|nachricht)|der inhalt dieser|"
    r"este (?:mensaje|correo|e-?mail)|esta (?:mensagem|comunica)|aviso (?:legal|de confid)|ce (?:message|"
    r"courriel|mail)|"
    r"questo (?:messaggio|e-?mail)|questa (?:e-?mail|comunicazione)|le informazioni contenute|dit (?:e-?mail|"
    r"bericht)|deze e-?mail|de informatie in|"
    r"detta (?:meddelande|mejl|mail|e-post)|informationen i detta|denne (?:e-?mail|e-post|meddelelse|mail)|"
    r"tämä (?:viesti|sähköposti)|"
    r"ta wiadomość|niniejsza|wiadomość ta|это (?:сообщение|письмо|электронное)|данное (?:сообщение|письмо)|"
    r"настоящее|αυτό το|το παρόν|το μήνυμα αυτό|"
    r"این (?:ایمیل|پیام)|(?:この|本)(?:メール|電子メール)|(?:本|此)(?:邮件|郵件)|please consider the environment)",
    re.IGNORECASE,
)
"""How such a paragraph begins; one that begins otherwise is kept."""

LIST_FOOTER = re.compile(
    r"mailing list|/mailman/|unsubscribe|listinfo|list-manage|groups\.google\.com|googlegroups", re.IGNORECASE
)
"""What the lines below a mailing list's rule speak of."""
