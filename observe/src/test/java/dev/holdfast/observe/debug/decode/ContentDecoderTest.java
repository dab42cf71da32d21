package dev.holdfast.observe.debug.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 1952, 2.2: gzip is one member after the other. A proxy may flush each event as one. */
class ContentDecoderTest {
  private static final String ONE = "data: {\"word\":\"lamp\"}\n\n";
  private static final String OTHER = "data: [DONE]\n\n";
  private static final byte[] BOTH = joined(gzip(ONE), gzip(""), gzip(OTHER));

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 18, 4096})
  void membersAreReadOneAfterTheOther(int piece) {
    assertThat(read(BOTH, piece)).isEqualTo(ONE + OTHER + "|");
  }

  @Test
  void bytesBehindTheLastMemberBelongToNothing() {
    for (String junk : new String[] {"\n", "\0\0\0", "\u001fdata", "more words"}) {
      byte[] bytes = joined(BOTH, junk.getBytes(StandardCharsets.UTF_8));
      assertThat(read(bytes, 4096)).as(junk).isEqualTo(ONE + OTHER + "|");
      assertThat(read(bytes, 1)).as(junk).isEqualTo(ONE + OTHER + "|");
    }
  }

  @Test
  void aCutInALaterMemberIsSeen() {
    int first = joined(gzip(ONE), gzip("")).length;
    for (int end = first + 1; end < BOTH.length - 4; end++) {
      assertThat(read(Arrays.copyOf(BOTH, end), 5))
          .as("%d bytes of %d", end, BOTH.length)
          .startsWith(ONE)
          .endsWith("|the compressed body is cut");
    }
  }

  @Test
  void aFlippedBitInALaterMemberIsSeen() {
    int words = BOTH.length - gzip(OTHER).length + 10;
    for (int at = words; at < BOTH.length - 4; at++) {
      byte[] flipped = BOTH.clone();
      flipped[at] ^= 4;
      String read = read(flipped, 64);
      // The last bits of the last byte fill it up, and mean nothing.
      if (!read.equals(ONE + OTHER + "|")) {
        assertThat(read).as("byte %d", at).doesNotEndWith("|");
      }
    }
  }

  @Test
  void manySmallMembersInOnePieceAreRead() {
    byte[] member = gzip("x");
    var all = new ByteArrayOutputStream();
    for (int i = 0; i < 5_000; i++) {
      all.writeBytes(member);
    }
    assertThat(read(all.toByteArray(), Integer.MAX_VALUE)).isEqualTo("x".repeat(5_000) + "|");
  }

  /** {@return what a body decodes to, and what is wrong with it} */
  private static String read(byte[] bytes, int piece) {
    var out = new ByteArrayOutputStream();
    var decoder =
        new ContentDecoder(some -> {
          byte[] copy = new byte[some.remaining()];
          some.get(copy);
          out.writeBytes(copy);
        });
    decoder.declare("gzip");
    for (int at = 0; at < bytes.length; ) {
      int count = Math.min(piece, bytes.length - at);
      decoder.feed(ByteBuffer.wrap(bytes, at, count));
      at += count;
    }
    decoder.end(true);
    return out.toString(StandardCharsets.UTF_8) + "|" + decoder.trouble();
  }

  private static byte[] gzip(String text) {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static byte[] joined(byte[]... parts) {
    var all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }
}
