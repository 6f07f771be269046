"""Collect English transcripts that are whole: written by hand, by kind."""

from __future__ import annotations

WHOLE = {
    "questions": """
        where is my parcel
        can you repeat that
        what time do you open
        who is it from
        what is it for
        which one are you talking about
        how much is it
        how long does it take
        how long will that take
        when will it arrive
        why was I charged twice
        is it him
        is that a middle seat
        what is that
        what is this
        who did you give it to
        where did you leave it
        where do I find that
        where are you based
        where are you calling from
        what does he come for
        can I bring a pushchair on board
        can I speak to a human
        do I have to pay for that
        are you open now
        am I allowed to eat before
        is there anything else I need to do
        did the driver leave a note
        has it been sent yet
        how late are you open
        what happened to my order
        who sent it
        what about my refund
        how about tomorrow
        how do I do that
        what do you mean
        what did you say
        what do you need
        do you deliver to Jeddah
        could you say that again please
        would it be possible to change the date
        what number should I call
        which branch is closest
        can he come too
        what would you do
        when are you open
        then who can I see
        and who's going to read it
        how do I get there
        is anyone there
        can you hear me
        why is my bill so high this month
        does it include breakfast
        will you call me back
        can't you just send a new one
        isn't there a faster way
        what do you want to know
        what else do you need from me
        who should I talk to about this
        which account was it charged to
        what was the second one
        is it okay if I come at five
        do you know when he's coming
        can you tell me where it is
        can you tell me what it costs
        could you check whether it has shipped
        why can't I log in
        what is my balance
        did you get my email
        """,
    "requests": """
        cancel my order
        cancel it please
        send it to my office
        send me the link
        please send me a copy of the invoice
        give me the number
        call me back
        call me tomorrow
        tell him I called
        put me through to billing
        put me on the waiting list
        change the address to number five
        book me a table for four
        turn it off
        pick it up
        send it over
        let me speak to your manager
        I want to cancel my subscription
        I want my money back
        I'd like to book a table for four this evening please
        I would like to change my delivery address
        I'd like a refund
        I need to speak to someone
        I need a taxi to the airport
        I want it delivered on Friday
        I want you to call me
        I'm calling about my order
        I'm calling to cancel my appointment
        I was hoping you could help me
        I wanted to ask about my bill
        please don't call me again
        just send it to the same address
        leave it with the neighbour
        leave it at the door please
        take the first one
        make it five
        don't do that
        try again
        read it back to me
        speak slower please
        transfer me to a person
        let's take the cheaper one
        let's do Friday
        I'd rather have the blue one
        I'll take it
        I'll have the soup please
        could you put me on hold
        can you send it again
        track my parcel
        check my order
        """,
    "statements": """
        it looks damaged
        my parcel hasn't arrived
        my parcel has not arrived yet
        the driver threw it over the fence
        I've lost my debit card
        I lost my card yesterday
        the app keeps logging me out
        it doesn't work
        it's broken
        it isn't working
        it's not mine
        it stopped working
        nothing happened
        nobody came
        there's no hot water
        there's a problem with my order
        there is something wrong with my bill
        I never ordered that
        I didn't say that
        I know that
        I already told you that
        that's exactly what I was hoping for
        that's what I'm looking for
        that's not what I asked for
        that's why I'm calling
        that wasn't me
        that is the wrong name
        he didn't give me his name
        my ear hurts
        my internet is down
        the power is off
        the screen is cracked
        the box was empty
        the light comes on for a second and goes off again
        I was charged twice
        I was told it would come on Monday
        I was told that it would come on Monday
        she said that it was shipped
        he told me that I have to pay again
        I think the driver went to the wrong house
        I think it was stolen
        I think I was charged twice
        I hope it does
        I hope he comes
        I don't know what it is
        I don't know where it is
        I don't know who that is
        I don't know how to do that
        I don't know where
        you don't know when
        I forgot my password
        I can't remember it
        I can't log in
        I tried to but it wouldn't let me
        I've been waiting for two hours
        I've been waiting since nine
        I've been a customer for ten years
        I have a question about my bill
        I have moved to a new house
        I live in Riyadh
        we moved in last year
        I'm at work right now
        I'm on the bus
        I'm the account holder
        I'm looking for a tent
        I am not happy with this
        it was delivered to the wrong address
        it was left outside in the rain
        it came without a charger
        the shoes I ordered are too small
        the parcel you sent is damaged
        the parcel that you sent me is damaged
        the man who came yesterday was very rude
        the man at the counter was rude
        the woman I spoke to said it was free
        the number on the card is worn off
        my daughter's name is spelled wrong on the ticket
        my boyfriend's sitting in the back
        the light's off
        my phone's broken
        what I want is a refund
        what happened is that the driver left it outside
        all I want is an answer
        the thing is I'm not at home
        the problem is the door doesn't close
        my name is Sarah
        when I opened the box it was empty
        when I opened the box there were only two plates
        if it doesn't arrive tomorrow I will cancel it
        if it rains we'll stay inside
        because I was at work
        because it doesn't fit
        because the shoes were too small
        since you people put in that meter my bill's gone up
        after the update it stopped working
        after the driver left I saw the damage
        before you hang up I need a number
        it's too big
        it's the wrong size
        it's in the kitchen
        it is on the second floor
        I'd have to look
        I'm allergic to nuts
        I paid for it last week
        I paid in cash
        I pay by card
        it makes a strange noise
        it says error five
        it sounds good
        everything looks okay
        I only need one
        I already have one
        I don't have one
        I don't have email
        I don't need it anymore
        we'll be there
        I'll pop in
        I'll think about it
        nine's a bit late for the kids
        six of us are coming
        my husband will pick it up
        my husband and my son were at home
        the red one is broken and the blue one is fine
        I have a red one and a blue one
        a cough and I'm aching all over
        he left it with my neighbour instead of me
        I asked him to come back
        they asked me to call you
        someone used my card
        I want to know why I was charged
        I was wondering if you have any rooms left
        I'm going to the airport tomorrow
        I have to go now
        it depends on the price
        he comes home late
        it's been three weeks
        it's been delayed again
        I get an error message
        I got the wrong item
        I got it yesterday
        it got lost
        you said that yesterday and nobody did
        I'd say the blue one
        I know how it works
        the door opens but it doesn't close
        I called you yesterday and nobody answered
        my wife has the flu
        they didn't collect our bins again
        """,
    "short answers": """
        yes
        no
        yes please
        yes I do
        yes it is
        yes he did
        no it isn't
        no I haven't
        no I don't
        no I can't
        no I don't think so
        I don't think so
        I think so
        I hope so
        I hope not
        I already did
        of course I am
        of course I do
        it certainly is
        if I could
        if I can
        if possible
        if you don't mind
        whenever you can
        as soon as you can
        as soon as possible
        not really
        not yet
        not today
        not mine
        not that one
        no nothing else
        nothing else
        that's it
        that's all
        that's right
        that's correct
        that's fine
        I'm good
        I'm fine thanks
        no that's all thank you
        no thank you
        thanks
        thank you very much
        ok bye
        goodbye
        go ahead
        hang on I'm here
        that one
        the blue one
        the first one
        both of them
        the cheaper one
        tell me why
        since when
        by whom
        why not
        like that
        just that
        me too
        I don't mind
        doesn't matter
        up to you
        in the morning
        on Friday
        next week
        tomorrow morning
        at home
        by card
        something else
        I'm not sure
        I'm listening
        never mind
        pardon
        what
        exactly
        perfect
        sure
        oh great
        yes that's correct
        yes that one
        yes go ahead
        no not really
        sorry what
        """,
    "endings": """
        I need it the day before
        come in
        hang it up
        I moved in
        it fell off
        it won't turn on
        it broke down
        I want to check in
        I'd like to sign up
        what's going on
        can you fill it in
        can I pick it up
        the line got cut off
        I gave up
        I need it back
        he never showed up
        they hung up
        I can't hear you either
        I want one too
        I'd like that as well
        I don't want it though
        I don't need it now
        it hasn't come yet
        I want that one instead
        I paid that already
        it's the same as before
        it was like that before
        I haven't been there before
        I did it myself
        I can do that
        I don't like it
        I don't like that
        do you want me to do it
        is that what you want
        I can't talk right now
        """,
    "builds": """
        what do I need bring
        and that is wrong
        my parcel thanks
        I sent it yesterday thank you
        it was late, wasn't it
        that's the one isn't it
        what good is that
        it came in short
        I have two big
        I felt sick
        I want the him
        it said there is a problem
        I paid and there was a fee
        when I opened it there was nothing
        I think there is a leak
        I want to be there
        I was supposed to come
        it's called Nova
        before calling you I checked
        after paying I waited
        I saw him standing outside
        I heard it ringing
        the driver being rude
        how in the world did this happen
        what a mess
        I paid it what about my refund
        what about it
        I paid and what do I get
        he left and where is it
        I came and who was there
        I know to whom
        I look at what he did
        he knows that is wrong
        I saw. he left
        Monday, he came
        my order, he said it is late
        I want milk, bread
        I need the key to open
        when to call
        what to do
        he came before the driver left
        I was home before my husband called me
        it was late since the driver left us
        the parcel I ordered came and is broken
        if he calls tell him
        when he came left
        who came
        what is needed
        the one I need is going broke
        Hello. I want it.
        yes, it is
        she spoke frumiously
        it is frumified
        you frumped it
        it was frumable
        clean the house
        dry the dishes
        my car needs a service
        the drivers call
        I need to march
        I miss you
        right on time
        right there
        right in the middle
        which one is it
        I'm supposed to wait
        to pay for my going
        paying by card
        waiting for the driver
        I paid but if it is wrong I want it back
        I think it is that
        is it that
        it is that
        Monday, the driver came
        I know what to do
        I have never ordered that
        he might have left
        Dr. Kapoor called
        it's spelled S H A U N
        my boss's a nice man
        he was blorbing
        I like the blorbing thing
        may I come
        I may come
        he drove off
        he ran away
        whenever you like
        whenever it suits you
        as soon as he came
        as long as it works
        you can send it if you want
        """,
    "callers": """
        how very wide is it
        so what now
        why does it take so long
        it pulls to the left
        it works now I want to go home
        he wanted this so I tried it
        my card was declined at the supermarket this morning
        can I bring my own bottle of wine
        somebody keeps parking in my spot
        which gate does the flight leave from
        do you have anything cheaper
        is it possible to pay in instalments
        I need a new prescription for my blood pressure tablets
        I locked myself out of my account
        what would happen if I cancelled today
        say that again
        whichever is quicker
        I'll have what he's having
        I've already tried that
        it says try again later
        your colleague said it would be free
        I don't know who else to ask
        the only thing missing is the charger
        it depends on what it costs
        any day but Friday
        I'm good with either
        that's what I thought
        what am I supposed to do now
        who do I make the cheque out to
        what are you talking about
        is this the right number to call about that
        does it come with a warranty
        was it sent by courier
        okay I'll wait
        yes that's the one
        I've been trying to reach you all day
        make it for seven instead of six
        wake me up at six
        leave it
        tell them I'm on my way
        it's all gone
        the lights won't come on
        the tyre is flat
        when does term start
        do I need an appointment or can I just walk in
        where can I park
        are you a real person
        that is all I needed
        have a lovely day
        I'd like to make a claim
        how do I know you're not a scam
        it took three weeks to get here
        I left my glasses in the taxi
        what would you suggest
        my card's been swallowed by the machine
        I only want to know what time you close
        can you put me through to someone who speaks Arabic
        I've moved house and need to update my details
        it's for my mother
        I'd say about fifty
        just before lunch
        I don't have it with me
        the same as last time
        how should I know
        I wasn't aware of that
        it smells funny
        one of the plates is chipped
        I want to swap it for a larger size
        can I speak to whoever is in charge
        I pay my bills on time every month
        that'd be great
        I'd appreciate that
        leave it as it is
        I have all the papers ready
        we missed our connection
        the safe won't open
        calls keep dropping
        I've already unplugged it
        it cuts out every few minutes
        I never signed up for that
        I need a letter that says I'm insured
        I've been feeling dizzy since yesterday
        how many should I take
        """,
}
