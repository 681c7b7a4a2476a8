"""The keys of commands that were given up: closed with a final answer, each in a row of the inbox of its own.

The row has the id of the command's dead letter, whose retry alone may put another answer in its place. While an
operator has the letter tried again the row says so; it keeps the final answer beside that, in case the retry fails.
"""

from shared.engine.decide.schema import Document
from shared.engine.store.commit import Answer, to_document


def promise_retry(letter: str, answer: Answer) -> Document:
    """Return the statement that answers, by a closed key, that its command is being tried again."""
    kept = {"$ifNull": ["$final", "$answers"]}
    return {
        "q": {"_id": letter},
        "u": [{"$set": {"final": kept, "answers": {"$literal": [to_document(answer)]}}}],
    }


def restate(letter: str) -> Document:
    """Return the statement that gives a closed key its final answer again, because the retry has failed."""
    return {"q": {"_id": letter}, "u": [{"$set": {"answers": {"$ifNull": ["$final", "$answers"]}}}]}


def answer_dropped(letter: str, answer: Answer) -> Document:
    """Return the statement that gives a closed key its last answer: its letter is dropped, so that no retry comes."""
    return {"q": {"_id": letter}, "u": {"$set": {"answers": [to_document(answer)]}, "$unset": {"final": ""}}}
