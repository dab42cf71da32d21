package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class LineScannerTest {
  @Test
  void findsWhatAByteLoopFinds() {
    Seeds.each(
        20_000,
        LineScannerTest.class,
        random -> {
          byte[] bytes = new byte[random.nextInt(300)];
          fill(bytes, random);
          int start = random.nextInt(bytes.length + 1);
          int end = start + random.nextInt(bytes.length - start + 1);
          LineScanner scanner = new LineScanner();
          scanner.restart(start);
          for (int at = start; at < end; at++) {
            int found = scanner.find(bytes, at, end);
            assertThat(found).isEqualTo(slowly(bytes, at, end));
            if (scanner.nonAsciiEnd() <= at) {
              assertThat(isAscii(bytes, at, found)).isTrue();
            }
            at = found + random.nextInt(3);
          }
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
    int at = from;
    while (at < to && bytes[at] != '\n' && bytes[at] != '\r') {
      at++;
    }
    return at;
  }

  private static boolean isAscii(byte[] bytes, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] < 0) {
        return false;
      }
    }
    return true;
  }
}
