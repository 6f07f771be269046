"""Name English verbs, what each needs behind it, and all their forms.

Verbs that have an object only sometimes are sorted by what callers do: "I ordered" goes on, "he called" does not.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from ivr.text.segment.punctuation import word_set

Needs: TypeAlias = Literal["nothing", "perhaps", "object", "two", "infinitive", "clause", "complement", "same"]
"""What stands behind a verb. `perhaps`: an object, mostly. `two`: a thing and a person. `infinitive`: an object or "to"
and a verb. `complement`: an adjective or a noun. `same`: another verb, which then says what it needs."""
Form: TypeAlias = Literal["base", "third", "past", "ing", "done"]
"""`past` may be a participle too; `done` is only a participle."""


class VerbForm(NamedTuple):
    """Hold a form of a verb."""

    lemma: str
    needs: Needs
    form: Form


ANY_VERB: Final = VerbForm("", "perhaps", "base")
"""A verb that no table has."""

_BY_NEEDS: Final[dict[Needs, str]] = {
    "nothing": """
        continue start stop
        accept ache act agree answer appear apologise apologize apply argue arrive bark beep begin behave bleed blink
        boil bounce break breathe burn buzz call care change chat cheat check cheer click climb close collapse come
        commute complain connect cook cooperate cough crash cry dance decrease delay depart die differ dine disagree
        disappear disconnect double dream drink drip drive drop dry eat emigrate end enjoy escalate exist expire fail
        faint fall finish fit flicker float fly forget freeze function go graduate grow hang happen hear help hesitate
        hurry improve increase interfere itch joke jump know land last laugh leak leave lie listen live log march
        matter meet melt migrate move multiply nod object occur open overflow oversleep park pause persist phone pop
        proceed protest qualify queue quit rain react reboot recover refuse register relax reply respond rest restart
        retire rise depend belong ship hurt roam rot run rush rust scream see shake shine shop shout shrink shut sing
        sink sit sleep slip smell smile smoke sneeze snow speak spin split stand stay stare struggle study stumble
        subscribe succeed suffer survive swallow swear sweat swell swim talk tear tick tire train travel trip type
        understand unlock unsubscribe update upgrade vanish vary vibrate vomit vote wait wake walk wash watch wilt win
        wobble work worry yell yawn hyperventilate overheat misbehave volunteer reside relocate cope fade burst stick
        swing chill text ring return lag lock play join step roll taste point tip knock slow cool calm warm heat blow
        mess opt figure""",
    "perhaps": """
        activate arrange ask avoid block book borrow cancel choose clean clear collect complete confirm consider copy
        correct cost count cover cut deactivate decide delete deliver deposit describe dial dispatch download draw
        edit email enter exchange explain fill follow guess handle hire hit imagine insert insist install iron kick
        learn lose mail manage miss modify notice notify order owe paint pass pay pick post prefer prepare press print
        process promise pull push quote read rebook recommend record reduce refund reject remember rent repair repeat
        replace report request reschedule reserve reset resend resolve review ride save scan schedule search sell
        serve sign solve spell steal submit swap swipe switch teach test touch track transfer translate try turn
        unblock upload verify view visit plug message back warn weigh withdraw write""",
    "object": """
        add adjust admit affect afford allow appreciate approach approve assign attach attend authorise authorize beat
        bite blame bring build buy carry catch cause claim clarify compare consult contact contain convince crack
        create credit crush damage debit deny design destroy detect disable discover discuss dislike display divert
        doubt drag enable encourage establish exclude extend face feed fetch find fix force forward get grab handover
        hate have hide hold honor honour identify ignore include inform interrupt introduce investigate invest invite
        involve issue kill label lift like link list locate love make mark match measure mention merge name note
        obtain organise organize overcharge overlook own pack place postpone pour charge prescribe present prevent
        produce protect prove provide purchase put raise rate reach receive recall recognise recognize redeem redirect
        release remove renew represent require restore retrieve reverse rub ruin say score scratch seal select
        separate set settle share slam smash snap soak sort spend spill spoil sponsor spot squash stain state store
        stretch suggest supply support suspect take tell thank threaten throw tow trace treat trigger trust unload
        unpack upset use validate value waive waste wear wipe witness wrap do surprise annoy bother bill remind cross
        light""",
    "two": "assure give grant hand lend offer send show",
    "infinitive": "attempt deserve expect intend need plan tend want wish",
    "clause": """
        assume believe bet gather hope mean presume pretend realise realize reckon suppose think wonder""",
    "complement": "become feel look remain seem sound",
    "same": "keep let",
}  # fmt: skip

_IRREGULAR: Final = """
        be:was,been become:became,become begin:began,begun bet:bet,bet bite:bit,bitten bleed:bled,bled
        break:broke,broken bring:brought,brought build:built,built burn:burnt,burnt burst:burst,burst
        buy:bought,bought catch:caught,caught choose:chose,chosen come:came,come cost:cost,cost cut:cut,cut
        do:did,done draw:drew,drawn dream:dreamt,dreamt drink:drank,drunk drive:drove,driven eat:ate,eaten
        fall:fell,fallen feed:fed,fed feel:felt,felt find:found,found fit:fitted,fitted fly:flew,flown
        forget:forgot,forgotten freeze:froze,frozen get:got,gotten give:gave,given go:went,gone grow:grew,grown
        hang:hung,hung have:had,had hear:heard,heard hide:hid,hidden hit:hit,hit hold:held,held hurt:hurt,hurt
        keep:kept,kept know:knew,known learn:learnt,learnt leave:left,left lend:lent,lent let:let,let lie:lay,lain
        lose:lost,lost make:made,made mean:meant,meant meet:met,met oversleep:overslept,overslept pay:paid,paid
        prove:proved,proven put:put,put quit:quit,quit read:read,read ride:rode,ridden ring:rang,rung rise:rose,risen
        run:ran,run say:said,said see:saw,seen sell:sold,sold send:sent,sent resend:resent,resent set:set,set
        shake:shook,shaken shine:shone,shone show:showed,shown shrink:shrank,shrunk shut:shut,shut sing:sang,sung
        sink:sank,sunk sit:sat,sat sleep:slept,slept smell:smelt,smelt speak:spoke,spoken spell:spelt,spelt
        spend:spent,spent spill:spilt,spilt spin:spun,spun split:split,split spoil:spoilt,spoilt stand:stood,stood
        steal:stole,stolen stick:stuck,stuck swear:swore,sworn swell:swelled,swollen swim:swam,swum swing:swung,swung
        take:took,taken teach:taught,taught tear:tore,torn tell:told,told think:thought,thought throw:threw,thrown
        understand:understood,understood upset:upset,upset wake:woke,woken wear:wore,worn win:won,won
        withdraw:withdrew,withdrawn write:wrote,written reset:reset,reset text:texted,texted rebuild:rebuilt,rebuilt"""

CLAUSAL: Final = word_set("""
        accept admit agree appreciate ask assume believe bet check claim complain confirm decide doubt email expect
        explain feel find forget gather guess hear hope imagine insist inform know learn mean mention notice notify
        pretend promise prove realise realize reckon recommend remember reply report say see show suggest suppose
        swear teach tell text think understand warn wish wonder worry write presume suspect assure""")
"""Verbs that may have a whole clause as their object."""
TELLING: Final = word_set("tell ask show teach inform warn promise assure text email notify remind")
"""Verbs with a person, and then the clause, behind them."""
COPULAR: Final = word_set("become feel look remain seem sound get go stay turn keep smell taste")
MOVING: Final = word_set("go come drive walk run fly ride travel move jump climb hurry rush fall storm swim slip roll")
"""Verbs of motion: "off" and its like say where to."""
PARTICLES: Final[dict[str, frozenset[str]]] = {
    particle: frozenset(verbs.split())
    for particle, verbs in {
        "up": """
        add back beep blow book break bring call cheer clear clean come cut end fill fix follow get give go grow hang
        heat hold hurry keep light line load lock look make mess mix move open pack pay pick print put read ring save
        send set shut sign show speak speed split start swell sum take tear tidy top turn use wake warm wash wrap
        write catch crop charge boot link dress""",
        "down": """
        back break bring burn calm come cool cut die fall get go hand let lie look note pull put read run send set
        shut sit slow take throw track turn write""",
        "off": """
        back break call come cut drop fall finish get give go hang kick leave let log lay nod pay put set sell send
        show shut sign split start switch take tear trip turn wear work write""",
        "out": """
        back break bring burn call carry check chuck come cross cut die drop eat fall figure fill find get give go
        hand hang help hold keep kick leave let log look lock make miss move opt order pass pay pick point print pull
        put read rent rule run sell send set show sign sort spell start stay stick take talk test think throw time try
        turn use wash watch wear wipe work write""",
        "over": """
        boil bring call carry change come cross get give go hand knock look move pass pay pull push read run send
        sleep start stay switch take talk tip turn""",
        "in": """
        book break bring butt call carry check chip come cut dial drop fill fit get give go hand jump key let log look
        move opt pay phone pop pull punch put ring run send settle show sign sink start stay step take top trade turn
        type write plug join tune""",
        "on": """
        bring call carry catch come drag drive get go hang have hold keep leave log move pass play put sign switch
        take try turn walk wait read""",
        "away": """
        back break come drive fade get give go keep look pass pull put run send stay take throw turn walk""",
        "back": """
        bounce bring buy call come cut email fall get give go hand hear hold keep look move pay phone play pull push
        put read report ring roll run send set sit sell step switch take talk text turn want win write transfer ship
        post message answer""",
        "along": "bring come get go move pass play send sing",
        "around": "ask bring call come get go look mess move pass phone ring shop show turn walk",
        "round": "ask bring call come get go look pass phone ring show turn",
        "through": "carry come fall get go look pass pull put read ring see",
        "by": "come drop get go pass put stop swing walk run",
        "about": "",
        "together": "",
    }.items()
}  # fmt: skip
"""Adverbs that end a sentence behind these verbs, and are prepositions behind others."""


def third_form(base: str) -> str:
    if base.endswith(("s", "x", "z", "ch", "sh", "o")):
        return base + "es"
    return base[:-1] + "ies" if base[-1] == "y" and base[-2] not in "aeou" else base + "s"


_DOUBLED: Final = word_set("""
        admit begin bet chat commit control cut dial drag drip drop fit forget get grab hit jog lag let log nod nap
        occur plan pop prefer put quit refer rub run scan set ship shop shut sit skip slam slip snap spin split spot
        stop submit swap swim tap tip transfer travel trim trip unplug upset win wrap cancel label equip rot""")


def _stem(base: str) -> str:
    """Return a verb as it stands before -ing and -ed."""
    if base in _DOUBLED:
        return base + base[-1]
    return base[:-1] if base[-1] == "e" and base[-2] != "e" and base != "be" else base


def _forms() -> dict[str, VerbForm]:
    """Return each form of each verb."""
    past_forms = dict(line.split(":") for line in _IRREGULAR.split())
    forms: dict[str, VerbForm] = {}
    for needs, verbs in _BY_NEEDS.items():
        for base in verbs.split():
            stem = "ly" if base == "lie" else "dy" if base == "die" else "ty" if base == "tie" else _stem(base)
            forms[base] = VerbForm(base, needs, "base")
            forms.setdefault(third_form(base), VerbForm(base, needs, "third"))
            forms.setdefault(stem + "ing", VerbForm(base, needs, "ing"))
            if base in past_forms:
                past, done = past_forms[base].split(",")
                forms.setdefault(done, VerbForm(base, needs, "past" if past == done else "done"))
                forms.setdefault(past, VerbForm(base, needs, "past"))
            elif base[-1] == "y" and base[-2] not in "aeou":
                forms.setdefault(base[:-1] + "ied", VerbForm(base, needs, "past"))
            else:
                forms.setdefault((base[:-1] if base[-1] == "e" else _stem(base)) + "ed", VerbForm(base, needs, "past"))
    # American and British spelling.
    for base in ("cancel", "travel", "label", "dial", "fit"):
        for ending, form in (("ing", "ing"), ("ed", "past")):
            forms.setdefault(base + ending, forms[base]._replace(form=form))  # type: ignore[arg-type]
    for lemma, past in (
        ("burn", "burned"),
        ("learn", "learned"),
        ("spell", "spelled"),
        ("fit", "fit"),
        ("dream", "dreamed"),
    ):
        forms.setdefault(past, forms[lemma]._replace(form="past"))
    return forms


VERB_FORMS: Final = _forms()
