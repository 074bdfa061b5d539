"""Why an evaluation could not be done, as the contract says it."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Why a whole evaluation could not be done."""

    CHECKPOINT_UNREADABLE = "checkpoint_unreadable"
    CHECKPOINT_INVALID = "checkpoint_invalid"
    PROTOCOL_UNSUPPORTED = "protocol_unsupported"
    OUT_OF_MEMORY = "out_of_memory"
    INTERNAL = "internal"

    @property
    def retry(self) -> bool:
        """Whether the same request can succeed later without anybody changing the checkpoint or the protocol."""
        return self in (ErrorCode.OUT_OF_MEMORY, ErrorCode.INTERNAL)


class EvaluationError(Exception):
    """Ends one evaluation. The message is for a person: what happened, where, and what to do."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
