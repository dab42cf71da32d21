package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.frame.Frames.Seen;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class LineDecoderTest {
  private static final int ROUNDS = 500;

  private static final String[] PIECES = {
    "{\"a\":1}",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    " ",
    "\t",
    "é",
    "世",
    "🌍",
    "\uFEFF",
    "data: {}",
    "\u2028",
    "\0",
    "x".repeat(70)
  };

  @Test
  void eachLineIsAFrame() {
    for (int chunk = 1; chunk < 12; chunk++) {
      assertThat(read("{\"a\":1}\n\n{\"b\":2}\r\n \t\r\n{\"c\"", chunk))
          .as("chunks of %d", chunk)
          .containsExactly(line("{\"a\":1}"), line("{\"b\":2}"), last("{\"c\""));
    }
  }

  @Test
  void onlyALineFeedEndsALine() {
    assertThat(read("a\rb\u2028c\u0085d\n", 3)).containsExactly(line("a\rb\u2028c\u0085d"));
  }

  @Test
  void aLastLineOfNothingButSpaceIsNone() {
    assertThat(read("a\n \r", 1)).containsExactly(line("a"));
    assertThat(read("", 1)).isEmpty();
  }

  @Test
  void aByteOrderMarkIsDroppedOnceAndOnlyAtTheStart() {
    for (int chunk = 1; chunk < 6; chunk++) {
      assertThat(read("\uFEFFa\n\uFEFFb\n", chunk)).containsExactly(line("a"), line("\uFEFFb"));
    }
  }

  @Test
  void brokenUtf8IsCountedPerLine() {
    byte[] bytes = {'a', (byte) 0xFF, '\n', 'b', '\n', (byte) 0xE4, (byte) 0xB8};
    for (int chunk = 1; chunk <= bytes.length; chunk++) {
      assertThat(Frames.all(decoder(FrameLimits.DEFAULT), bytes, chunk))
          .extracting(Seen::invalid)
          .containsExactly(1, 0, 1);
    }
  }

  @Test
  void aLineMayBeAsLongAsItsLimitButNoLonger() {
    byte[] bytes = "12345\r\n1234\n123456".getBytes(StandardCharsets.UTF_8);
    for (int chunk = 1; chunk <= bytes.length; chunk++) {
      int size = chunk;
      assertThat(Frames.all(decoder(new FrameLimits(6, 100)), bytes, size)).hasSize(3);
      for (var limits : List.of(new FrameLimits(5, 100), new FrameLimits(100, 5))) {
        assertThatThrownBy(() -> Frames.all(decoder(limits), bytes, size))
            .isInstanceOf(FrameLimitException.class)
            .hasMessage("line: must be at most 5 bytes, was longer");
      }
    }
  }

  @Test
  void linesBeforeTheLimitAreShownAndTheFailureStays() {
    var small = decoder(new FrameLimits(4, 4));
    small.feed(wrap("ab\nabcdef"));
    var first = small.poll();
    assertThat(first).isNotNull();
    assertThat(first.data()).isEqualTo("ab");
    assertThatThrownBy(small::poll).isInstanceOf(FrameLimitException.class);
    assertThatThrownBy(small::poll).isInstanceOf(FrameLimitException.class);
    assertThatThrownBy(() -> small.feed(wrap("x"))).isInstanceOf(FrameLimitException.class);
  }

  @Test
  void callsOutOfOrderAreRefused() {
    var decoder = decoder(FrameLimits.DEFAULT);
    decoder.feed(wrap("a\n"));
    assertThatIllegalStateException()
        .isThrownBy(() -> decoder.feed(wrap("x")))
        .withMessage("feed: earlier frames must be polled until null first");
    Frames.drain(decoder);
    decoder.endOfInput();
    assertThatIllegalStateException()
        .isThrownBy(() -> decoder.feed(wrap("x")))
        .withMessage("feed: must not follow endOfInput");
  }

  @Test
  void aBufferWithoutAnArrayReadsTheSame() {
    var direct = ByteBuffer.allocateDirect(200_000);
    direct.put("{\"a\":1}\n".repeat(25_000).getBytes(StandardCharsets.UTF_8)).flip();
    assertThat(Frames.feed(decoder(FrameLimits.DEFAULT), direct)).hasSize(25_000);
  }

  @Test
  void anySplitOfAnyBytesYieldsTheLinesOfASimplerReader() {
    Seeds.each(
        ROUNDS,
        LineDecoderTest.class,
        random -> {
          byte[] bytes = bytes(random);
          var expected = simply(bytes);
          int chunk = 1 + random.nextInt(bytes.length + 1);
          for (int size : new int[] {1, chunk, bytes.length + 1}) {
            assertThat(Frames.all(decoder(FrameLimits.DEFAULT), bytes, size))
                .as("chunks of %d", size)
                .isEqualTo(expected);
          }
        });
  }

  private static byte[] bytes(Random random) {
    var made = new ByteArrayOutputStream();
    for (int i = random.nextInt(40); i > 0; i--) {
      if (random.nextInt(10) == 0) {
        made.write(random.nextInt(256));
      } else {
        String piece = PIECES[random.nextInt(PIECES.length)];
        made.writeBytes(piece.getBytes(StandardCharsets.UTF_8));
      }
    }
    return made.toByteArray();
  }

  /** Byte by byte, with everything in memory. */
  private static List<Seen> simply(byte[] bytes) {
    var lines = new ArrayList<Seen>();
    var line = new ByteArrayOutputStream();
    boolean marked =
        bytes.length >= 3
            && bytes[0] == (byte) 0xEF
            && bytes[1] == (byte) 0xBB
            && bytes[2] == (byte) 0xBF;
    for (int i = marked ? 3 : 0; i <= bytes.length; i++) {
      if (i < bytes.length && bytes[i] != '\n') {
        line.write(bytes[i]);
        continue;
      }
      byte[] whole = line.toByteArray();
      line.reset();
      int length = whole.length;
      length -= length > 0 && whole[length - 1] == '\r' ? 1 : 0;
      var data = Utf8.decodeLossy(whole, 0, length);
      if (!data.matches("[ \t\r]*")) {
        int invalid = Utf8.countReplacements(whole, 0, length);
        lines.add(new Seen(Frame.Kind.EVENT, "message", data, "", invalid, i == bytes.length));
      }
    }
    return lines;
  }

  private static LineDecoder decoder(FrameLimits limits) {
    return new LineDecoder(limits);
  }

  private static List<Seen> read(String text, int chunk) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return Frames.all(decoder(FrameLimits.DEFAULT), bytes, chunk);
  }

  private static ByteBuffer wrap(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Seen line(String data) {
    return new Seen(Frame.Kind.EVENT, "message", data, "", 0, false);
  }

  private static Seen last(String data) {
    return new Seen(Frame.Kind.EVENT, "message", data, "", 0, true);
  }
}
