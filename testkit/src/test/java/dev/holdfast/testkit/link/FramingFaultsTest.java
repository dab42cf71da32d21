package dev.holdfast.testkit.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.WireObserver.End;
import dev.holdfast.testkit.WireObserver.Seen;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.RetryAfterHeader;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults of what carries the events, seen by a raw socket. */
final class FramingFaultsTest {
  private static final Answer CALL =
      Answer.ofText("Let me see.")
          .withTool("call_1", "tide_table", "{\"port\":\"Brest\",\"days\":2,\"unit\":\"metre\"}");

  private static Seen see(Protocol protocol, String specs) throws IOException {
    return FaultWireTest.see(protocol, specs);
  }

  private static byte[] whole(Protocol protocol) {
    return FaultWireTest.bytes(FaultWireTest.frames(protocol));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theHeadIsCutAfterTheByteAsked(Protocol protocol) throws IOException {
    String head = see(protocol, "").head();
    for (int bytes : new int[] {1, 9, 30, 60}) {
      Seen fin = see(protocol, "cut-head@bytes=" + bytes);
      Seen reset = see(protocol, "cut-head@by=rst,bytes=" + bytes);

      assertThat(fin.head()).isEqualTo(head.substring(0, bytes)).isEqualTo(reset.head());
      assertThat(fin.end()).isEqualTo(End.FIN);
      assertThat(reset.end()).isEqualTo(End.RST);
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aHeadIsNeverWholeWhenItIsCut(Protocol protocol) throws IOException {
    assertThat(see(protocol, "cut-head@bytes=9999").head()).doesNotContain("\r\n\r\n").isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theLengthOfAChunkIsCut(Protocol protocol) throws IOException {
    for (Fault.Ending by : Fault.Ending.values()) {
      Seen seen = see(protocol, "cut-chunk-size@event=4,by=" + by.id());

      assertThat(seen.body()).isEqualTo(FaultWireTest.firstEvents(protocol, 4));
      assertThat(seen.tail()).matches("[0-9a-f]{1,3}");
      assertThat(seen.end().name()).isEqualTo(by.name());
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theLengthOfAChunkIsNonsense(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "bad-chunk@event=4");

    assertThat(seen.body()).isEqualTo(FaultWireTest.firstEvents(protocol, 4));
    assertThat(seen.tail()).isEqualTo("xyz\r\n");
    assertThat(seen.end()).isEqualTo(End.FIN);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aToolCallIsCutInTheMiddleOfAnEvent(Protocol protocol) throws IOException {
    byte[] healthy = FaultWireTest.bytes(FaultWireTest.frames(protocol, CALL));
    for (Fault.Ending by : Fault.Ending.values()) {
      for (int pieces : new int[] {0, 1, 99}) {
        String spec = "cut-tool@pieces=%d,by=%s".formatted(pieces, by.id());
        Seen seen = FaultWireTest.see(protocol, CALL, spec);

        assertThat(seen.end().name()).isEqualTo(by.name());
        assertThat(seen.body()).isEqualTo(Arrays.copyOf(healthy, seen.body().length));
        assertThat(seen.body().length).isLessThan(healthy.length - 100);
        assertThat(lastLine(seen.text())).as("the middle of an event").isNotEmpty();
      }
    }
  }

  private static String lastLine(String text) {
    return text.substring(text.lastIndexOf('\n') + 1);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aBodyIsShorterThanItsHeadAnnounces(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "short-body@event=4,missing=1000");
    byte[] lead = FaultWireTest.firstEvents(protocol, 4);

    assertThat(seen.head())
        .contains("content-length: " + (lead.length + 1000) + "\r\n")
        .doesNotContain("transfer-encoding");
    assertThat(seen.body()).isEqualTo(lead);
    assertThat(seen.end()).isEqualTo(End.FIN);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aCompressedBodyUnpacksToTheAnswer(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "gzip");

    assertThat(seen.head()).contains("content-encoding: gzip");
    assertThat(seen.body().length).isLessThan(whole(protocol).length / 2);
    assertThat(unpacked(seen)).isEqualTo(whole(protocol));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aCompressedBodyEndsTooEarlyOrIsDamaged(Protocol protocol) throws IOException {
    Seen cut = see(protocol, "gzip-cut");
    Seen damaged = see(protocol, "gzip-corrupt");
    byte[] healthy = see(protocol, "gzip").body();

    assertThat(cut.end()).isEqualTo(End.LAST_CHUNK);
    assertThat(cut.body()).isEqualTo(Arrays.copyOf(healthy, healthy.length / 2));
    assertThatThrownBy(() -> unpacked(cut)).isInstanceOf(EOFException.class);
    assertThat(damaged.body()).hasSameSizeAs(healthy).isNotEqualTo(healthy);
    assertThatThrownBy(() -> unpacked(damaged)).isInstanceOf(IOException.class);
  }

  private static byte[] unpacked(Seen seen) throws IOException {
    return new GZIPInputStream(new ByteArrayInputStream(seen.body())).readAllBytes();
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void errorsOfAllSpellingsStateHowLongToWait(Protocol protocol) throws IOException {
    for (RetryAfterHeader.Spelling spelling : RetryAfterHeader.Spelling.values()) {
      Seen seen = see(protocol, "status@code=429,retry-after=2s,spelling=" + spelling.id());
      String head = seen.head().toLowerCase(Locale.ROOT);
      boolean google = protocol == Protocol.GEMINI_SSE || protocol == Protocol.GEMINI_JSON_ARRAY;

      switch (spelling) {
        case SECONDS -> assertThat(head).contains("\r\nretry-after: 2\r\n");
        case FRACTION -> assertThat(head).contains("\r\nretry-after: 2.000\r\n");
        case MILLIS -> assertThat(head).contains("\r\nretry-after-ms: 2000\r\n");
        case DATE -> assertThat(head).containsPattern("\r\nretry-after: \\w{3}, .*gmt\r\n");
        case ZERO_MILLIS_AND_SECONDS ->
            assertThat(head).contains("\r\nretry-after-ms: 0\r\n", "\r\nretry-after: 2\r\n");
        case RESET_DURATION ->
            assertThat(head).contains("\r\nx-ratelimit-reset-requests: 2000ms\r\n");
        case RESET_INSTANT ->
            assertThat(head)
                .containsPattern("\r\nanthropic-ratelimit-requests-reset: \\d{4}-.*z\r\n");
        case RESET_EPOCH_MILLIS ->
            assertThat(head).containsPattern("\r\nx-ratelimit-reset: \\d{13}\r\n");
        case RESET_SECONDS -> assertThat(head).contains("\r\nx-ratelimit-reset: 2\r\n");
        case STRUCTURED -> assertThat(head).contains("\r\nratelimit: \"api\";r=0;t=2\r\n");
        case BODY ->
            assertThat(seen.text().contains("\"retryDelay\": \"2.000s\"")).isEqualTo(google);
      }
    }
  }
}
