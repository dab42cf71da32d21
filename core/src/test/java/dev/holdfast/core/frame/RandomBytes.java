package dev.holdfast.core.frame;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Bytes that look enough like an event stream to reach every branch, valid or not. */
final class RandomBytes {
  private static final String[] PIECES = {
    "data",
    "data:",
    "data: ",
    "data:  ",
    "event:",
    "event: x",
    "id: ",
    "id",
    "retry: 12",
    "retry:",
    ":",
    ": c",
    " ",
    "\t",
    "\0",
    "\n",
    "\n",
    "\n\n",
    "\n\n",
    "\r",
    "\r\n",
    "\r\n\r\n",
    "\r\r",
    "\uFEFF",
    "é",
    "世",
    "🌍",
    "{\"a\":1}",
    "data: {\"b\":2}\n\n",
    "dat",
    "Data:",
    "x",
    "9"
  };

  private RandomBytes() {}

  static byte[] stream(Random random) {
    ByteArrayOutputStream made = new ByteArrayOutputStream();
    int pieces = random.nextInt(60);
    for (int i = 0; i < pieces; i++) {
      switch (random.nextInt(12)) {
        case 0 -> made.write(random.nextInt(256));
        case 1 -> made.writeBytes("y".repeat(random.nextInt(200)).getBytes(StandardCharsets.UTF_8));
        case 2 -> {
          byte[] high = new byte[random.nextInt(6)];
          random.nextBytes(high);
          for (int j = 0; j < high.length; j++) {
            high[j] |= (byte) 0x80;
          }
          made.writeBytes(high);
        }
        default -> {
          String piece = PIECES[random.nextInt(PIECES.length)];
          made.writeBytes(piece.getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    return made.toByteArray();
  }
}
