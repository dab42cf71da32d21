package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.frame.Frames.Seen;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class JsonArrayDecoderTest {
  private static final int ROUNDS = 500;

  private static final String[] PIECES = {
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "\\",
    "\\\"",
    ":",
    "\n",
    "\r\n",
    " ",
    "\t",
    "{\"a\":1}",
    "{}",
    "{\"b\":[{\"c\":\"]}\"}]}",
    "é",
    "世",
    "🌍",
    "\uFEFF",
    "x",
    "<html>",
    "null",
    "7"
  };

  private static final Seen CLOSED = new Seen(Frame.Kind.UNKNOWN_FIELD, "]", "]", "", 0, false);

  private static Seen element(String data) {
    return new Seen(Frame.Kind.EVENT, "message", data, "", 0, false);
  }

  private static Seen cut(String data) {
    return new Seen(Frame.Kind.EVENT, "message", data, "", 0, true);
  }

  private static List<Seen> read(String body, int chunk) {
    return Frames.all(
        new JsonArrayDecoder(FrameLimits.DEFAULT), body.getBytes(StandardCharsets.UTF_8), chunk);
  }

  @Test
  void eachElementIsAFrameAndTheLastBracketASign() {
    for (int chunk = 1; chunk < 40; chunk++) {
      assertThat(read("[{\n \"a\": \"]}\\\"{é\"\n}\n,\r\n{\"b\":[{}]}]\n", chunk))
          .as("chunks of %d", chunk)
          .containsExactly(element("{\n \"a\": \"]}\\\"{é\"\n}"), element("{\"b\":[{}]}"), CLOSED);
    }
  }

  @Test
  void anElementIsShownAsSoonAsItsLastBracketIsThere() {
    var decoder = new JsonArrayDecoder(FrameLimits.DEFAULT);
    assertThat(Frames.feed(decoder, ByteBuffer.wrap("[{\"a\":{".getBytes(StandardCharsets.UTF_8))))
        .isEmpty();
    assertThat(Frames.feed(decoder, ByteBuffer.wrap("}}".getBytes(StandardCharsets.UTF_8))))
        .containsExactly(element("{\"a\":{}}"));
  }

  @Test
  void anObjectAloneIsAFrameAndArraysMayNest() {
    assertThat(read("{\"error\":{}}\n", 3)).containsExactly(element("{\"error\":{}}"));
    assertThat(read("[[{}],[{}]]", 1)).containsExactly(element("{}"), element("{}"), CLOSED);
    assertThat(read("]{}", 1)).containsExactly(element("{}"));
  }

  @Test
  void whatTheBodyEndsInIsFlagged() {
    for (int chunk = 1; chunk < 8; chunk++) {
      assertThat(read("[{},{\"a\":\"}", chunk))
          .as("chunks of %d", chunk)
          .containsExactly(element("{}"), cut("{\"a\":\"}"));
      assertThat(read("[{},\r\n", chunk))
          .as("chunks of %d", chunk)
          .containsExactly(
              element("{}"), new Seen(Frame.Kind.UNKNOWN_FIELD, ",", ",", "", 0, true));
    }
    assertThat(read("[{}", 2)).containsExactly(element("{}"));
    assertThat(read("", 1)).isEmpty();
  }

  @Test
  void whatIsNoElementIsTheLastFrame() {
    for (int chunk = 1; chunk < 8; chunk++) {
      assertThat(read("[{}, <p>{}\n{}]", chunk))
          .as("chunks of %d", chunk)
          .containsExactly(element("{}"), element("<p>{}"));
      assertThat(read("data: {}", chunk))
          .as("chunks of %d", chunk)
          .containsExactly(element("data: {}"));
      assertThat(read("x".repeat(1000) + "\n{}", chunk))
          .as("chunks of %d", chunk)
          .containsExactly(element("x".repeat(128)));
    }
  }

  @Test
  void aByteOrderMarkIsDroppedOnceAndOnlyAtTheStart() {
    for (int chunk = 1; chunk < 6; chunk++) {
      assertThat(read("\uFEFF[{}]", chunk)).containsExactly(element("{}"), CLOSED);
      assertThat(read("\uFEFF\uFEFF{}", chunk)).containsExactly(element("\uFEFF{}"));
    }
  }

  @Test
  void brokenUtf8IsCounted() {
    byte[] body = "[{\"a\":\"?\"}]".getBytes(StandardCharsets.UTF_8);
    body[7] = (byte) 0xFF;
    assertThat(Frames.all(new JsonArrayDecoder(FrameLimits.DEFAULT), body, 4).getFirst().invalid())
        .isEqualTo(1);
  }

  @Test
  void anElementPastItsLimitIsRefusedFromThenOn() {
    for (int chunk : new int[] {1, 5, 100}) {
      var decoder = new JsonArrayDecoder(new FrameLimits(4, 10));
      byte[] body = "[{\"a\":1234},{\"a\":12345}]".getBytes(StandardCharsets.UTF_8);
      assertThatThrownBy(() -> Frames.all(decoder, body, chunk))
          .isInstanceOf(FrameLimitException.class)
          .hasMessage("array element: must be at most 10 bytes, was longer");
      assertThatThrownBy(decoder::poll).isInstanceOf(FrameLimitException.class);
      assertThatThrownBy(() -> decoder.feed(ByteBuffer.allocate(1)))
          .isInstanceOf(FrameLimitException.class);
    }
  }

  @Test
  void theOrderOfCallsIsEnforced() {
    var decoder = new JsonArrayDecoder(FrameLimits.DEFAULT);
    decoder.feed(ByteBuffer.wrap("{}".getBytes(StandardCharsets.UTF_8)));
    assertThatIllegalStateException().isThrownBy(() -> decoder.feed(ByteBuffer.allocate(1)));
    Frames.drain(decoder);
    decoder.endOfInput();
    assertThatIllegalStateException().isThrownBy(() -> decoder.feed(ByteBuffer.allocate(1)));
  }

  @Test
  void anySplitOfAnyBytesYieldsTheSameFrames() {
    Seeds.each(
        ROUNDS,
        JsonArrayDecoderTest.class,
        random -> {
          byte[] body = body(random);
          var whole = Frames.all(new JsonArrayDecoder(FrameLimits.DEFAULT), body, body.length + 1);
          for (int chunk : new int[] {1, 2, 3, 7, 1 + random.nextInt(body.length + 1)}) {
            assertThat(Frames.all(new JsonArrayDecoder(FrameLimits.DEFAULT), body, chunk))
                .as("chunks of %d", chunk)
                .isEqualTo(whole);
          }
          var direct = ByteBuffer.allocateDirect(body.length).put(body).flip();
          var decoder = new JsonArrayDecoder(FrameLimits.DEFAULT);
          var seen = Frames.feed(decoder, direct);
          decoder.endOfInput();
          seen.addAll(Frames.drain(decoder));
          assertThat(seen).isEqualTo(whole);
        });
  }

  private static byte[] body(Random random) {
    var made = new ByteArrayOutputStream();
    for (int i = random.nextInt(40); i > 0; i--) {
      if (random.nextInt(40) == 0) {
        made.write(random.nextInt(256));
      } else {
        made.writeBytes(PIECES[random.nextInt(PIECES.length)].getBytes(StandardCharsets.UTF_8));
      }
    }
    return made.toByteArray();
  }
}
