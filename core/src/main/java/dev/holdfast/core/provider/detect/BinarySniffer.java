package dev.holdfast.core.provider.detect;

import dev.holdfast.core.frame.AwsEventStreamDecoder;
import dev.holdfast.core.provider.errors.ErrorValues;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the first frames of an AWS event stream prove about their sender. The prelude, its lengths
 * and its checksum, leave no room for coincidence.
 */
final class BinarySniffer {
  private static final int PRELUDE = 12;
  private static final int STRING = 7;
  private static final int BYTES = 6;

  private BinarySniffer() {}

  static DialectDetector.@Nullable Detection of(byte[] bytes) {
    int at = 0;
    while (AwsEventStreamDecoder.isMessage(bytes, at)) {
      var prelude = ByteBuffer.wrap(bytes, at, PRELUDE);
      long total = Integer.toUnsignedLong(prelude.getInt());
      long headers = Integer.toUnsignedLong(prelude.getInt());
      int from = at + PRELUDE;
      String type = eventType(bytes, from, (int) Math.min(bytes.length, from + headers));
      if (!type.isEmpty()) {
        return type.equals("chunk")
            ? new DialectDetector.Detection("bedrock-invoke", "an AWS frame of type chunk")
            : new DialectDetector.Detection(
                "bedrock-converse", "an AWS frame of type " + ErrorValues.cap(type, 64));
      }
      if (at + total > bytes.length) {
        break;
      }
      at += (int) total; // An exception frame: the next one may decide.
    }
    return at > 0 || AwsEventStreamDecoder.isMessage(bytes, 0)
        ? new DialectDetector.Detection("bedrock-converse", "an AWS frame without a type")
        : null;
  }

  /** {@return the header {@code :event-type}, or empty if it is not there or not whole} */
  private static String eventType(byte[] bytes, int from, int to) {
    var headers = ByteBuffer.wrap(bytes, from, to - from);
    while (headers.hasRemaining()) {
      String name = text(headers, headers.get() & 0xFF);
      if (!headers.hasRemaining()) {
        return "";
      }
      int kind = headers.get();
      int length =
          switch (kind) {
            case 0, 1 -> 0;
            case 2 -> 1;
            case 3 -> 2;
            case 4 -> 4;
            case 5, 8 -> 8;
            case BYTES, STRING -> headers.remaining() < 2 ? -1 : headers.getShort() & 0xFFFF;
            case 9 -> 16;
            default -> -1;
          };
      if (length < 0 || length > headers.remaining()) {
        return "";
      }
      String value = text(headers, length);
      if (kind == STRING && name.equals(":event-type")) {
        return value;
      }
    }
    return "";
  }

  private static String text(ByteBuffer from, int length) {
    byte[] bytes = new byte[Math.min(length, from.remaining())];
    from.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
