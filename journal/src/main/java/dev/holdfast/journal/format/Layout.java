package dev.holdfast.journal.format;

/** The numbers of the format; docs/journal-format.md draws them. All integers are big-endian. */
public final class Layout {
  /** "HFJOURN1". */
  public static final long MAGIC = 0x48464a4f55524e31L;

  public static final int VERSION = 1;

  /** Bytes of a segment's header. */
  public static final int SEGMENT_HEAD = 128;

  /** Bytes of a record's header. */
  public static final int RECORD_HEAD = 56;

  /** The longest record; a length beyond it is damage. */
  public static final int MAX_RECORD = 96 << 20;

  /** "HFJF": the last four bytes of a sealed segment. */
  public static final int FOOTER_MAGIC = 0x48464a46;

  public static final int KIND_CREATE = 1;
  public static final int KIND_BATCH = 2;
  public static final int KIND_FENCE = 3;
  public static final int KIND_TOUCH = 4;
  public static final int KIND_DELETE = 5;
  public static final int KIND_COMMIT = 6;
  public static final int KIND_FOOTER = 7;

  /** The payload is AES-GCM ciphertext. */
  public static final int FLAG_ENCRYPTED = 1;

  /** The entries have lengths, but no bytes. */
  public static final int FLAG_OMITTED = 2;

  /** Of a created stream: its time to live slides. */
  public static final int FLAG_SLIDING = 4;

  /** Bits 4 to 6 of the flags hold the {@link EndNumber} of an end. */
  public static final int END_SHIFT = 4;

  private Layout() {}
}
