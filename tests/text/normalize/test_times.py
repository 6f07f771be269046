"""Test times of day."""

from __future__ import annotations

from ivr.text.normalize.patterns import JOIN_MARK
from ivr.text.normalize.times import say_times
from tests.text.tables import failures


def test_times_in_arabic() -> None:
    rows = [
        ("3:00 م", "الثالثة مساءً"),
        ("3:30 م", "الثالثة والنصف مساءً"),
        ("3:30 PM", "الثالثة والنصف مساءً"),
        ("9:45 ص", "العاشرة إلا ربع صباحاً"),
        ("12:45 م", "الواحدة إلا ربع ظهراً"),
        ("12:15 م", "الثانية عشرة والربع ظهراً"),
        ("13:20", "الواحدة والثلث مساءً"),
        ("15:20", "الثالثة والثلث مساءً"),
        ("00:01", "الثانية عشرة ودقيقة صباحاً"),
        ("24:00", "الثانية عشرة صباحاً"),
        ("7:02", "السابعة ودقيقتين"),
        ("7:03", "السابعة وثلاث دقائق"),
        ("7:10:59", "السابعة وعشر دقائق"),
        ("7:21", "السابعة وواحدة وعشرين دقيقة"),
        ("8:20 صباحاً", "الثامنة والثلث صباحاً"),
        ("8 صباحاً", "الثامنة صباحاً"),
        ("8 ص", "الثامنة صباحاً"),
        ("الساعة 5 م", "الساعة الخامسة مساءً"),
        ("إلى 5 م", "إلى الخامسة مساءً"),
        ("من 4 إلى 6 مساءً", "من الرابعة إلى السادسة مساءً"),
        (f"بين 9 و{JOIN_MARK}10 ص", f"بين التاسعة و{JOIN_MARK}العاشرة صباحاً"),
        ("سلك 5 م", "سلك 5 م"),
        ("غداً 5 م", "غداً الخامسة مساءً"),
        ("الأحد، 9 م", "الأحد، التاسعة مساءً"),
        ("2:35 دقيقة", f"2 دقيقة و{JOIN_MARK}35 ثانية"),
        ("1:30 ساعة", f"ساعة و{JOIN_MARK}30 دقيقة"),
        ("0:45 دقيقة", "45 ثانية"),
        ("0:00 دقيقة", "الثانية عشرة صباحاً دقيقة"),
        ("الساعة 4", "الساعة الرابعة"),
        ("الساعة 10:30", "الساعة العاشرة والنصف"),
        ("الساعة 24", "الساعة 24"),
        ("9 ص - 6 م", "التاسعة صباحاً إلى السادسة مساءً"),
        ("8:00-17:00", "الثامنة إلى الخامسة مساءً"),
        ("3.30 pm", "الثالثة والنصف مساءً"),
        ("3:75", "3:75"),
        ("25:10", "25:10"),
    ]
    assert failures(rows, lambda text: say_times(text, arabic=True).strip()) == []


def test_times_in_english() -> None:
    rows = [
        ("3:00", "three o'clock"),
        ("3:05", "three oh five"),
        ("14:30Z", "two thirty PM UTC"),
        ("3:15 pm", "three fifteen PM"),
        ("7:10", "seven ten"),
        ("17:30", "five thirty PM"),
        ("at 5 p.m. Please", "at five PM. Please"),
        ("at 5 p.m. Monday", "at five PM Monday"),
        ("at 5 a.m. it", "at five AM it"),
        ("at 5 a.m.", "at five AM."),
        ("at 5 a.m", "at five AM"),
        ("8 am - 5 pm", "eight AM to five PM"),
        ("12 am", "twelve AM"),
        ("2:35 minutes", "2 minutes and 35 seconds"),
        ("1:01 hours", "1 hour and 1 minute"),
    ]
    assert failures(rows, lambda text: " ".join(say_times(text, arabic=False).split())) == []
