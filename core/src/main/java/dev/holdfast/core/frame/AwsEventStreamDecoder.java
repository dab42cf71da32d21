package dev.holdfast.core.frame;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Amazon's binary event stream, {@code application/vnd.amazon.eventstream}, as in the AWS
 * documentation ("Event stream encoding"). A message has total length, length of the headers,
 * CRC-32 of these, headers, payload, CRC-32 of everything before; numbers are big-endian.
 *
 * <ul>
 *   <li>A message becomes an {@link Frame.Kind#EVENT} whose type is the header {@code :event-type}
 *       and whose data is the payload.
 *   <li>A message of {@code :message-type} {@code exception} or {@code error} becomes an {@link
 *       Frame.Kind#EXCEPTION} whose type is {@code :exception-type} or {@code :error-code} and
 *       whose data is the payload; or {@code :error-message} where there is none.
 *   <li>A wrong checksum and impossible lengths or headers yield one frame of kind {@link
 *       Frame.Kind#DAMAGED}. Nothing after it is read, since a lost message may have been content.
 *       Nothing of a message is shown before its checksum has been checked.
 *   <li>A message that the body's end cuts: one frame of kind {@link Frame.Kind#DAMAGED}, {@link
 *       Frame#unterminated}.
 * </ul>
 *
 * <p>Limits: the headers of a message count as a line, its payload as a frame's data. A message
 * wholly in the fed chunk is a view of it. Anything that crosses chunks is copied as it arrives: a
 * length reserves no memory.
 */
public final class AwsEventStreamDecoder extends ChunkDecoder {
  /** Total length, length of the headers, checksum. */
  private static final int PRELUDE = 12;

  private static final int CHECKSUM = 4;

  /** The two lengths, which have a checksum of their own. */
  private static final int CHECKED = PRELUDE - CHECKSUM;

  private static final long LEAST = PRELUDE + CHECKSUM;

  private final FrameLimits limits;
  private final GrowingBytes carry;
  private final AwsHeaders headers = new AwsHeaders();
  private final CRC32 crc = new CRC32();
  private final Frame frame = new Frame();

  /** Of the message being read; 0 until its prelude has been checked. */
  private int total;

  private int headerBytes;
  private boolean damaged;

  /** Makes a decoder for one body. */
  public AwsEventStreamDecoder(FrameLimits limits) {
    this.limits = limits;
    long most = LEAST + limits.maxLine() + limits.maxFrame();
    carry = new GrowingBytes((int) Math.min(most, Integer.MAX_VALUE - 8));
  }

  @Override
  void shown() {
    // Messages are found by their lengths, wherever the window begins.
  }

  @Override
  @Nullable Frame next() {
    carry.trim();
    do {
      while (chunk.at < chunk.end) {
        if (damaged) {
          chunk.at = chunk.end;
          break;
        }
        Frame shown = carry.length() == 0 ? inPlace() : carried();
        if (shown != null) {
          return shown;
        }
      }
    } while (refill());
    return null;
  }

  /**
   * Reads a message that begins in this chunk; keeps what there is of it if it does not end here.
   */
  private @Nullable Frame inPlace() {
    int available = chunk.end - chunk.at;
    if (available >= PRELUDE) {
      Frame broken = prelude(chunk.bytes, chunk.at);
      if (broken != null) {
        return broken;
      }
      if (available >= total) {
        int start = chunk.at;
        chunk.at += total;
        crc.update(chunk.bytes, start + CHECKED, total - CHECKED - CHECKSUM);
        return message(chunk.bytes, start, crc.getValue());
      }
    }
    keep(available);
    return null;
  }

  /** Continues a message that began in an earlier chunk. */
  private @Nullable Frame carried() {
    int missing = (total == 0 ? PRELUDE : total) - carry.length();
    keep(Math.min(missing, chunk.end - chunk.at));
    if (total == 0 && carry.length() == PRELUDE) {
      return prelude(carry.array(), 0);
    }
    if (total == 0 || carry.length() < total) {
      return null;
    }
    carry.restart();
    return message(carry.array(), 0, checksum(carry.array(), 0, total - CHECKSUM));
  }

  /**
   * {@return whether a message of an Amazon event stream begins at {@code at}} Its prelude, the two
   * lengths and their checksum, leaves no room for coincidence.
   */
  public static boolean isMessage(byte[] bytes, int at) {
    if (bytes.length - at < PRELUDE) {
      return false;
    }
    var crc = new CRC32();
    crc.update(bytes, at, PRELUDE - CHECKSUM);
    return crc.getValue() == u32(bytes, at + PRELUDE - CHECKSUM)
        && u32(bytes, at) >= LEAST + u32(bytes, at + 4);
  }

  private void keep(int count) {
    carry.append(chunk.bytes, chunk.at, chunk.at + count);
    chunk.at += count;
  }

  /**
   * {@return what is wrong with the lengths of the message at {@code at}, or null} Learns them, and
   * leaves their checksum to be continued.
   */
  private @Nullable Frame prelude(byte[] bytes, int at) {
    if (checksum(bytes, at, CHECKED) != u32(bytes, at + CHECKED)) {
      return damage("message prelude: must fit its checksum, was damaged");
    }
    long whole = u32(bytes, at);
    long named = u32(bytes, at + 4);
    if (whole < LEAST || named > whole - LEAST) {
      return damage(
          "message: must be 16 bytes and its headers, was %d with %d of headers"
              .formatted(whole, named));
    }
    if (named > limits.maxLine()) {
      throw new FrameLimitException(
          "message headers: must be at most %d bytes, was %d".formatted(limits.maxLine(), named));
    }
    if (whole - LEAST - named > limits.maxFrame() || whole > Integer.MAX_VALUE - 8) {
      throw new FrameLimitException(
          "message payload: must be at most %d bytes, was %d"
              .formatted(limits.maxFrame(), whole - LEAST - named));
    }
    total = (int) whole;
    headerBytes = (int) named;
    return null;
  }

  private Frame message(byte[] bytes, int at, long checksum) {
    int end = at + total - CHECKSUM;
    int payload = at + PRELUDE + headerBytes;
    total = 0;
    if (checksum != u32(bytes, end)) {
      return damage("message: must fit its checksum, was damaged");
    }
    if (!headers.read(bytes, at + PRELUDE, payload)) {
      return damage("message headers: must fill their length, were broken");
    }
    if (!headers.isException()) {
      return show(Frame.Kind.EVENT, headers.eventType(), bytes, payload, end);
    }
    return payload == end
        ? show(
            Frame.Kind.EXCEPTION,
            headers.exceptionType(),
            bytes,
            headers.messageStart(),
            headers.messageEnd())
        : show(Frame.Kind.EXCEPTION, headers.exceptionType(), bytes, payload, end);
  }

  private Frame show(Frame.Kind kind, String type, byte[] bytes, int start, int end) {
    int invalid = Utf8.countReplacements(bytes, start, end - start);
    return frame.set(kind, type, "", bytes, start, end - start, invalid, false);
  }

  private Frame damage(String sentence) {
    damaged = true;
    chunk.at = chunk.end;
    carry.restart();
    return damage(sentence, false);
  }

  /** What remained at the body's end. */
  @Override
  @Nullable Frame rest() {
    if (carry.length() == 0) {
      return null;
    }
    String of = total == 0 ? "" : " of " + total;
    String sentence = "message: must be whole, was cut after " + carry.length() + of + " bytes";
    carry.restart();
    return damage(sentence, true);
  }

  private Frame damage(String sentence, boolean unterminated) {
    byte[] words = sentence.getBytes(StandardCharsets.UTF_8);
    return frame.set(Frame.Kind.DAMAGED, "", "", words, 0, words.length, 0, unterminated);
  }

  private long checksum(byte[] bytes, int at, int length) {
    crc.reset();
    crc.update(bytes, at, length);
    return crc.getValue();
  }

  private static long u32(byte[] bytes, int at) {
    return (bytes[at] & 0xFFL) << 24
        | (bytes[at + 1] & 0xFF) << 16
        | (bytes[at + 2] & 0xFF) << 8
        | (bytes[at + 3] & 0xFF);
  }
}
