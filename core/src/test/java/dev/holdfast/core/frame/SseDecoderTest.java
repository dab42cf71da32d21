package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.frame.Frames.Seen;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SseDecoderTest {
  private final SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);

  @Test
  void aLineWithinTheChunkIsShownWhereItLies() {
    byte[] chunk = bytes("data: a\n\nevent: x\ndata: bc\n\n");
    decoder.feed(ByteBuffer.wrap(chunk));
    Frame first = poll(decoder);
    assertThat(first.array()).isSameAs(chunk);
    assertThat(first.offset()).isEqualTo(6);
    assertThat(first.length()).isEqualTo(1);
    Frame second = poll(decoder);
    assertThat(second.array()).isSameAs(chunk);
    assertThat(second.data()).isEqualTo("bc");
    assertThat(second.type()).isEqualTo("x");
  }

  @Test
  void feedingBeforePollReturnedNullIsRefused() {
    decoder.feed(wrap("data: a\n\n"));
    assertThat(poll(decoder).data()).isEqualTo("a");
    assertThatIllegalStateException()
        .isThrownBy(() -> decoder.feed(wrap("x")))
        .withMessage("feed: earlier frames must be polled until null first");
    assertThat(decoder.poll()).isNull();
    decoder.feed(wrap("x"));
  }

  @Test
  void feedingAfterTheEndIsRefused() {
    decoder.endOfInput();
    assertThatIllegalStateException()
        .isThrownBy(() -> decoder.feed(wrap("x")))
        .withMessage("feed: must not follow endOfInput");
    assertThat(decoder.poll()).isNull();
  }

  @Test
  void startingAtIsRefusedOnceBytesCame() {
    decoder.feed(wrap("x"));
    assertThatIllegalStateException()
        .isThrownBy(() -> decoder.startingAt("7"))
        .withMessage("startingAt: must come before the first feed");
  }

  @Test
  void anIdIsInForceForReconnectsOnlyOnceItsBlockEnded() {
    Frames.feed(decoder, wrap("id: 1\ndata: a\n\nid: 2\ndata: b\n"));
    assertThat(decoder.lastEventId()).isEqualTo("1");
    Frames.feed(decoder, wrap("\n"));
    assertThat(decoder.lastEventId()).isEqualTo("2");
  }

  @Test
  void endOfInputBeforeTheLastPollLosesNothing() {
    decoder.feed(wrap("data: a\n\ndata: b"));
    decoder.endOfInput();
    List<Seen> frames = Frames.drain(decoder);
    assertThat(frames).extracting(Seen::data).containsExactly("a", "b");
    assertThat(frames).extracting(Seen::unterminated).containsExactly(false, true);
    assertThat(decoder.poll()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "data: 0123456789abcdefg\n\n",
        ":0123456789abcdefghijklmnop\n",
        "no field, too long"
      })
  void aLineMayBeAsLongAsItsLimitButNoLonger(String stream) {
    byte[] bytes = bytes(stream);
    int longest = stream.indexOf('\n') < 0 ? stream.length() : stream.indexOf('\n');
    FrameLimits enough = new FrameLimits(longest, 1000);
    FrameLimits oneLess = new FrameLimits(longest - 1, 1000);
    for (int size = 1; size <= bytes.length; size++) {
      int chunk = size;
      assertThat(Frames.all(new SseDecoder(enough), bytes, chunk)).hasSize(1);
      assertThatThrownBy(() -> Frames.all(new SseDecoder(oneLess), bytes, chunk))
          .isInstanceOf(FrameLimitException.class)
          .hasMessage("sse line: must be at most %d bytes, was longer", longest - 1);
    }
  }

  @Test
  void dataMayBeAsLongAsItsLimitButNoLonger() {
    byte[] bytes = bytes("data: 12345\ndata: 789\n\ndata: x\n\n");
    for (int size = 1; size <= bytes.length; size++) {
      int chunk = size;
      assertThat(Frames.all(new SseDecoder(new FrameLimits(100, 9)), bytes, chunk)).hasSize(2);
      assertThatThrownBy(() -> Frames.all(new SseDecoder(new FrameLimits(100, 8)), bytes, chunk))
          .isInstanceOf(FrameLimitException.class)
          .hasMessage("sse frame data: must be at most 8 bytes, was longer");
    }
  }

  @Test
  void framesBeforeTheLimitAreShownAndTheFailureStays() {
    SseDecoder small = new SseDecoder(new FrameLimits(10, 10));
    small.feed(wrap("data: a\n\ndata: much too long\n\n"));
    assertThat(poll(small).data()).isEqualTo("a");
    assertThatThrownBy(small::poll).isInstanceOf(FrameLimitException.class);
    assertThatThrownBy(small::poll).isInstanceOf(FrameLimitException.class);
    assertThatThrownBy(() -> small.feed(wrap("x"))).isInstanceOf(FrameLimitException.class);
  }

  private static Frame poll(SseDecoder decoder) {
    Frame frame = decoder.poll();
    if (frame == null) {
      throw new AssertionError("no frame");
    }
    return frame;
  }

  private static ByteBuffer wrap(String text) {
    return ByteBuffer.wrap(bytes(text));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
