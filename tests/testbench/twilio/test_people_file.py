"""The file of numbers and people."""

import pytest

from ivr.testbench.scenario import from_words
from ivr.testbench.twilio.people import FarParty
from ivr.testbench.twilio.people_file import NumberRow, PeopleFile, party_of, read_people


def test_file_of_numbers_and_people() -> None:
    found = read_people("""
        [numbers."+1"]
        voice_url = "http://127.0.0.1:8000/voice"
        status_callback = "http://127.0.0.1:8000/status"
        [people."+2"]
        does = "busy"
        ring_s = 3
        keys = ["1", ""]
        beep = false
        leaves = {Dial = 2.5}
        answered_by = "human"
        [carrier]
        created_after_s = 2
        callbacks = "doubled"
        [people."queue:support"]
        kind = "machine"
        steps = ["at 1 press 5", "wait"]
    """)
    assert found == PeopleFile(
        {"+1": NumberRow("http://127.0.0.1:8000/voice", status_callback="http://127.0.0.1:8000/status")},
        {
            "+2": FarParty("busy", 3, keys=("1", ""), beep=False, leaves={"Dial": 2.5}, answered_by="human"),
            "queue:support": FarParty(kind="machine", scenario=from_words(["at 1 press 5", "wait"])),
        },
        {"created_after_s": 2, "callbacks": "doubled"},
    )


def test_empty_file_knows_no_one() -> None:
    assert read_people("") == PeopleFile()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x", "f.toml: "),
        ("carrier = 3", "f.toml: carrier must be a table"),
        ("[carrier]\nsings = 1", "f.toml: carrier: unknown key 'sings': the keys are callbacks"),
        ('[carrier]\nhonesty = "half"', "f.toml: carrier: honesty 'half' is none of right, wrong, missing"),
        ("[carrier]\nspeech_rate = true", "f.toml: carrier: speech_rate must be a number"),
        ("[men]", "f.toml: unknown table 'men'"),
        ("people = 3", "f.toml: people must be tables"),
        ("[people]\na = 3", "f.toml: people must be tables"),
        ('[numbers."+1"]\nvoice_url = 3', "f.toml: numbers.+1: voice_url must be a text"),
        ('[numbers."+1"]\nurl = "x"', "f.toml: numbers.+1: unknown key 'url'"),
        ('[numbers."+1"]', "f.toml: numbers.+1: voice_url is missing"),
        ('[people."+1"]\ndoes = "sing"', "f.toml: people.+1: does 'sing' is none of answer"),
        ('[people."+1"]\nring_s = -1', "ring_s must be seconds"),
        ('[people."+1"]\nring_s = true', "ring_s must be seconds"),
        ('[people."+1"]\nkeys = "1"', "keys must be a list of texts"),
        ('[people."+1"]\nsteps = ["sing"]', "expected say TEXT"),
        ('[people."+1"]\nbeep = 1', "beep must be true or false"),
        ('[people."+1"]\nanswered_by = 1', "answered_by must be a text"),
        ('[people."+1"]\nleaves = 1', "leaves must be seconds by verb"),
        ('[people."+1"]\nleaves = {Dial = "x"}', "leaves must be seconds by verb"),
        ('[people."+1"]\nsings = 1', "unknown key 'sings': the keys are answered_by, beep, detect_s"),
    ],
)
def test_mistakes_are_named_with_their_place(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=r"f\.toml") as error:
        read_people(text, "f.toml")
    assert words in str(error.value)


def test_a_machine_hangs_up_by_itself() -> None:
    assert party_of({"kind": "machine", "greeting_s": 5, "message_s": 10}).stays_s == 15.5
    assert party_of({}).stays_s is None
    assert party_of({"hangs_up_s": 3}).stays_s == 3
