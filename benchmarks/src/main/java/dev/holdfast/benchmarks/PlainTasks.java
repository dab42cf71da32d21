package dev.holdfast.benchmarks;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * What a careful programmer writes without a library for a framing: the JDK's readers, and
 * Jackson's streaming parser for the payload.
 */
final class PlainTasks {
  private PlainTasks() {}

  /** Lines of JSON. */
  static Task lines(byte[] body, JacksonDeltas deltas) {
    return () -> {
      deltas.reset();
      try (BufferedReader reader =
          new BufferedReader(
              new InputStreamReader(new ByteArrayInputStream(body), StandardCharsets.UTF_8))) {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
          deltas.read(line);
        }
      }
      return deltas.found();
    };
  }

  /** Amazon's event stream, both checksums checked, headers skipped. */
  static Task eventStream(byte[] body, JacksonDeltas deltas) {
    return () -> {
      deltas.reset();
      CRC32 crc = new CRC32();
      try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(body))) {
        while (in.available() > 0) {
          byte[] prelude = in.readNBytes(12);
          ByteBuffer numbers = ByteBuffer.wrap(prelude);
          int headers = numbers.getInt(4);
          byte[] rest = in.readNBytes(numbers.getInt(0) - prelude.length);
          crc.reset();
          crc.update(prelude, 0, 8);
          check(crc, numbers.getInt(8));
          crc.update(prelude, 8, 4);
          crc.update(rest, 0, rest.length - 4);
          check(crc, ByteBuffer.wrap(rest).getInt(rest.length - 4));
          deltas.read(new String(rest, headers, rest.length - headers - 4, StandardCharsets.UTF_8));
        }
      }
      return deltas.found();
    };
  }

  private static void check(CRC32 crc, int expected) {
    if ((int) crc.getValue() != expected) {
      throw new IllegalStateException("checksum: must fit, did not");
    }
  }
}
