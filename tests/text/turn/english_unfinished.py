"""Collect English transcripts that are not whole, or that do not tell: written by hand, by kind."""

from __future__ import annotations

OPEN = {
    "determiners": """
        I want to track my
        send it to the
        it's a
        I have an
        I'm calling about the
        where is my
        can you tell me the
        I'd like to change my
        on the
        it was the
        do you have any of the
        I never got the
        I spoke to your
        there's no
        both my
        every
        """,
    "nouns to come": """
        I ordered a big
        a small white
        it was a very
        I had a really bad
        I'd like the same
        it is a brand new
        """,
    "prepositions": """
        I'm waiting for
        I'm calling from
        I'm calling about
        it was sent to
        the number of
        a lot of
        I live in
        it's next to
        I bought it from
        he left it with
        I paid with
        it's on
        because of
        instead of
        I have a problem with
        I'd like to book a table for
        I'm from
        regarding
        as well as
        according to
        can I pay with
        can you send it to
        is it from
        do you deliver to
        does it come with
        it's kind of
        one of
        """,
    "conjunctions": """
        I want the soup and
        I called yesterday but
        yes but
        it was red or
        I can't come because
        I'd like that if
        I'll be there when
        I was at home so
        it works although
        he came but the
        I opened it and then
        and
        so
        because
        if
        the blue one or the
        I'll wait until
        unless
        I ordered two pizzas and
        """,
    "clauses to come": """
        I was told that
        she said that
        I think that
        I think
        he told me that
        I hope that
        I noticed that
        I was wondering
        I was wondering if
        I was wondering whether you
        I wonder if
        I don't know if
        I wanted to ask if
        I want to know whether
        I thought the driver
        I think the shower
        it says your session has
        he said he was
        I believe my husband
        I was told my
        do you know if
        can you tell me if the
        I said that my fridge
        I'm not sure if
        it seems that
        I'm afraid that
        """,
    "verbs": """
        I can
        I would like
        I'd like
        I want
        I need
        can you send
        could you give me
        please tell me the
        I want to
        I need to
        I have to
        I'm trying to
        I'm going to
        I was also going to
        would you be able to
        could you
        can I
        would you
        I just
        I have never
        I've only
        I was
        my name is
        the problem is
        my order number is
        this is
        it's
        I'm
        there is
        there was
        and then I
        the driver was
        do you have
        I don't have
        I've got
        did you get
        I bought
        I received
        I put
        I found
        they put
        I want to buy
        I'd like to add
        I'm trying to find
        I want you to
        I'd like you to
        why did you
        when did you send
        what do you
        how do I
        where can I
        is it possible to
        it looks
        it seems
        it became
        let me
        please let
        they should have
        I would have
        my parcel was supposed to
        my phone number is
        the code is
        could you give
        I'm going to need
        I was told to
        he asked me
        I'd like to know
        I can't find
        I can't
        I couldn't
        they don't
        it doesn't
        """,
    "subjects": """
        the driver who
        the parcel that
        what I want
        what I'd like to do
        what I don't understand
        the thing is
        the reason I'm calling
        the reason I'm calling is
        the problem with the app
        my order number
        the tracking number is
        the light is on but the screen
        I have a cat and my neighbour
        my question
        my account
        so my question
        """,
    "clauses without a main clause": """
        when I opened the box
        when I press the power button
        when the driver came
        if it doesn't arrive tomorrow
        if the nearest pickup point
        if our connecting flight in Frankfurt
        whenever I bend my left knee
        whenever somebody runs the shower
        before you put me on hold
        after I paid
        since I moved house
        since you people put in that smart meter
        while I was at work
        as I was reversing out of the driveway
        although I paid
        and when the new card
        because the shoes I ordered
        because my sister and her husband
        even though I paid
        ever since we moved to the new house
        as soon as I opened the door
        if you come out of the station
        once the new router's here
        every time I try to log in
        with the pain I'm in
        """,
    "fillers": """
        um
        uh
        so um
        I want to um
        let me see
        hold on
        one second
        hang on
        one moment
        well
        yes um
        it's uh
        yeah let me check
        so basically
        I mean
        well the thing is
        actually
        basically
        first of all
        """,
    "degrees": """
        it's very
        I'm really
        it was so
        it's too
        I need more
        it's more
        it's bigger than
        he was extremely
        it's quite
        """,
    "relatives": """
        I'm looking for a tent that
        I spoke to a man who
        that's the one which
        it's the address where
        I want the one that
        he's the driver who
        that's when I
        I have a friend whose
        """,
    "builds": """
        my husband yesterday he
        it has the other more
        I want a big
        I have big
        I think him
        I can them
        it is like
        the reason is called
        while driving home
        before I leave and calling
        what what a
        it's not that I don't want it
        it's not that the price is wrong
        I want the um
        let your driver call
        send you the
        give you a
        I told
        the lady who came, she said no
        I want to buy a red, a blue
        I bought it to use
        after the driver left
        clean water is
        driver calls are
        the taxes are
        what call
        which order
        claims are
        it broke right after
        five big white soft
        how many two
        give him
        they told me that they let me
        I was supposed
        he is supposed
        yes and every time I call
        I waited for three weeks and every time I call
        it's the um
        then I
        there you
        in Riyadh I
        where the driver is to wait
        I know how to
        when he to
        I have to have been told
        john dot
        is there any
        your number
        my card number
        the order and number
        I have a key to give
        number
        what did you
        it keeps
        """,
    "callers": """
        the problem is that
        why was I
        but the website
        I'd like to speak to the
        can you check whether my
        I bought a phone from your store and it
        I want to book a table for six people on
        I live just behind the
        is there any way to
        I paid the bill but the app still shows
        so the thing is when I came home I saw that the
        she was taking some kind of
        I don't think that's
        I tried calling the branch but they
        instead of the fries could I have
        it starts with
        I've lost my card and I need
        how long does it usually
        where exactly is the
        who is responsible for
        are there any
        I just want to make sure that
        take off the
        it was raining and the road was
        I have pain in my
        the engine light came on and then the
        I'm calling on behalf of
        it's for
        it's on the corner of
        I wanted to ask about the
        yes but
        both of my
        neither the
        from Monday to
        until the end of
        since the beginning of
        or maybe
        let me just find my
        they said
        I want you to tell
        we are planning to travel to
        they keep
        I'm having trouble with
        my address has changed to
        I would rather
        can I use my
        has my
        the light on the router is
        it looks as if
        you sent me the
        your driver was
        thanks for
        hi I'm calling from
        great and could you
        the man from your company came yesterday and he
        could I have the phone number of
        I'm supposed to be travelling on
        we checked in last night and the shower
        where do I send
        is it okay if my brother
        I don't have the
        I've been told that there is
        she doesn't
        you haven't
        I might have
        I need about
        it weighs around
        the color is
        it's made by
        the accident was on
        next to the
        I'm standing at
        I got your number from
        I spoke with someone named
        he promised that the
        they took
        I clicked on
        the message said please
        as soon as I
        if I pay today will
        although the
        whether it's
        who is
        all I need is
        the other thing is
        a couple of
        less than
        it was so bad that
        I'm so
        that's a
        your
        and also
        so I
        or the
        """,
}
UNKNOWN = {
    "greetings": """
        hello
        hi
        good morning
        hi good evening
        """,
    "either": """
        I ordered
        I want to cancel
        I'd like to pay
        okay so I cancelled
        he gave me the second
        that was the third
        """,
    "topics": """
        the driver
        the driver who came yesterday
        the man at the counter
        the last technician you sent
        the parcel that your driver left with my neighbour
        the shoes I ordered
        the people who live next door
        the way your colleague spoke to me
        all I want
        the only thing I know
        the tracking number
        the lady I spoke to this morning
        the name on the label
        the bill that came in the post this morning
        about my order
        regarding the delivery
        for my husband's account
        for my wife
        wrong number
        """,
    "numbers": """
        there should be three
        my order number is 12345
        """,
    "builds": """
        it's the wrong
        I want the new
        my old
        the other
        my suitcase the big green one
        the red one's off but the green light
        the light's
        no the other
        could you tell me more
        how much does it come to
        whatever you recommend
        my parcel
        my mother who's eighty four
        your colleague
        and my husband
        my son crying all night
        my boss' car
        my husband and smoking
        my wife's
        is broken
        has arrived already
        and then crying
        because of leaving early
        the man waiting
        red blue green
        the key to open the door
        I have a form to fill
        rock'n'roll
        o'brien
        a frumped box
        frumious
        dirty water
        cold
        the order details
        orders
        calls
        miss Jones
        don't miss
        double five
        two old men from Riyadh with hats
        me and my wife
        him
        the driver leaving early
        the man before leaving
        the parcel without opening it was
        the um driver
        I have ordered
        the blorbing
        the first of may
        I want another
        there isn't any
        I have a form to send
        """,
}
