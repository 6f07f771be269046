"""Test what the agent's words ask for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ivr.text.turn.answer.dates import BIRTH_DIGITS
from ivr.text.turn.answer.numbers import LONG_NUMBER
from ivr.text.turn.answer.places import FULL_NAME
from ivr.text.turn.answers import CHOICE
from ivr.text.turn.asked import asked_for
from tests.text.tables import failures


def test_digits_are_asked_for() -> None:
    rows = [
        ("May I have the 13-digit waybill number?", ("digits", 13)),
        ("Could you give me your account number, please?", ("digits", 0)),
        ("What are the last four digits of your card?", ("digits", 4)),
        ("And the last 4 of your social?", ("digits", 4)),
        ("Please enter or say your four-digit PIN.", ("digits", 4)),
        ("Please tell me the verification code we sent you.", ("digits", 0)),
        ("I'll need your iqama number.", ("digits", 10)),
        ("What's your national ID?", ("digits", 10)),
        ("What is the best phone number to reach you on? It should have eleven digits.", ("digits", 11)),
        ("Your mobile number please.", ("digits", 0)),
        ("How many people will be travelling?", ("digits", 0)),
        ("How much would you like to transfer?", ("digits", 0)),
        ("What number are you calling from?", ("digits", 0)),
        ("Can you read me the six character booking code?", ("digits", 6)),
        ("Would you mind telling me your order number?", ("digits", 0)),
        ("Thank you, Sara. And what is your ten digit account number?", ("digits", 10)),
        ("What is the number on the last page?", ("digits", 0)),
        ("What is your IBAN?", ("digits", 24)),
        ("رقم الشحنة المكون من ١٣ رقم؟", ("digits", 13)),
        ("عطني رقم البوليصة، ثلاثة عشر رقم.", ("digits", 13)),
        ("رقم الفاتورة ثمانية أرقام.", ("digits", 8)),
        ("ممكن رقم الجوال؟", ("digits", 10)),
        ("رقم الهوية لو سمحت", ("digits", 10)),
        ("ما هو رقم الإقامة؟", ("digits", 10)),
        ("ممكن آخر أربع أرقام من البطاقة؟", ("digits", 4)),
        ("وش رمز التحقق اللي وصلك؟", ("digits", 0)),
        ("اقرأ لي الآيبان.", ("digits", 24)),
        ("كم عدد الركاب؟", ("digits", 0)),
        ("أعطني الكود من ست خانات لو سمحت.", ("digits", 6)),
        ("تقدر تعطيني رقم الطلب؟", ("digits", 0)),
        ("I've sent you a five digit code. What is it?", ("digits", 5)),
        ("We have sent a code to your phone. Can you read it to me please?", ("digits", 0)),
        ("The number has ten digits. I only heard seven.", ("digits", 10)),
        ("What's the plate of the car?", ("digits", 0)),
        ("What is your zip?", ("digits", 5)),
        ("أرسلت لك رمز من ستة أرقام. وش هو؟", ("digits", 6)),
        ("اقرأ علي رقم البوليصة الأحد عشر رقم.", ("digits", 11)),
        ("انطق الرمز الرباعي.", ("digits", 4)),
        ("الرمز البريدي لو سمحت.", ("digits", 5)),
        ("هل ممكن تزودني برقم العميل؟", ("digits", 0)),
    ]
    assert failures(rows, asked_for) == []


def test_long_numbers_are_asked_for() -> None:
    rows = [
        ("What is the waybill number?", ("digits", LONG_NUMBER)),
        ("Could you read me the number on the airway bill?", ("digits", LONG_NUMBER)),
        ("What is your 13-digit tracking number?", ("digits", 13)),
        ("How many items are in the shipment?", ("digits", 0)),
        ("كم رقم البوليصة؟", ("digits", LONG_NUMBER)),
        ("عطني رقم الشحنة لو سمحت.", ("digits", LONG_NUMBER)),
        ("وش رقم شحنتك؟", ("digits", LONG_NUMBER)),
        ("كم عدد القطع في الشحنة؟", ("digits", 0)),
    ]
    assert failures(rows, asked_for) == []


def test_other_kinds_are_asked_for() -> None:
    rows = [
        ("What is your date of birth?", ("date", BIRTH_DIGITS)),
        ("Which day suits you best?", ("date", 0)),
        ("When would you like us to deliver?", ("date", 0)),
        ("What time should the driver come?", ("date", 0)),
        ("Could you tell me when you placed the order?", ("date", 0)),
        ("متى يناسبك؟", ("date", 0)),
        ("أي يوم يناسبك؟", ("date", 0)),
        ("تاريخ الميلاد لو سمحت؟", ("date", BIRTH_DIGITS)),
        ("كم تاريخ ميلادك؟", ("date", BIRTH_DIGITS)),
        ("متى تحب نوصل لك الشحنة؟", ("date", 0)),
        ("في أي ساعة تحب الموعد؟", ("date", 0)),
        ("May I have your full name?", ("name", FULL_NAME)),
        ("Who am I speaking with?", ("name", 0)),
        ("Could you spell your last name?", ("name", 0)),
        ("And your name?", ("name", 0)),
        ("What name is the booking under?", ("name", 0)),
        ("الاسم الكامل لو سمحت؟", ("name", FULL_NAME)),
        ("مين معي؟", ("name", 0)),
        ("ممكن أعرف اسمك؟", ("name", 0)),
        ("مع من أتكلم؟", ("name", 0)),
        ("What is the delivery address?", ("address", 0)),
        ("Where do you live?", ("address", 0)),
        ("Which city are you in?", ("address", 0)),
        ("Could you give me your street and house number?", ("address", 0)),
        ("وين موقعك؟", ("address", 0)),
        ("عطني العنوان الوطني.", ("address", 0)),
        ("في أي حي ساكن؟", ("address", 0)),
        ("وين تبينا نوصل الشحنة؟", ("address", 0)),
        ("ما هو عنوان التوصيل؟", ("address", 0)),
        ("What is your e-mail?", ("email", 0)),
        ("Could you spell your email address for me?", ("email", 0)),
        ("الإيميل لو سمحت؟", ("email", 0)),
        ("ما هو بريدك الإلكتروني؟", ("email", 0)),
        ("كيف ينكتب إيميلك؟", ("email", 0)),
        ("أملي علي الإيميل.", ("email", 0)),
        ("Which address should I e-mail it to?", ("email", 0)),
        ("What's the zip and the street?", ("address", 0)),
        ("On which day was it?", ("date", 0)),
        ("Which apartment is it?", ("address", 0)),
        ("وش المدينة والحي؟", ("address", 0)),
        ("عند أي بوابة نستلمك؟", ("address", 0)),
        ("كيف تكتب اسمك؟", ("name", 0)),
        ("من المستلم؟", ("name", 0)),
        ("صف لي موقع البيت.", ("address", 0)),
        ("وين مكان سكنك؟", ("address", 0)),
        ("أي فترة تناسبك؟", ("date", 0)),
    ]
    assert failures(rows, asked_for) == []


def test_yes_or_no_is_asked_for() -> None:
    rows = [
        ("Is that right?", ("yes_no", 0)),
        ("Do you want to keep your number?", ("yes_no", 0)),
        ("Shall I read the number back to you?", ("yes_no", 0)),
        ("You're the account holder, correct?", ("yes_no", 0)),
        ("Great. So, would you like a text reminder?", ("yes_no", 0)),
        ("Your parcel comes tomorrow, does that work for you?", ("yes_no", 0)),
        ("Can I use your email for that?", ("yes_no", 0)),
        ("Can you confirm that you got the code?", ("yes_no", 0)),
        ("Have you tried that, yes or no?", ("yes_no", 0)),
        ("Do you live at this address?", ("yes_no", 0)),
        ("Don't you have a receipt?", ("yes_no", 0)),
        ("So you ordered two boxes?", ("yes_no", 0)),
        ("هل أنت صاحب الحساب؟", ("yes_no", 0)),
        ("تبغى أحولك للقسم المختص؟", ("yes_no", 0)),
        ("العنوان صحيح؟", ("yes_no", 0)),
        ("رقمك 0551234567، صح؟", ("yes_no", 0)),
        ("وصلتك رسالة التأكيد؟", ("yes_no", 0)),
        ("أكمل الطلب على نفس العنوان؟", ("yes_no", 0)),
        ("موعدك بكرة الساعة عشرة، تمام؟", ("yes_no", 0)),
        ("تبي نعيد الجدولة ولا لا؟", ("yes_no", 0)),
        ("عندك حساب معنا؟", ("yes_no", 0)),
        ("ممكن أحولك على زميلي؟", ("yes_no", 0)),
        ("هل رقم جوالك ما زال نفسه؟", ("yes_no", 0)),
        ("أقدر أتصل عليك على هذا الرقم؟", ("yes_no", 0)),
        ("أرسل لك الموقع الجديد؟", ("yes_no", 0)),
    ]
    assert failures(rows, asked_for) == []


def test_nothing_in_particular_is_asked_for() -> None:
    rows = [
        ("", ("open", 0)),
        ("...", ("open", 0)),
        ("How can I help you?", ("open", 0)),
        ("Is there anything else I can help with?", ("open", 0)),
        ("Can you tell me more about the problem?", ("open", 0)),
        ("What happened?", ("open", 0)),
        ("Good morning, Northway Parcels.", ("open", 0)),
        ("Your booking number is 4471.", ("open", 0)),
        ("You'll need the code from the text message.", ("open", 0)),
        ("Please hold while I check that for you.", ("open", 0)),
        ("What is your address? Sorry, how can I help you?", ("open", 0)),
        ("Would you like the morning or the evening?", ("open", CHOICE)),
        ("Window or aisle?", ("open", CHOICE)),
        ("Which one would you like?", ("open", 0)),
        ("I have your number here.", ("open", 0)),
        ("May I take your order?", ("open", 0)),
        ("Your email address was changed yesterday.", ("open", 0)),
        ("كيف أقدر أخدمك؟", ("open", 0)),
        ("أهلا بك في بنك الواحة.", ("open", 0)),
        ("هل من خدمة أخرى؟", ("open", 0)),
        ("أي استفسار ثاني؟", ("open", 0)),
        ("الصباح ولا المساء؟", ("open", CHOICE)),
        ("تبي نكلمك على الجوال أو نرسل واتساب؟", ("open", CHOICE)),
        ("وش المشكلة بالضبط؟", ("open", 0)),
        ("أرسلت لك رمز التحقق.", ("open", 0)),
        ("طلبك رقم 4471 في الطريق.", ("open", 0)),
        ("تحتاج تجيب أصل الهوية.", ("open", 0)),
        ("غرفة مطلة على البحر ولا على المدينة؟", ("open", CHOICE)),
        ("حياك الله", ("open", 0)),
        ("شنو المشكلة؟", ("open", 0)),
    ]
    assert failures(rows, asked_for) == []


@given(st.text())
def test_any_text_asks_for_something_or_nothing(text: str) -> None:
    kind, digits = asked_for(text)
    assert kind in ("digits", "yes_no", "name", "date", "address", "email", "open")
    assert digits in range(35)
    if kind in ("yes_no", "address", "email"):
        assert digits == 0
