"""Which recordings may be loaded: tables of hosts, URLs, addresses and names of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.play.places import AllowedHosts, PlayRefused, check_hosts, file_in, is_public, is_url, read_hosts

HOSTS = AllowedHosts(("audio.example.com", "*.cdn.example", "media.example:8443", "[2606:4700::1111]"))


def reason(call: object, *arguments: object) -> str:
    with pytest.raises(PlayRefused) as refused:
        call(*arguments)  # type: ignore[operator]
    return refused.value.reason


@pytest.mark.parametrize(
    "url",
    [
        "https://audio.example.com/a.mp3",
        "https://AUDIO.example.com:443/a.mp3?key=1",
        "https://audio.example.com./a.wav",
        "https://a.cdn.example/x",
        "https://a.b.cdn.example/x",
        "https://media.example:8443/x",
        "https://[2606:4700::1111]/x",
    ],
)
def test_hosts_of_the_list_may_be_asked(url: str) -> None:
    assert HOSTS.check(url).scheme == "https"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://audio.example.com/a.mp3", "play_url"),
        ("ftp://audio.example.com/a.mp3", "play_url"),
        ("https://user@audio.example.com/a", "play_url"),
        ("https://audio.example.com@evil.example/a", "play_url"),
        ("https://audio.example.com\\@evil.example/a", "play_url"),
        ("https://audio.example.com/a b", "play_url"),
        ("https://audio.example.com/\n", "play_url"),
        ("https://", "play_url"),
        ("https://[::1/a", "play_url"),
        ("https://audio.example.com:99999/a", "play_url"),
        ("https://audio.example.com/" + 3000 * "a", "play_url"),
        ("https://аudio.example.com/a", "play_url"),
        ("https://evil.example/a", "play_host"),
        ("https://audio.example.com.evil.example/a", "play_host"),
        ("https://evilaudio.example.com/a", "play_host"),
        ("https://cdn.example/a", "play_host"),
        ("https://evilcdn.example/a", "play_host"),
        ("https://audio.example.com:8443/a", "play_host"),
        ("https://media.example/a", "play_host"),
        ("https://127.0.0.1/a", "play_host"),
        ("https://2130706433/a", "play_host"),
        ("https://0x7f.1/a", "play_host"),
        ("https://[::1]/a", "play_host"),
        ("https://localhost/a", "play_host"),
        ("https://169.254.169.254/latest/meta-data", "play_host"),
    ],
)
def test_all_other_urls_are_refused(url: str, why: str) -> None:
    assert reason(HOSTS.check, url) == why


def test_the_machine_itself_may_be_asked_in_development_alone() -> None:
    entries = ("localhost:8001", "127.0.0.1:8001", "plain.example")
    for url in ("http://localhost:8001/a.wav", "http://127.0.0.1:8001/a.wav"):
        assert AllowedHosts(entries, dev=True).check(url).port == 8001
        assert reason(AllowedHosts(entries).check, url) == "play_url"
    assert reason(AllowedHosts(entries, dev=True).check, "http://plain.example/a.wav") == "play_url"
    AllowedHosts(entries, dev=True).check_address("localhost", "127.0.0.1")
    assert reason(AllowedHosts(entries, dev=True).check_address, "plain.example", "127.0.0.1") == "play_address"
    assert reason(AllowedHosts(entries).check_address, "localhost", "127.0.0.1") == "play_address"


@pytest.mark.parametrize(
    ("location", "there"),
    [
        ("/b.mp3", "https://audio.example.com/b.mp3"),
        ("b.mp3", "https://audio.example.com/a/b.mp3"),
        ("//x.cdn.example/b", "https://x.cdn.example/b"),
    ],
)
def test_a_redirect_may_lead_to_hosts_of_the_list(location: str, there: str) -> None:
    assert HOSTS.redirected("https://audio.example.com/a/", location) == there


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://audio.example.com/a", "play_url"),
        ("https://127.0.0.1/", "play_host"),
        ("//evil.example/", "play_host"),
        ("https://[::1", "play_url"),
        ("file:///etc/passwd", "play_url"),
        ("https://a b", "play_url"),
    ],
)
def test_a_redirect_leads_nowhere_else(location: str, why: str) -> None:
    assert reason(HOSTS.redirected, "https://audio.example.com/a/", location) == why


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14", "64:ff9b::8.8.8.8"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)
    HOSTS.check_address("audio.example.com", address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::10.0.0.1"),
        *("2002:7f00:1::", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "nonsense", ""),
    ],
)
def test_addresses_inside_are_no_public_ones(address: str) -> None:
    assert not is_public(address)
    assert reason(HOSTS.check_address, "audio.example.com", address) == "play_address"


def test_a_list_of_hosts_is_read_and_checked() -> None:
    assert read_hosts(" A.example , *.b.example:8443,, a.example ") == ("a.example", "*.b.example:8443")
    assert check_hosts(("a.example", "*.b.example:8443", "[::1]:80", "localhost")) is None
    for wrong in ("*", "https://a.example", "a.*.example", "a.example/x", "*example", ""):
        assert check_hosts((wrong,)) is not None, wrong


def test_a_source_with_a_scheme_is_a_url() -> None:
    assert is_url("https://a.example/x")
    assert not is_url("songs/hold.mp3")


def test_files_of_the_folder_may_be_played(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.wav").write_bytes(b"x")
    (tmp_path / "also.wav").symlink_to(tmp_path / "sub" / "one.wav")
    assert file_in(tmp_path, "sub/one.wav") == file_in(tmp_path, "also.wav")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        *(
            (name, "play_name")
            for name in ("", "../x.wav", "sub/../../x.wav", "/etc/passwd", "~/x", "a//b", "./a", ".")
        ),
        *((name, "play_name") for name in ("a\\b", "a\0b", "C:x.wav", "x" * 3000, "out.wav", "outside/x.wav")),
        *((name, "play_missing") for name in ("none.wav", "sub", "sub/none.wav")),
    ],
)
def test_no_name_leads_out_of_the_folder(name: str, why: str, tmp_path: Path) -> None:
    folder = tmp_path / "audio"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "x.wav").write_bytes(b"x")
    (folder / "out.wav").symlink_to(tmp_path / "x.wav")
    (folder / "outside").symlink_to(tmp_path)
    assert reason(file_in, folder, name) == why
