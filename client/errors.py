"""What can be wrong with evidence: one tree of errors, with codes and sentences.

ClientError
  NoteError           a signed note: malformed, unknown_signer, bad_signature
  CheckpointError     the text of a checkpoint
  RotationError       the way from the pinned key to the key that signed
  EntryError          an entry that has no canonical form, or does not open its commitment
  ProofError          a hash, a position or a proof that does not lead to the root
  TileError           a tile that is missing, or has not the size that its path tells
  ReceiptError        a receipt
  ExportError         an export that cannot be read to its end
  ManifestError       a version's manifest, or the signed note of it
  PatchError          a row patch or chunk manifest that is none, or is of another file
"""


class ClientError(Exception):
    """Something is wrong: `code` for programs, `sentence` for people (one line with a dot)."""

    code = "wrong"

    def __init__(self, sentence: str, *, code: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        if code:
            self.code = code


class NoteError(ClientError):
    code = "note_malformed"


class UnknownSignerError(NoteError):
    code = "note_unknown_signer"


class BadSignatureError(NoteError):
    code = "note_bad_signature"


class CheckpointError(ClientError):
    code = "checkpoint"


class RotationError(ClientError):
    code = "rotation"


class EntryError(ClientError):
    code = "entry"


class ProofError(ClientError):
    code = "proof"


class TileError(ClientError):
    code = "tile"


class ReceiptError(ClientError):
    code = "receipt"


class ExportError(ClientError):
    code = "export"


class PatchError(ClientError):
    code = "patch_wrong"


class ManifestError(ClientError):
    code = "manifest"
