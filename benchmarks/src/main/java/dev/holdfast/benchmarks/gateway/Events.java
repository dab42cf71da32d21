package dev.holdfast.benchmarks.gateway;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** The events of the benchmark: Chat chunks of one size, each an HTTP chunk of its own. */
final class Events {
  /** Precedes the time of sending, 16 hexadecimal digits; occurs nowhere else in a response. */
  static final byte MARK = '@';

  static final int DIGITS = 16;

  private static final String DONE = "data: [DONE]\n\n";
  private static final String HEX = "0123456789abcdef";
  private static final String[] WORDS = {
    "river", "lantern", "harbour", "meadow", "copper", "winter", "orchard", "signal", "granite"
  };

  private Events() {}

  /** {@return one event as an HTTP chunk, its time all zeros} */
  static byte[] chunk(Random random) {
    return framed(event(random));
  }

  /** {@return one event as it is, its time all zeros} */
  static byte[] plain(Random random) {
    return event(random).getBytes(StandardCharsets.US_ASCII);
  }

  private static String event(Random random) {
    String word = WORDS[random.nextInt(WORDS.length)];
    return "data: {\"id\":\"chatcmpl-bench0000000000000000\",\"object\":\"chat.completion.chunk\","
        + "\"created\":1700000000,\"model\":\"gpt-4.1-mini\",\"service_tier\":\"default\","
        + "\"system_fingerprint\":\"fp_bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" "
        + (char) MARK
        + "0".repeat(DIGITS)
        + " "
        + word
        + "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
  }

  /** {@return finish reason and marker} */
  static byte[] plainEnd() {
    return (finish() + DONE).getBytes(StandardCharsets.US_ASCII);
  }

  private static String finish() {
    return "data: {\"id\":\"chatcmpl-bench0000000000000000\",\"object\":\"chat.completion.chunk\","
        + "\"created\":1700000000,\"model\":\"gpt-4.1-mini\",\"choices\":[{\"index\":0,"
        + "\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
  }

  /** {@return what ends a response: finish reason, marker, last chunk} */
  static byte[] end() {
    byte[] one = framed(finish());
    byte[] two = framed(DONE);
    byte[] last = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    byte[] all = new byte[one.length + two.length + last.length];
    System.arraycopy(one, 0, all, 0, one.length);
    System.arraycopy(two, 0, all, one.length, two.length);
    System.arraycopy(last, 0, all, one.length + two.length, last.length);
    return all;
  }

  private static byte[] framed(String event) {
    String length = Integer.toHexString(event.length());
    return (length + "\r\n" + event + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** Writes a time into a chunk. */
  static void stamp(byte[] chunk, int markAt, long nanos) {
    for (int i = 0; i < DIGITS; i++) {
      chunk[markAt + 1 + i] = (byte) HEX.charAt((int) (nanos >>> (60 - 4 * i)) & 15);
    }
  }

  /** {@return where the mark of a chunk is} */
  static int mark(byte[] chunk) {
    for (int i = 0; i < chunk.length; i++) {
      if (chunk[i] == MARK) {
        return i;
      }
    }
    throw new IllegalArgumentException("chunk: must have a mark");
  }

  /** {@return the time after a mark; -1 if it has not arrived whole} */
  static long time(ByteBuf bytes, int markAt) {
    if (markAt + DIGITS >= bytes.writerIndex()) {
      return -1;
    }
    long nanos = 0;
    for (int i = 1; i <= DIGITS; i++) {
      nanos = nanos << 4 | Character.digit(bytes.getByte(markAt + i), 16);
    }
    return nanos;
  }
}
