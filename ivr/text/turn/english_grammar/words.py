"""Sort English words into classes. `tokens.py` chooses where a word could be of several.

D determiner      M determiner that may stand alone    # number     A adjective     N noun        t time
I subject pronoun Y pronoun of any place               O object pronoun             E "there"     K "that"
P preposition     L preposition or particle            Q preposition or subordinator              T "to"
C and, or         B but, so                            S subordinator               W question word
m modal, do       h have           b be                ! not        V verb          g verb in -ing
R adverb that may end       r adverb that leads on     G adverb of degree           u interjection
x what the caller says while thinking, a whole phrase  , comma      ; end of a sentence within the transcript
"""

from __future__ import annotations

from typing import Final

from ivr.text.segment.punctuation import word_set

_WORD_CLASSES: Final = {
    "D": "a an the my your our their its every mr mrs ms miss dr doctor sir saint st",
    "M": """
        this these those some any all both each many few several another either neither half most more less enough
        much no other his her such""",
    "I": "i he she we they",
    "Y": """
        you it everything something nothing anything everyone someone anyone everybody somebody anybody nobody none
        yours mine ours theirs hers myself yourself himself herself itself ourselves themselves""",
    "O": "me him us them ",
    "P": """
        of at from with without for into onto during among between against towards toward upon beyond despite except
        besides via per regarding concerning including beneath behind underneath than unlike within throughout across
        above amid beside opposite versus outside inside plus minus about near under below""",
    "L": "up down out off over in on away back along around round through by together",
    "Q": "before after since until till like as",
    "T": "to",
    "K": "that",
    "C": "and or & nor",
    "B": "but so except",
    "S": """
        if because cause 'cause cos coz although though unless whenever while whilst whereas wherever whether once
        lest""",
    "W": "what who which where when why how whom whatever whichever whoever however whose",
    "m": """
        can could will would shall should may might must do does did cannot ought gonna wanna gotta dare let's""",
    "h": "have has had",
    "b": "am is are was were be been being ain't",
    "!": "not",
    "R": """
        then there now today tonight tomorrow yesterday here too yet already again soon later earlier ago anymore
        anyway anyways instead else please thanks online immediately asap well lately recently somewhere anywhere
        everywhere nowhere upstairs downstairs abroad overnight twice straightaway possible early late far alone
        separately properly correctly directly exactly first last anytime sometime sometimes somehow elsewhere tonite
        forever afterwards beforehand overseas o'clock indeed maybe certainly absolutely definitely obviously
        hopefully unfortunately apparently completely though quickly slowly altogether often daily weekly monthly""",
    "r": """
        just never only always also even still usually really actually basically probably currently simply literally
        originally finally possibly honestly ever suddenly normally generally mostly mainly particularly especially
        essentially technically supposedly merely solely personally eventually constantly nearly almost barely hardly
        specifically initially previously accidentally kindly surely rarely clearly""",
    "G": """
        very extremely quite pretty rather fairly super somewhat terribly awfully incredibly approximately roughly
        slightly relatively extra""",
    "u": """
        um umm uh uhm er erm eh mm hmm hm ah oh ooh ow aha yes yeah yep yup yah ya ok okay okey sure right alright
        nope hello hi hey hiya sorry wow gosh god goodbye bye cheers ta mate madam ma'am dear nah aye alas blimey damn
        hallo mhm""",
    "t": """
        monday tuesday wednesday thursday friday saturday sunday january february march april june july august
        september october november december morning afternoon evening night week month year day weekend noon midday
        midnight time hour minute second moment days weeks months years hours minutes times nights mornings evenings
        weekends lunchtime mondays tuesdays wednesdays thursdays fridays saturdays sundays christmas easter eid
        ramadan summer winter spring autumn""",
    "#": """
        fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth
        seventeenth eighteenth nineteenth twentieth thirtieth latter former one two three four five six seven eight
        nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty
        sixty seventy eighty ninety hundred thousand million zero dozen double triple""",
    "A": """
        afraid based located situated interested included excluded related attached dressed able available average bad
        best better big black blank blue bold brief bright broken brown busy calm careful central certain cheap
        cheaper clean clear close closed cold common complete confused cool correct current damaged dark dead dear
        deep defective delayed different difficult digital direct dirty disappointed dry due duplicate easy eco
        electric elderly electronic empty entire exact excellent expensive external extra fair false famous fancy fast
        faulty final fine firm flat foreign former frail free fresh friendly full fun funny general gold good grand
        great green grey gray gross guilty handy happy hard hardback healthy heavy high higher hot huge ill important
        impossible instant internal international joint junior key kind large larger latest leather legal light likely
        little lively local lonely long longer loose lost loud low lower lucky mad main major male female married
        maximum medium medical mental metal mini minimum missing mobile modern multiple national natural nasty neat
        nervous net new newest next nice noisy normal northern odd old older oldest open original own pale particular
        past perfect permanent personal pink plain plastic polite poor postal potential premium prepaid previous
        private proper public purple quick quiet rare raw ready real rear recent red regional regular relevant remote
        responsible rich rough rude sad safe same satisfied scared secure senior separate serious sharp short sick
        silent silver similar simple single slight slow small smaller smart smooth social soft solid sore spare
        special specific spicy square stable standard steady steep sticky straight strange strict strong stupid sudden
        suitable sweet tall tasty technical temporary terrible thick thin third tight tiny tired total tough true twin
        typical ugly unable unacceptable upper upset urgent usual vacant valid valuable various vegan vegetarian vast
        visible vital warm weak weird welcome wet white whole wide wild wireless wise wonderful wooden worried worse
        worst worth wrong yellow young younger youngest alive asleep awake aware eligible entitled supposed unsure
        glad grateful keen pleased surprised annoyed angry furious frustrated pregnant allergic diabetic dizzy numb
        swollen stiff express refundable brand non earliest nearest closest biggest smallest cheapest fastest highest
        lowest easiest hardest shortest longest lovely brilliant amazing awful horrible ridiculous disgraceful unhappy
        unfair cracked scratched dented torn insulated unlocked leaking blinking flashing frozen stuck charged sealed
        outstanding overdue existing following remaining upcoming ongoing incoming outgoing boring annoying working
        accessible cancelled nearby""",
    "N": """
        people person thing things stuff number name address email phone mobile account order parcel package delivery
        problem question issue reason code card bank bill invoice money price fee cost flight ticket booking
        reservation room table appointment driver courier neighbour neighbor husband wife son daughter mother father
        mum mom dad brother sister friend friends boss colleague customer office house home apartment door street road
        city town building box bag suitcase shoes shoe shirt dress colour color size website site app internet wifi
        router screen password pin rest lot lots bit sort type way side front top bottom end part ones guy guys lady
        man men woman women child children kid kids baby family insurance policy contract statement receipt service
        subscription membership payment company shop branch hair meeting reading wedding parking shipping meaning
        ceiling heating lighting clothing feeling beginning warning spelling earring earrings training lining coating
        king string wing living dining swimming bed seed speed shed sled deed greed breed kindness fact idea chance
        case medication prescription headache fever temperature throat stomach chest knee leg ear eye eyes tooth teeth
        blood skin pain bathroom kitchen bedroom shower boiler radiator fridge oven washing machine dishwasher laptop
        computer tablet voucher discount coupon points balance transaction transactions amount difference tax vat
        customs warehouse depot airport station terminal gate seat luggage passport visa hotel restaurant menu pizza
        burger coffee tea water milk bread chicken fish meat rice salad soup bus taxi car van lorry truck bike
        assembly italy ally belly jelly bully hospital arrival approval proposal signal manual animal rental portal
        cereal meal deal goal official professional individual material journal""",
}  # fmt: skip

NOUNS_TOO: Final = word_set(
    """
        ache act answer appeal balance bank bark beat beep beginning bet bill bills bite block blow boil book booking
        bounce break building buzz call calls care carry cash catch cause change changes charge charges chat check
        checks claim claims cleaning click climb close code collapse complaint contact control cook copy cost cough
        count cover crack crash credit cry cup cut damage dance date deal delay delivery deposit design dial dispatch
        display doubt download draw dream dress drink drip drive drop edit email end ending estimate exchange face
        fade fall fault feed feeling finish fit flicker float fly force forward freeze function guess handle heating
        help hire hit honor hope increase insert install invite iron issue joke knock label lag land landing laugh
        leak leave light limit link list listing load lock log look love mail march mark match matter meaning means
        measure meeting mention merge message move name need note notice object offer open opening order orders pack
        paint park parking part pass pause pay phone place plan play point pop post present press price print process
        produce promise protest pull purchase push queue quote rain rate reach reading rebook record reduce refund
        refunds release rent repair repeat replace reply report request rescue reserve reset rest restart return
        returns review ride ring rise roam roll rub ruin run rush sale save scan schedule score scratch scream
        search seat serve set setting settle shake share shine ship shipping shop shout show shower sign sink size
        sleep slip smile smoke snow sort
        sound spell spelling spend spill spin split spot stain stamp stand start state stay
        step stick stop store stretch struggle study stumble supply support surprise suspect swap sweat swing swipe
        switch talk taste tax taxes test text tie time tip tire top touch tow trace track train training transfer
        travel treat trigger trip trust try turn type update upgrade upload use value view visit vote wait walk
        warning wash washing waste watch wave win wish witness wobble wonder work worry wrap yawn"""
)
"""Forms of verbs that are nouns as well."""

SPELLED: Final = {
    "im": "i'm", "ive": "i've", "youre": "you're", "youve": "you've", "theyre": "they're", "dont": "don't",
    "doesnt": "doesn't", "didnt": "didn't", "cant": "can't", "couldnt": "couldn't", "wont": "won't",
    "wouldnt": "wouldn't", "shouldnt": "shouldn't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't",
    "werent": "weren't", "havent": "haven't", "hasnt": "hasn't", "hadnt": "hadn't", "thats": "that's",
    "whats": "what's", "wheres": "where's", "whos": "who's", "hows": "how's", "theres": "there's", "lets": "let's",
    "hes": "he's", "shes": "she's", "theyve": "they've", "weve": "we've", "youll": "you'll",
}  # fmt: skip
CLITICS: Final = {"m": "b", "re": "b", "ve": "h", "ll": "m", "d": "m", "s": "b"}
"""What stands behind an apostrophe, and its class."""
ADJECTIVE_ENDS: Final = ("ful", "less", "ous", "ive", "able", "ible", "ish", "ical")
NOUN_ENDS: Final = ("tion", "ment", "ness", "ity", "ship", "ance", "ence")

CLASS_OF: Final[dict[str, str]] = {
    word: name for name, words in reversed(_WORD_CLASSES.items()) for word in words.split()
}
"""A word in several rows has the class of the first."""

_READ_AS_ONE: Final = {
    "u": """
        of course|thank you|thanks a lot|
        thanks very much|thanks so much|many thanks|thank you very much|thank you so much|excuse me|
        no problem|no worries|
        good morning|good evening|good afternoon|thank god|never mind|fair enough|oh my god|to be honest|
        at the end of the day|let me think|by the way|in fact|first of all|you see|all right|i'm sorry|i am sorry""",
    "R": """
        at all|as well|at last|at once|in advance|for free|for good|for sure|for now|in full|in person|in general|
        a lot|a bit|a little|right now|right away|straight away|these days|so far|as usual|as always|all day|
        all night|all week|any more|no longer|any longer|by mistake|on time|in time|by hand|or something|or so|
        or whatever|or not|or two|and so on|each other|one another|that way|this way|no more|once more|one more time|
        all over|either way|and that|and everything|or anything|in a row|for ages|out loud|over there|over here|
        the same|the other day|by now|as possible|in particular|the most|the least|at first|at least|at most|
        if possible|as soon as possible|as quickly as possible|as early as possible""",
    "S": """
        in case|as soon as|as long as|as far as|so that|now that|even though|even if|only if|only because|
        just because|just in case|every time|each time|the moment|the minute|the day|the last time|the first time|
        the next time|by the time|ever since|the reason|given that|seeing as|provided that|except that|in order for|
        the way|next time|last time|as if|as though|in the event""",
    "P": """
        rather than|because of|according to|out of|next to|due to|instead of|apart from|together with|along with|
        as well as|in front of|thanks to|such as|based on|up to|as of|in between|other than|more than|less than|
        as for|close to|ahead of|as per|inside of|outside of|regardless of|on behalf of|in terms of|on top of""",
    "G": """
        kind of|sort of|a bit|a little|a lot more|a little bit|a bit more|way too|far too|so much more|much too|
        one hundred percent""",
    "T": "in order to|so as to",
    "r": """
        how come|in the meantime|for example|for instance|as such|in other words|at the very least|more or less""",
    "W": """
        what about|how about|what if|what kind of|what sort of|what type of|how many|how much|how long|
        how far|how often|how soon|how late|how early|how old|how big|what time|what day|what date|what else|
        who else|where else|how else|why else|when exactly|where exactly|what exactly|how exactly|who exactly|
        how on earth|what on earth|how far away""",
    "Y": "no one|some one|any one|every one",
    "Z": """
        i think|i guess|i suppose|i believe|i hope|i reckon|you know|i'd say|i would say|i imagine|i presume|
        i assume""",
    "x": """
        i mean|let me see|let's see|let me check|let me look|let me just check|let me just see|let me just look|
        hold on|hang on|one second|one sec|one moment|just a second|just a sec|just a moment|just a minute|
        one minute|a second|wait a second|wait a minute|wait a moment|hold on a second|hold on a sec|
        hold on a minute|hang on a second|hang on a sec|hang on a minute|bear with me|give me a second|give me a sec|
        give me a moment|give me a minute|just give me a second|where is it|where was i|what's it called|
        what do you call it|how do i say this|how do i put this|how shall i put it|how should i say|
        where did i put it|let me get it|let me find it|let me just find it|let me just get it|let me grab it|
        i'm just looking|just looking for it|bear with me a second|wait|two seconds|two secs|hang on a moment|
        hold on a moment|just bear with me|what was it|what is it|let me pull it up|let me just pull it up|
        let me have a look|let me just have a look|i'm looking for it|i'm just getting it|i'm trying to remember|
        i'm trying to think|let me think about it|just checking|let me find that|let me get that|let me start again|
        let me rephrase""",
}  # fmt: skip
"""Words that are read as one."""


def _phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Return what may follow a word that begins a phrase, the longest first, with the class of the whole."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for kind, phrases in _READ_AS_ONE.items():
        for phrase in phrases.split("|"):
            first, *rest = phrase.split()
            found.setdefault(first, []).append((tuple(rest), kind))
    for rows in found.values():
        rows.sort(key=lambda row: -len(row[0]))
    return found


WORD_GROUPS: Final = _phrases()


def phrase_set(text: str) -> frozenset[str]:
    """Return a set of phrases, written with strokes between them."""
    return frozenset(" ".join(phrase.split()) for phrase in text.split("|"))
