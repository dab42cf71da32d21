package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class LineScannerTest {
  @Test
  void findsWhatAByteLoopFinds() {
    Seeds.each(
        200_000,
        LineScannerTest.class,
        random -> {
          byte[] bytes = new byte[random.nextInt(100)];
          fill(bytes, random);
          int from = random.nextInt(bytes.length + 1);
          int to = from + random.nextInt(bytes.length - from + 1);
          assertThat(LineScanner.find(bytes, from, to)).isEqualTo(slowly(bytes, from, to));
        });
  }

  private static void fill(byte[] bytes, Random random) {
    int oddOnes = random.nextInt(20);
    for (int i = 0; i < bytes.length; i++) {
      int kind = random.nextInt(100);
      if (kind < oddOnes) {
        // Neighbours of CR and LF, where a borrow in the long arithmetic would show.
        bytes[i] =
            (byte) (random.nextInt(4) == 0 ? 0x80 + random.nextInt(128) : random.nextInt(17));
      } else {
        bytes[i] = (byte) (0x20 + random.nextInt(95));
      }
    }
  }

  private static int slowly(byte[] bytes, int from, int to) {
    boolean ascii = true;
    for (int i = from; i < to; i++) {
      if (bytes[i] == '\n' || bytes[i] == '\r') {
        return ascii ? i : ~i;
      }
      ascii &= bytes[i] >= 0;
    }
    return ascii ? to : ~to;
  }
}
