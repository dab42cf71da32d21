package dev.holdfast.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CheckedStreamTest {
  private static final String CHAT =
      """
      : keep-alive

      data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

      data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"Holdé"}}]}

      data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":"fast"}}]}

      data: {"id":"c1","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

      data: [DONE]

      """;

  private static final String MESSAGES =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"m1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      event: content_block_delta
      data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Holdfast"}}

      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  enum Fixture {
    CHAT_COMPLETION("openai-chat", CHAT, "\"finish_reason\":\"stop\"}]}\n"),
    ANTHROPIC_MESSAGE("anthropic-messages", MESSAGES, "\"type\":\"message_stop\"}\n");

    final String dialect;
    private final String text;

    /** The first length at which the answer is proven; an unterminated whole frame counts. */
    final int proven;

    Fixture(String dialect, String text, String proof) {
      this.dialect = dialect;
      this.text = text;
      int end = text.indexOf(proof) + proof.length() - 1;
      proven = text.substring(0, end).getBytes(UTF_8).length;
    }

    byte[] body() {
      return text.getBytes(UTF_8);
    }
  }

  /** What came out of a stream, and what it threw. */
  private record Read(String bytes, @Nullable RuntimeException thrown) {}

  /** Bytes as text, one for one. */
  private static String latin(byte[] bytes) {
    return new String(bytes, ISO_8859_1);
  }

  private static Read read(InputStream in, int size) throws IOException {
    var out = new ByteArrayOutputStream();
    var buffer = new byte[size];
    try (in) {
      int got = in.read(buffer);
      while (got >= 0) {
        out.write(buffer, 0, got);
        got = in.read(buffer);
      }
      return new Read(latin(out.toByteArray()), null);
    } catch (StreamException e) {
      return new Read(latin(out.toByteArray()), e);
    }
  }

  private static Read check(String dialect, byte[] body, int size) throws IOException {
    return read(Holdfast.check(new ByteArrayInputStream(body), dialect), size);
  }

  @ParameterizedTest
  @EnumSource
  void aWholeAnswerPassesUnchangedInAnyPieces(Fixture fixture) throws IOException {
    for (int size : new int[] {1, 2, 3, 7, 64, 8192}) {
      Read read = check(fixture.dialect, fixture.body(), size);
      assertThat(read.thrown()).as("in pieces of %d", size).isNull();
      assertThat(read.bytes()).isEqualTo(latin(fixture.body()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyCutBeforeTheProofThrowsAfterTheSameBytes(Fixture fixture) throws IOException {
    for (int cut = 0; cut < fixture.body().length; cut++) {
      Read read = check(fixture.dialect, Arrays.copyOf(fixture.body(), cut), 8192);
      if (cut < fixture.proven) {
        assertThat(read.thrown())
            .as("cut at %d", cut)
            .isInstanceOfSatisfying(
                StreamException.class,
                thrown -> assertThat(thrown.cause()).isNotEqualTo(Cause.CANCELLED));
        assertThat(read.bytes()).isEqualTo(latin(Arrays.copyOf(fixture.body(), cut)));
      } else {
        assertThat(read.thrown()).as("cut at %d", cut).isNull();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 8192})
  void aClosingMarkerWithoutProofDoesNotReachAClientThatWouldBelieveIt(int size)
      throws IOException {
    String unproven = CHAT.replace("\"finish_reason\":\"stop\"", "\"finish_reason\":null");
    Read read = check("openai-chat", unproven.getBytes(UTF_8), size);
    assertThat(read.thrown())
        .isInstanceOfSatisfying(
            IncompleteStreamException.class,
            thrown -> assertThat(thrown.cause()).isEqualTo(Cause.TRUNCATED));
    if (size == 8192) {
      assertThat(read.bytes())
          .isEqualTo(
              latin(unproven.substring(0, unproven.indexOf("data: [DONE]")).getBytes(UTF_8)));
    }
  }

  @Test
  void anErrorInsideTheStreamIsTheProviders() throws IOException {
    int at =
        CHAT.indexOf("data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{}");
    String body =
        CHAT.substring(0, at)
            + "data: {\"error\":{\"message\":\"no\",\"type\":\"server_error\"}}\n\n";
    Read read = check("openai-chat", body.getBytes(UTF_8), 8192);
    assertThat(read.thrown()).isInstanceOf(ProviderException.class);
    assertThat(read.bytes()).isEqualTo(latin(CHAT.substring(0, at).getBytes(UTF_8)));
  }

  @Test
  void aFrameThatIsNoJsonThrows() throws IOException {
    String body = CHAT.replace("{\"content\":\"fast\"}}]}", "{\"content\":\"fas");
    Read read = check("openai-chat", body.getBytes(UTF_8), 8192);
    assertThat(read.thrown())
        .isInstanceOfSatisfying(
            IncompleteStreamException.class,
            thrown -> assertThat(thrown.cause()).isEqualTo(Cause.MALFORMED_JSON));
  }

  @Test
  void garbageBehindTheProofHurtsNothingAsInAStream() throws IOException {
    byte[] body = (CHAT + "data: {garbage\n\n").getBytes(UTF_8);
    for (int size : new int[] {1, 8192}) {
      Read read = check("openai-chat", body, size);
      assertThat(read.thrown()).isNull();
      assertThat(read.bytes()).isEqualTo(latin(body));
    }
  }

  @Test
  void theExceptionIsThrownAgainByLaterReads() throws IOException {
    try (var in = Holdfast.check(InputStream.nullInputStream(), "openai-chat")) {
      assertThatThrownBy(in::read).isInstanceOf(IncompleteStreamException.class);
      assertThatThrownBy(in::read).isInstanceOf(IncompleteStreamException.class);
      assertThatThrownBy(() -> in.skip(1)).isInstanceOf(IncompleteStreamException.class);
      assertThat(in.available()).isZero();
    }
  }

  @Test
  void skippedBytesAreJudgedToo() throws IOException {
    byte[] cut = Arrays.copyOf(CHAT.getBytes(UTF_8), 100);
    try (var in = Holdfast.check(new ByteArrayInputStream(cut), "openai-chat")) {
      assertThat(in.skip(100)).isEqualTo(100);
      assertThatThrownBy(in::read).isInstanceOf(IncompleteStreamException.class);
    }
  }

  @Test
  void aPolicyMayTrustTheEnd() throws IOException {
    byte[] cut =
        CHAT.substring(
                0,
                CHAT.indexOf(
                    "data: {\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{}"))
            .getBytes(UTF_8);
    var in =
        Holdfast.check(
            new ByteArrayInputStream(cut), Dialects.byId("openai-chat"), CompletionPolicy.EOF);
    assertThat(read(in, 8192).thrown()).isNull();
  }

  @Test
  void whatTheBodyThrowsPassesUnchanged() {
    var broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("reset by peer");
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            throw new IOException("reset by peer");
          }
        };
    var in = Holdfast.check(broken, "openai-chat");
    assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessage("reset by peer");
  }

  @Test
  void onlyWhatIsThereIsRead() throws IOException {
    // A body that would block after its first piece must not be read for a second one.
    var trickle =
        new ByteArrayInputStream(CHAT.getBytes(UTF_8)) {
          private int calls;

          @Override
          public synchronized int read(byte[] bytes, int offset, int length) {
            calls++;
            assertThat(calls).as("reads of the body").isEqualTo(1);
            return super.read(bytes, offset, Math.min(length, 20));
          }
        };
    try (var in = Holdfast.check(trickle, "openai-chat")) {
      assertThat(in.read(new byte[8192])).isEqualTo(20);
    }
  }
}
