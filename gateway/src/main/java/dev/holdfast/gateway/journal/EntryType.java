package dev.holdfast.gateway.journal;

/** The types of a stream's entries. */
final class EntryType {
  /** The client's request: {@link StoredRequest}. */
  static final int REQUEST = 1;

  /** The head of the answer: {@link StoredHead}. */
  static final int HEAD = 2;

  /** A frame of the answer's body. */
  static final int BODY = 3;

  /** What an answer in another form begins with, made of its request. */
  static final int OPENING = 4;

  private EntryType() {}
}
