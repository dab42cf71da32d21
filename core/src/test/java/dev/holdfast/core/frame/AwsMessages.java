package dev.holdfast.core.frame;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.CRC32;

/** Writes messages of Amazon's event stream, and finds where they end. */
public final class AwsMessages {
  private AwsMessages() {}

  /** {@return an event of that type} */
  public static byte[] event(String type, String json) {
    return message(join(string(":event-type", type), string(":message-type", "event")), utf8(json));
  }

  /** {@return an exception of that type} */
  public static byte[] exception(String type, String json) {
    return message(
        join(string(":exception-type", type), string(":message-type", "exception")), utf8(json));
  }

  /** {@return a message with checksums that fit, whatever the headers are} */
  public static byte[] message(byte[] headers, byte[] payload) {
    var out = ByteBuffer.allocate(16 + headers.length + payload.length);
    out.putInt(out.capacity()).putInt(headers.length);
    out.putInt(checksum(out.array(), out.position())).put(headers).put(payload);
    return out.putInt(checksum(out.array(), out.position())).array();
  }

  /** {@return a header that is a string} */
  public static byte[] string(String name, String value) {
    byte[] text = utf8(value);
    byte[] sized =
        ByteBuffer.allocate(2 + text.length).putShort((short) text.length).put(text).array();
    return header(name, 7, sized);
  }

  static byte[] header(String name, int type, byte[] value) {
    return join(new byte[] {(byte) name.length()}, utf8(name), new byte[] {(byte) type}, value);
  }

  /** {@return the arrays one after another} */
  public static byte[] join(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** {@return where the messages of a body end, up to the first whose checksum does not fit} */
  public static SortedSet<Integer> ends(byte[] body) {
    var ends = new TreeSet<Integer>();
    var read = ByteBuffer.wrap(body);
    int at = 0;
    while (body.length - at >= 16) {
      int length = read.getInt(at);
      if (length < 16 || length > body.length - at) {
        break;
      }
      byte[] message = new byte[length];
      read.get(at, message);
      if (checksum(message, length - 4) != read.getInt(at + length - 4)) {
        break;
      }
      at += length;
      ends.add(at);
    }
    return ends;
  }

  private static int checksum(byte[] bytes, int length) {
    var crc = new CRC32();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
