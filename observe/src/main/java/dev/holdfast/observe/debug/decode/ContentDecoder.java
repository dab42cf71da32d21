package dev.holdfast.observe.debug.decode;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Takes {@code Content-Encoding} off a body: gzip and deflate, as the bytes come. Output is handed
 * on in pieces of at most 16 KiB, however much a small input inflates to.
 */
public final class ContentDecoder {
  private static final int PIECE = 16 << 10;
  private static final int MAX_HEADER = 64 << 10;

  /** What follows the compressed bytes of a member: a checksum, and its size. */
  private static final int TRAILER_BYTES = 8;

  private static final int CHECKSUM_BYTES = 4;

  /** What a Zstandard frame begins with. */
  private static final int ZSTD = 0x28b52ffd;

  private final Consumer<ByteBuffer> out;
  private final byte[] piece = new byte[PIECE];
  private final ByteArrayOutputStream header = new ByteArrayOutputStream();
  private Coding coding = Coding.UNDECIDED;
  private @Nullable Inflater inflater;
  private final CRC32 sum = new CRC32();
  private long trailer;
  private int trailerBytes;
  private boolean isFirst = true;
  private boolean isGzip;
  private boolean cut;
  private boolean undeclared;
  private String found = "";
  private String declared = "";
  private String trouble = "";

  private enum Coding {
    UNDECIDED,
    IDENTITY,
    GZIP_HEADER,
    INFLATING,
    TRAILER,
    /** After the checksum: the member's size, then perhaps another member. */
    NEXT_MEMBER,
    OVER,
    UNREADABLE
  }

  /** Hands pieces without any encoding to {@code out}, each valid during the call. */
  public ContentDecoder(Consumer<ByteBuffer> out) {
    this.out = out;
  }

  /** Takes the head's declaration of the coding. */
  public void declare(String contentEncoding) {
    declared = contentEncoding.strip().toLowerCase(Locale.ROOT);
    coding =
        switch (declared) {
          case "", "identity" -> Coding.UNDECIDED; // Until the first bytes agree.
          case "gzip", "x-gzip" -> Coding.GZIP_HEADER;
          case "deflate" -> inflate(false);
          default -> Coding.UNREADABLE;
        };
  }

  /** Takes all remaining bytes. */
  public void feed(ByteBuffer bytes) {
    if (coding == Coding.UNDECIDED && bytes.hasRemaining()) {
      decide(bytes);
    }
    while (bytes.hasRemaining()) {
      switch (coding) {
        case GZIP_HEADER -> gzipHeader(bytes);
        case INFLATING -> inflate(bytes);
        case TRAILER -> trailer(bytes);
        case NEXT_MEMBER -> nextMember(bytes);
        case UNDECIDED, IDENTITY -> identity(bytes);
        case OVER, UNREADABLE -> bytes.position(bytes.limit());
      }
    }
  }

  /**
   * No header declares it, but no text begins with 1F either, nor with 28 B5, which is no UTF-8.
   * RFC 1952, 2.3.1 and RFC 8878, 3.1.1. Brotli has no such mark.
   */
  private void decide(ByteBuffer bytes) {
    int at = bytes.position();
    if (bytes.get(at) == 0x1f) {
      undeclared = true;
      found = "gzip";
      coding = Coding.GZIP_HEADER;
    } else if (bytes.remaining() >= 4 && bytes.order(ByteOrder.BIG_ENDIAN).getInt(at) == ZSTD) {
      undeclared = true;
      found = "zstd";
      coding = Coding.UNREADABLE;
    } else {
      coding = Coding.IDENTITY;
    }
  }

  private void identity(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      int count = Math.min(PIECE, bytes.remaining());
      out.accept(bytes.slice(bytes.position(), count));
      bytes.position(bytes.position() + count);
    }
  }

  private void gzipHeader(ByteBuffer bytes) {
    while (bytes.hasRemaining() && coding == Coding.GZIP_HEADER) {
      header.write(bytes.get());
      byte[] so = header.toByteArray();
      if (!isFirst && so.length == 2 && so[1] != (byte) 0x8b) {
        coding = Coding.OVER; // Bytes behind the last member belong to nothing.
      } else if (so.length > MAX_HEADER
          || (so.length == 2 && (so[0] != 0x1f || so[1] != (byte) 0x8b))
          || (so.length == 3 && so[2] != 8)) {
        unreadable("the body is declared as gzip and is not");
      } else if (isWholeGzipHeader(so)) {
        coding = inflate(true);
      }
    }
  }

  /** RFC 1952, 2.3: ten bytes, then what the flags announce. */
  private static boolean isWholeGzipHeader(byte[] so) {
    if (so.length < 10) {
      return false;
    }
    int flags = so[3];
    int at = 10;
    if ((flags & 4) != 0) {
      if (so.length < at + 2) {
        return false;
      }
      at += 2 + (so[at] & 0xff) + ((so[at + 1] & 0xff) << 8);
    }
    for (int text = (flags & 8) / 8 + (flags & 16) / 16; text > 0; text--) {
      while (at < so.length && so[at] != 0) {
        at++;
      }
      at++;
    }
    at += flags & 2;
    return so.length >= at;
  }

  private Coding inflate(boolean raw) {
    inflater = new Inflater(raw);
    isGzip = raw;
    return Coding.INFLATING;
  }

  private void inflate(ByteBuffer bytes) {
    var engine = inflater;
    if (engine == null) {
      throw new IllegalStateException("inflater: must be there, was missing");
    }
    engine.setInput(bytes);
    try {
      for (int count = engine.inflate(piece); count > 0; count = engine.inflate(piece)) {
        sum.update(piece, 0, count);
        out.accept(ByteBuffer.wrap(piece, 0, count));
      }
      if (engine.finished()) {
        bytes.position(bytes.limit() - engine.getRemaining());
        coding = isGzip ? Coding.TRAILER : Coding.OVER;
        return;
      }
    } catch (DataFormatException e) {
      unreadable("the compressed body is damaged");
    }
    bytes.position(bytes.limit());
  }

  /** RFC 1952, 2.2: a file is one member after the other, and its text that of all of them. */
  private void nextMember(ByteBuffer bytes) {
    while (trailerBytes < TRAILER_BYTES && bytes.hasRemaining()) {
      bytes.get();
      trailerBytes++;
    }
    if (trailerBytes < TRAILER_BYTES || !bytes.hasRemaining()) {
      return;
    }
    if (bytes.get(bytes.position()) != 0x1f) {
      coding = Coding.OVER;
      return;
    }
    var last = inflater;
    if (last != null) {
      last.end();
    }
    isFirst = false;
    header.reset();
    sum.reset();
    trailer = 0;
    trailerBytes = 0;
    coding = Coding.GZIP_HEADER;
  }

  /** A flipped bit may inflate to other words without an error; only the checksum reports it. */
  private void trailer(ByteBuffer bytes) {
    while (coding == Coding.TRAILER && bytes.hasRemaining()) {
      trailer |= (bytes.get() & 0xffL) << (8 * trailerBytes);
      if (++trailerBytes == CHECKSUM_BYTES) {
        boolean same = trailer == sum.getValue();
        coding = same ? Coding.NEXT_MEMBER : Coding.OVER;
        trouble = same ? "" : "the compressed body's checksum is wrong";
      }
    }
  }

  private void unreadable(String why) {
    trouble = why;
    coding = Coding.UNREADABLE;
  }

  /**
   * Ends the reading, and frees the native memory of the inflater. Idempotent.
   *
   * @param bodyEnded whether the bytes are over; false where the reader stopped before them
   */
  public void end(boolean bodyEnded) {
    if (inflater != null) {
      inflater.end();
      inflater = null;
      if (!bodyEnded) {
        coding = Coding.OVER;
      } else if (coding == Coding.INFLATING
          || coding == Coding.TRAILER
          || coding == Coding.GZIP_HEADER) {
        coding = Coding.OVER;
        trouble = "the compressed body is cut";
        cut = true;
      }
    }
  }

  /**
   * {@return why the answer cannot be read as it was sent, or null} A cut after the proof is
   * harmless; damage may be anywhere.
   *
   * @param proven whether the answer was proven by what could be read
   * @param lost whether the connection broke
   */
  public @Nullable Failure failure(boolean proven, boolean lost) {
    if (isForeign()) {
      return Failure.permanent(
          Cause.MALFORMED_FRAME, "content-encoding: must be identity, was " + name());
    }
    return trouble.isEmpty() || (cut && proven)
        ? null
        : Failure.retryable(lost ? Cause.CONNECTION_LOST : Cause.MALFORMED_FRAME, trouble);
  }

  /** {@return whether the body is compressed} */
  public boolean isCompressed() {
    return undeclared || (!declared.isEmpty() && !declared.equals("identity"));
  }

  /** {@return whether it is compressed though no header declares it} */
  public boolean isUndeclared() {
    return undeclared;
  }

  /** {@return whether the coding is one that cannot be taken off} */
  boolean isForeign() {
    return coding == Coding.UNREADABLE && trouble.isEmpty();
  }

  /** {@return the coding as the head declared it, in lower case, or as it was found out} */
  public String name() {
    return found.isEmpty() ? declared : found;
  }

  /** {@return what is wrong with the compressed bytes, or empty} */
  public String trouble() {
    return trouble;
  }
}
