"""Chat documents under the tokenizer's own chat template: the token ids, and which of them an assistant wrote."""

import re
from dataclasses import dataclass
from typing import Any

from track_evaluator.failures import ErrorCode, EvaluationError

GENERATION = re.compile(r"\{%-?\s*generation\s*-?%\}")


class UnscorableChatError(Exception):
    """Why one document cannot be scored; the message continues "document 3 of domain x/y ..."."""


@dataclass(frozen=True)
class ChatTokens:
    """A rendered conversation."""

    ids: list[int]
    assistant: list[bool]
    """Whether a token belongs to what an assistant wrote, with the token that ends its turn."""


def render(tokenizer: Any, messages: list[dict[str, str]]) -> ChatTokens:
    """Applies the chat template.

    A template that marks the assistant's part with `{% generation %}` says itself which tokens those are. For any other,
    an assistant's part is what the template adds from the point where it would let the model answer to the end of that
    turn; a template in which a later turn changes an earlier one has no such part and is refused.
    """
    template = tokenizer.get_chat_template() if tokenizer.chat_template else None
    if template is None:
        raise EvaluationError(
            ErrorCode.CHECKPOINT_INVALID,
            "the checkpoint's tokenizer has no chat template, so chat documents cannot be rendered. "
            "Save the tokenizer with its chat_template, or take plain texts.",
        )
    if GENERATION.search(template):
        rendered = _apply(tokenizer, messages, return_assistant_tokens_mask=True)
        return ChatTokens(list(rendered["input_ids"]), [bool(each) for each in rendered["assistant_masks"]])
    ids = list(_apply(tokenizer, messages)["input_ids"])
    assistant = [False] * len(ids)
    for number, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before = list(_apply(tokenizer, messages[:number], add_generation_prompt=True)["input_ids"]) if number else []
        after = list(_apply(tokenizer, messages[: number + 1])["input_ids"])
        if ids[: len(after)] != after or after[: len(before)] != before:
            raise UnscorableChatError(
                f"has an assistant's message (number {number + 1}) that the chat template does not keep apart from the rest; "
                "mark them in the template with {% generation %}"
            )
        assistant[len(before) : len(after)] = [True] * (len(after) - len(before))
    return ChatTokens(ids, assistant)


def contents(messages: list[dict[str, str]], assistant_only: bool) -> list[str]:
    """The texts that bytes and words are counted of: the messages' own, without what the template adds."""
    return [message["content"] for message in messages if not assistant_only or message["role"] == "assistant"]


def parse_messages(value: object) -> list[dict[str, str]] | None:
    """The messages of a chat document, or None when the value is none: a list of role and content, both texts."""
    if not isinstance(value, list) or not value:
        return None
    for message in value:
        if not isinstance(message, dict) or message.keys() != {"role", "content"}:
            return None
        if not all(isinstance(each, str) for each in message.values()):
            return None
    return value


def _apply(tokenizer: Any, messages: list[dict[str, str]], **options: Any) -> Any:
    try:
        return tokenizer.apply_chat_template(messages, tokenize=True, return_dict=True, truncation=False, **options)
    except Exception as problem:  # a template is a program of the checkpoint's; it raises what it likes
        lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
        raise UnscorableChatError(f"is refused by the chat template: {lines[0] if lines else type(problem).__name__}") from problem
