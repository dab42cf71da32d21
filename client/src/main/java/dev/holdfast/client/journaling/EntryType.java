package dev.holdfast.client.journaling;

/** The types of a stream's entries. */
final class EntryType {
  /** One {@link dev.holdfast.core.stream.StreamEvent}, as {@link EventCodec} writes it. */
  static final int EVENT = 1;

  /** The facts of the outcome, as {@link EndingCodec} writes them; the last entry. */
  static final int ENDING = 2;

  private EntryType() {}
}
