"""The rules of a new password: long enough, and not one of those that are guessed first. Pure.

NIST SP 800-63B (2017), section 5.1.1.2: 8 characters at least, no rules of composition, no passwords that are commonly
used, of repeated or sequential characters, or derived from the name of the account or the service.
"""

import re
import unicodedata
from typing import Final, Literal

SHORTEST: Final = 8
LONGEST: Final = 128
"""Characters, of any script."""
WeakPassword = Literal["password_too_common", "password_like_name"]
_REPEATED: Final = re.compile(r"(.{1,4})\1+(.{0,3})", re.DOTALL)
_ROWS: Final = (
    "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm", "abcdefghijklmnopqrstuvwxyz",
)  # fmt: skip
"""Ways over a keyboard, and the alphabet."""
_WORDS: Final = frozenset({
    "password", "passwd", "passw0rd", "p@ssw0rd", "p@ssword", "pa55word", "mima", "wodemima", "admin",
    "administrator", "root", "user", "guest", "test", "tester", "welcome", "hello", "helloworld", "letmein",
    "login", "master", "secret", "default", "changeme", "iloveyou", "loveyou", "love", "princess", "dragon",
    "monkey", "sunshine", "shadow", "football", "baseball", "superman", "batman", "michael", "freedom",
    "whatever", "trustno", "qwerty", "abc", "abcd", "aaa", "zxc", "asd", "qwe", "woaini", "woaiwojia",
    "woshishui", "nihao", "nihaoma", "beijing", "shanghai", "china", "zhongguo", "zhonghua", "xiaoming",
    "wangwang", "baobao", "laogong", "laopo", "mama", "baba", "gongzuo", "shequ", "shegong", "cishan", "zhiyuan",
    "zhiyuanzhe", "lianshan", "lianshan123", "jiedao", "juweihui", "computer", "internet", "windows", "linux",
    "samsung", "huawei", "xiaomi", "iphone", "apple", "google", "taobao", "alipay", "weixin", "wechat", "qq", "爱",
    "密码", "我的密码", "你好", "联善", "社工", "志愿者", "中国",
})  # fmt: skip
"""Words from which the passwords that are guessed first are made, in our own selection."""
_AROUND: Final = re.compile(r"^[\d\W_]+|[\d\W_]+$")
_FEWEST_BESIDE: Final = 4
"""Letters that a password must have beside the name of its account."""


def normalize(password: str) -> str:
    """Return the password in the one form (NFKC) in which it is hashed: keyboards write some characters in two ways."""
    return unicodedata.normalize("NFKC", password)


def find_weakness(password: str, name: str) -> WeakPassword | None:
    """Return the rule that the password of that account breaks; None for one that may be set."""
    plain = normalize(password).casefold()
    core = _AROUND.sub("", plain)
    if core == name or (name in plain and len(plain.replace(name, "")) < _FEWEST_BESIDE):
        return "password_like_name"
    if core in _WORDS or _REPEATED.fullmatch(plain) or _is_sequence(plain) or _is_date_or_number(plain):
        return "password_too_common"
    return None


def _is_sequence(plain: str) -> bool:
    """Return whether the password is nothing but one way over the keyboard, or two, back and forth."""
    half = len(plain) // 2
    return any(_is_row(part) for part in (plain, _AROUND.sub("", plain))) or (
        _is_row(plain[:half]) and _is_row(plain[half:])
    )


def _is_row(part: str) -> bool:
    return len(part) >= 3 and any(part in way for row in _ROWS for way in (row * 2, row[::-1] * 2))


def _is_date_or_number(plain: str) -> bool:
    """Return whether it is a number as people have them: a birthday, a telephone or a QQ number."""
    return plain.isdigit() and len(plain) <= 11
