package dev.holdfast.core.frame;

import static dev.holdfast.core.frame.AwsMessages.event;
import static dev.holdfast.core.frame.AwsMessages.exception;
import static dev.holdfast.core.frame.AwsMessages.header;
import static dev.holdfast.core.frame.AwsMessages.join;
import static dev.holdfast.core.frame.AwsMessages.message;
import static dev.holdfast.core.frame.AwsMessages.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.frame.Frames.Seen;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AwsEventStreamDecoderTest {
  private static final byte[] HELLO = event("a", "{\"x\":\"h\u00e9\"}");
  private static final byte[] TWO = join(HELLO, event("b", "{}"));

  private static List<Seen> read(byte[] bytes, int chunk) {
    return Frames.all(new AwsEventStreamDecoder(FrameLimits.DEFAULT), bytes, chunk);
  }

  private static List<Seen> read(byte[] bytes) {
    return read(bytes, Math.max(1, bytes.length));
  }

  private static Seen seen(Frame.Kind kind, String type, String data) {
    return new Seen(kind, type, data, "", 0, false);
  }

  private static Seen damage(String sentence) {
    return seen(Frame.Kind.DAMAGED, "", sentence);
  }

  @Test
  void aMessageIsAnEventOfItsHeadersTypeHoweverItIsSplit() {
    for (int chunk = 1; chunk <= TWO.length; chunk++) {
      assertThat(read(TWO, chunk))
          .as("chunks of %d", chunk)
          .containsExactly(
              seen(Frame.Kind.EVENT, "a", "{\"x\":\"h\u00e9\"}"),
              seen(Frame.Kind.EVENT, "b", "{}"));
    }
  }

  @Test
  void readsBuffersWithoutAnArray() {
    var direct = ByteBuffer.allocateDirect(TWO.length).put(TWO).flip();
    assertThat(Frames.feed(new AwsEventStreamDecoder(FrameLimits.DEFAULT), direct)).hasSize(2);
  }

  @Test
  void exceptionsAndErrorsAreFramesOfTheirOwnKind() {
    byte[] error =
        message(
            join(
                string(":message-type", "error"),
                string(":error-code", "InternalError"),
                string(":error-message", "Broken.")),
            new byte[0]);
    assertThat(read(join(exception("throttlingException", "{}"), error), 3))
        .containsExactly(
            seen(Frame.Kind.EXCEPTION, "throttlingException", "{}"),
            seen(Frame.Kind.EXCEPTION, "InternalError", "Broken."));
  }

  @Test
  void stepsOverHeadersOfEveryType() {
    byte[] headers =
        join(
            header("yes", 0, new byte[0]),
            header("no", 1, new byte[0]),
            header("byte", 2, new byte[1]),
            header("short", 3, new byte[2]),
            header("int", 4, new byte[4]),
            header("long", 5, new byte[8]),
            header("bytes", 6, new byte[] {0, 3, -1, 0, -1}),
            header("time", 8, new byte[8]),
            header("uuid", 9, new byte[16]),
            // Not a string, so not the type.
            header(":event-type", 5, new byte[8]),
            string(":event-type", "last"));
    assertThat(read(message(headers, new byte[] {'{', '}'})))
        .containsExactly(seen(Frame.Kind.EVENT, "last", "{}"));
  }

  @Test
  void aMessageWithoutHeadersOrPayloadIsOneToo() {
    assertThat(read(message(new byte[0], new byte[0])))
        .containsExactly(seen(Frame.Kind.EVENT, "message", ""));
  }

  @Test
  void countsInvalidUtf8InAPayload() {
    assertThat(read(message(new byte[0], new byte[] {'a', -1})))
        .containsExactly(new Seen(Frame.Kind.EVENT, "message", "a\ufffd", "", 1, false));
  }

  @Test
  void aFlippedBitAnywhereIsTheLastThingReadHoweverItIsSplit() {
    for (int bit = 0; bit < HELLO.length * 8; bit++) {
      byte[] body = join(event("first", "{}"), HELLO, event("lost", "{}"));
      body[body.length - event("lost", "{}").length - HELLO.length + bit / 8] ^=
          (byte) (1 << bit % 8);
      for (int chunk : new int[] {1, 13, body.length}) {
        assertThat(read(body, chunk))
            .as("bit %d, chunks of %d", bit, chunk)
            .containsExactly(
                seen(Frame.Kind.EVENT, "first", "{}"),
                damage(
                    bit / 8 < 12
                        ? "message prelude: must fit its checksum, was damaged"
                        : "message: must fit its checksum, was damaged"));
      }
    }
  }

  @Test
  void aCutMessageIsFlaggedAndNothingOfItIsShown() {
    for (int length = HELLO.length + 1; length < TWO.length; length++) {
      var frames = read(Arrays.copyOf(TWO, length), 7);
      assertThat(frames).hasSize(2);
      assertThat(frames.getLast().kind()).isEqualTo(Frame.Kind.DAMAGED);
      assertThat(frames.getLast().unterminated()).isTrue();
      assertThat(frames.getLast().data()).contains("cut after " + (length - HELLO.length));
    }
    assertThat(read(new byte[0])).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 15})
  void aTotalThatHoldsNoMessageIsDamage(int total) {
    byte[] bytes = prelude(total, 0);
    assertThat(read(bytes))
        .containsExactly(
            damage(
                "message: must be 16 bytes and its headers, was %d with 0 of headers"
                    .formatted(total)))
        .isEqualTo(read(bytes, 1));
  }

  /** Twelve bytes with a checksum that fits. */
  private static byte[] prelude(int total, int headers) {
    var crc = new CRC32();
    var bytes = ByteBuffer.allocate(12).putInt(total).putInt(headers);
    crc.update(bytes.array(), 0, 8);
    return bytes.putInt((int) crc.getValue()).array();
  }

  @Test
  void headersLongerThanTheirMessageAreDamage() {
    assertThat(read(prelude(20, 5)))
        .containsExactly(
            damage("message: must be 16 bytes and its headers, was 20 with 5 of headers"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0005ab", // A name past the end.
        "\u0001a", // No type.
        "\u0001a\u0004\u0000\u0000", // Half a number.
        "\u0001a\u0007\u0000", // Half a length.
        "\u0001a\u0007\u0000\u0002x", // Half a string.
        "\u0001a\n", // A type there is not.
        "\u0001a\u007f"
      })
  void brokenHeadersAreDamage(String headers) {
    byte[] body = join(message(headers.getBytes(StandardCharsets.US_ASCII), new byte[0]), HELLO);
    assertThat(read(body))
        .containsExactly(damage("message headers: must fill their length, were broken"));
  }

  @Test
  void limitsAreKeptToTheByteBeforeMemoryIsSpent() {
    byte[] message = message(string("name", "value"), new byte[100]);
    var fits = new FrameLimits(13, 100);
    for (int chunk : new int[] {1, message.length}) {
      assertThat(Frames.all(new AwsEventStreamDecoder(fits), message, chunk)).hasSize(1);
      assertThatThrownBy(
              () -> Frames.all(new AwsEventStreamDecoder(new FrameLimits(12, 100)), message, chunk))
          .isInstanceOf(FrameLimitException.class)
          .hasMessage("message headers: must be at most 12 bytes, was 13");
      assertThatThrownBy(
              () -> Frames.all(new AwsEventStreamDecoder(new FrameLimits(13, 99)), message, chunk))
          .isInstanceOf(FrameLimitException.class)
          .hasMessage("message payload: must be at most 99 bytes, was 100");
    }
  }

  @Test
  void aLimitOnceCrossedStaysCrossed() {
    var decoder = new AwsEventStreamDecoder(FrameLimits.DEFAULT);
    decoder.feed(ByteBuffer.wrap(prelude(-1, 0)));
    assertThatThrownBy(decoder::poll).isInstanceOf(FrameLimitException.class);
    assertThatThrownBy(decoder::poll).isInstanceOf(FrameLimitException.class);
    assertThatThrownBy(() -> decoder.feed(ByteBuffer.wrap(HELLO)))
        .isInstanceOf(FrameLimitException.class);
  }

  @Test
  void feedingOutOfTurnIsRefused() {
    var decoder = new AwsEventStreamDecoder(FrameLimits.DEFAULT);
    decoder.feed(ByteBuffer.wrap(HELLO));
    assertThatThrownBy(() -> decoder.feed(ByteBuffer.wrap(HELLO)))
        .isInstanceOf(IllegalStateException.class);
    assertThat(Frames.drain(decoder)).hasSize(1);
    decoder.endOfInput();
    assertThatThrownBy(() -> decoder.feed(ByteBuffer.wrap(HELLO)))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void randomBytesNeverThrowAndAnySplitShowsTheSame() {
    Seeds.each(
        300,
        AwsEventStreamDecoderTest.class,
        random -> {
          byte[] bytes = join(HELLO, TWO, exception("e", "{}"));
          for (int i = random.nextInt(4); i > 0; i--) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
          }
          byte[] body = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
          assertThat(read(body, 1 + random.nextInt(body.length + 1))).isEqualTo(read(body));
        });
  }
}
