"""Whether our own mail server vouches for a sender. Rules: R23, R24."""

import pytest

from itsm.channels.mail.trust import is_vouched_for

ADDRESS = "agent@desk.test"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (("mx.desk.test; dmarc=pass header.from=desk.test",), True),
        (("MX.Desk.Test 1; spf=fail; dkim=pass (good) header.d=desk.test",), True),
        (("mx.desk.test; dkim=pass header.i=@desk.test header.d=desk.test",), True),
        (("mx.desk.test; dmarc=fail header.from=desk.test",), False),
        (("mx.desk.test; dmarc=none", "mx.desk.test; dmarc=pass header.from=desk.test"), False),
        (("mx.desk.test; spf=pass smtp.mailfrom=desk.test",), False),
        (("mx.desk.test; dmarc=pass header.from=desk.test.evil.example",), False),
        (("mx.desk.test; dmarc=passed header.from=desk.test",), False),
        (('mx.desk.test; spf=fail reason="; dmarc=pass header.from=desk.test"',), False),
        (("mx.desk.test; spf=fail (; dmarc=pass header.from=desk.test)",), False),
        (("mx.desk.test.evil.example; dmarc=pass header.from=desk.test",), False),
        ((), False),
        (("",), False),
    ],
)
def test_only_the_topmost_of_our_own_server_counts(results: tuple[str, ...], expected: bool) -> None:
    assert is_vouched_for(results, authserv_id="mx.desk.test", address=ADDRESS) is expected


def test_without_a_name_nobody_is_vouched_for() -> None:
    assert not is_vouched_for(("mx; dmarc=pass header.from=desk.test",), authserv_id="", address=ADDRESS)
