"""Words that say what kind of number follows, in the 46 languages.

Collected for this project from everyday forms ("Tel:", "phone", "mobile", "ID number"). A cue counts only in
the few words before a number; it never makes a span by itself.
"""

from __future__ import annotations

import re

__all__ = [
    "CARD_CUE",
    "DATE_CUE",
    "IDENTITY_CUE",
    "IP_CUE",
    "NUMBER_CUE",
    "PHONE_AFTER",
    "PHONE_CUE",
    "PHONE_LABEL",
]

_PHONE = """
tel tél tlf telefon telephone telephones téléphone teléfono telefone telefon telefonoa foon phone phones
call calling dial answering reach mobile cell cellphone fax sms whatsapp telegram viber wechat hotline
helpline móvil movil celular
telemóvel ligue llame llamar llama appelez appeler portable contacto fixe trucar mòbil telèfon mugikorra
deitu điện^thoại số^đt đt sđt gọi di^động telepon telp hp ponsel hubungi nomor^hp simu rununu piga fóònù
foonu nọ́mbà ekwentị akara^ekwentị nomba^ekwentị fonúm ifowuni umnxeba ucingo umakhalekhukhwini foni runhare
nhare essimu telefoni terefone terefoni telefono mogala mogalathekeng founu lamya riqingho foninhlayo
ahomatrofoɔ telefɔni telefɔn nimero telefɔniw thimũ namba lamyo lekgokgo
ntambo fɔn alokan 電話 电话 手機 手机 致电 致電
热线 熱線 联系方式 聯絡電話 传真 傳真 هاتف الهاتف تلفون تليفون
جوال الجوال موبايل محمول اتصل فاكس واتساب फ़ोन फोन टेलीफोन
मोबाइल दूरभाष सम्पर्क संपर्क कॉल दूरध्वनी मोबाईल ভ্রাম্যমাণ ফোন মোবাইল টেলিফোন ফোনে দূৰভাষ ম'বাইল தொலைபேசி
அலைபேசி கைபேசி போன் ഫോൺ മൊബൈൽ ടെലിഫോൺ ఫోన్ మొబైల్ టెలిఫోన్ ಫೋನ್ ಮೊಬೈಲ್ ದೂರವಾಣಿ ફોન મોબાઇલ ટેલિફોન ଫୋନ ମୋବାଇଲ
ଟେଲିଫୋନ ਫ਼ੋਨ ਫੋਨ ਮੋਬਾਈਲ ਟੈਲੀਫੋਨ فون موبائل ٹیلیفون رابطہ
"""

_IDENTITY = """
ssn social^security national^id identity^number identity^card id^number id^card id^no passport aadhaar
aadhar uid pan epic voter^id nino nric fin hkid cnic nadra nin nik ktp npwp cpf nif nie dni curp rfc rut run
cuil cuit nit ci cédula cedula rg bi contribuinte cartão^de^cidadão cidadão identificação identidad
identidade identité insee sécurité^sociale numéro^de^sécurité^sociale nir carte^d'identité nhs medicare tfn
sin tax^id tin pin kra documento document^d'identitat nortasun nan cccd cmnd căn^cước mã^số^thuế số^cmnd
kitambulisho nambari^ya^kitambulisho ìdánimọ̀ njirimara irangamuntu indangamuntu isazisi isitupa omazisi
chitupa ndagamuntu boitsebiso boitšupo lokwalo^lwa^boitsholo id 身份证
身份證 居民身份证号 公民身份号码 身分證 证件号 證件號碼 護照 护照
الرقم^القومي رقم^الهوية الهوية بطاقة جواز شناختی شناختی^کارڈ قومی^شناختی आधार पैन पहचान^पत्र आधार^क्रमांक
नागरिकता আধার প্যান পরিচয়পত্র ஆதார் பான் ആധാർ പാൻ ఆధార్ పాన్ ಆಧಾರ್ ಪಾನ್ આધાર પાન ଆଧାର ପାନ ਆਧਾਰ ਪੈਨ آدھار
"""

_IP = "ip ipv4 ipv6 address addr host server gateway dns ping from client remote login logged"
_CARD = """
card visa mastercard amex credit debit carte tarjeta cartão targeta thẻ kartu kadi karatasi txartel iwe ìwé
银行卡 信用卡 卡号 信用卡號 卡號 بطاقة कार्ड কার্ড அட்டை கார்டு കാർഡ് కార్డ్ కార్డు ಕಾರ್ಡ್ કાર્ડ କାର୍ଡ ਕਾਰਡ کارڈ
"""
_NUMBER = """
isbn issn doi isni orcid version versione versão versión release rev revision section sections sec § rfc
chapter figure fig table page pages pp vol no^. patent serial sku ean upc gtin asin bug issue ticket commit
revision build order invoice lot batch part oid pmid arxiv urn kernel 版本
"""
_DATE = (
    "date on since until born née né died copyright © fecha data datum tarikh ngày tanggal 日期 التاريخ दिनांक"
)


def _cue(words: str, between: str = r"[^\n0-9]{0,24}$") -> re.Pattern[str]:
    """The words, not inside a longer Latin word, near the end of the text before a number."""
    forms = sorted({word.replace("^", " ").lower() for word in words.split()}, key=lambda w: (-len(w), w))
    latin = [re.escape(form) for form in forms if form.isascii() or form[0] < "\u0250"]
    others = [re.escape(form) for form in forms if not (form.isascii() or form[0] < "\u0250")]
    pattern = r"(?<![a-zà-ɏ])(?:" + "|".join(latin) + r")(?![a-zà-ɏ])"
    if others:
        pattern = f"(?:{pattern}|{'|'.join(others)})"
    return re.compile(pattern + between)


PHONE_CUE = _cue(_PHONE)
#: The word is a label: nothing but punctuation between it and the number.
PHONE_LABEL = _cue(_PHONE, r"[\s:：.\-–(]{0,5}$")
#: The label stands behind the number, as on a letterhead.
PHONE_AFTER = re.compile(
    r"[ ,]{0,2}[-(–]? ?"
    r"(?:office|fax|mobile|cell|phone|tel|home|desk|work|móvil|celular|portable|bureau)(?![a-z])"
)
IDENTITY_CUE = _cue(_IDENTITY)
IP_CUE = _cue(_IP)
CARD_CUE = _cue(_CARD)
NUMBER_CUE = _cue(_NUMBER, r"[^\n0-9]{0,12}$")
DATE_CUE = _cue(_DATE, r"[^\n0-9]{0,6}$")
