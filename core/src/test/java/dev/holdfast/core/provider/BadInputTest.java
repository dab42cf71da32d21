package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.AwsMessages;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What nobody should send, in every protocol: a typed failure, or ignored by a rule. */
class BadInputTest {
  private static final long HEAP = 8 << 20;

  static List<Talk> protocols() {
    return Talk.ALL;
  }

  static Stream<Arguments> refused() {
    String digits = "9".repeat(2000);
    return Stream.of(
            new String[] {"deep", "{%s:%s}".formatted("\"x\"", nested(300)), "limit-exceeded"},
            new String[] {"a long number", "{\"x\":%s}".formatted(digits), "limit-exceeded"},
            new String[] {"a long exponent", "{\"x\":1e%s}".formatted(digits), "limit-exceeded"},
            new String[] {
              "many tokens", "{\"x\":[%s0]}".formatted("0,".repeat(310_000)), "limit-exceeded"
            },
            new String[] {"NaN", "{\"x\":NaN}", "malformed-json"},
            new String[] {"Infinity", "{\"x\":-Infinity}", "malformed-json"},
            new String[] {"a leading zero", "{\"x\":007}", "malformed-json"},
            new String[] {"a control character", "{\"x\":\"\u0001\"}", "malformed-json"},
            new String[] {"a bad escape", "{\"x\":\"\\x41\"}", "malformed-json"})
        .flatMap(row -> Talk.ALL.stream().map(talk -> Arguments.of(row[0], talk, row[1], row[2])));
  }

  private static String nested(int levels) {
    return "[".repeat(levels) + "]".repeat(levels);
  }

  @ParameterizedTest(name = "{1}: {0}")
  @MethodSource
  void refused(String what, Talk talk, String document, String cause) {
    assertThat(rejections(read(talk, talk.frame(document)))).as(what).containsExactly(cause);
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void depthIsCountedFromTheDocumentAndStringsAreNoLimit(Talk talk) {
    var events = read(talk, talk.frame("{\"x\":%s}".formatted(nested(200))), talk.saying("\"a\""));
    assertThat(rejections(events)).isEmpty();
    String large = "y".repeat(1 << 20);
    assertThat(text(read(talk, talk.saying("\"%s\"".formatted(large))))).isEqualTo(large);
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void aFrameOverItsLimitIsATypedFailure(Talk talk) {
    var decoder = Dialects.byId(talk.dialect()).newDecoder(new FrameLimits(1 << 10, 1 << 10));
    byte[] body =
        AwsMessages.join(talk.prologue(), talk.saying("\"%s\"".formatted("y".repeat(4 << 10))));
    FrameLimitException thrown = null;
    try {
      for (byte b : body) {
        decoder.feed(ByteBuffer.wrap(new byte[] {b}));
        while (decoder.poll() != null) {}
      }
    } catch (FrameLimitException e) {
      thrown = e;
    }
    assertThat(thrown).isNotNull();
    assertThat(thrown.getMessage()).contains("must be at most 1024 bytes");
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void loneSurrogatesAreHandedOnAsTheyWereSent(Talk talk) {
    // JSON may hold them; a low one comes at once, a high one waits for its other half.
    assertThat(text(read(talk, talk.saying("\"a\\udc00b\"")))).isEqualTo("a\udc00b");
    assertThat(text(read(talk, talk.saying("\"a\\ud83db\"")))).isEqualTo("a\ud83db");
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void ofMembersWithOneNameTheLastOneCounts(Talk talk) {
    var twice = read(talk, talk.saying("\"old\",%s:\"new\"".formatted(lastName(talk.text()))));
    assertThat(text(twice)).isEqualTo("new");
  }

  /** {@return the name of the member that holds the text, quoted} */
  private static String lastName(String template) {
    String before = template.substring(0, template.indexOf(":%s"));
    int from = Math.max(before.lastIndexOf(','), before.lastIndexOf('{'));
    return before.substring(from + 1).replace('\'', '"');
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void anIndexThatCannotBeIsRefusedOrIgnored(Talk talk) {
    for (var index : List.of("1e3", "-1", "1024", "2147483648", "9".repeat(40), "0.5")) {
      var events = read(talk, talk.at(index), talk.saying("\"y\""));
      assertThat(rejections(events)).as(index).isSubsetOf("protocol-violation", "malformed-json");
      // Behind an element that cannot be read nothing of an array is.
      boolean ends = talk.dialect().equals("gemini-json-array") && !rejections(events).isEmpty();
      assertThat(text(events)).as(index).isIn(ends ? List.of("") : List.of("y", "xy"));
      assertThat(choices(events)).as(index).isSubsetOf(0);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat        | {"choices":[{"index":0,"delta":{"tool_calls":[{"index":%s,"id":"c","function":{"name":"f","arguments":"{}"}}]}}]}
          openai-responses   | {"type":"response.output_item.added","output_index":%s,"item":{"type":"function_call","call_id":"c","name":"f","arguments":""}}
          anthropic-messages | {"type":"content_block_start","index":%s,"content_block":{"type":"tool_use","id":"c","name":"f","input":{}}}
          cohere-v2          | {"type":"tool-call-start","index":%s,"delta":{"message":{"tool_calls":{"id":"c","function":{"name":"f","arguments":""}}}}}
          """)
  void aToolCallIsNumberedByUsNotByItsIndex(String dialect, String document) {
    var talk =
        Talk.ALL.stream().filter(one -> one.dialect().equals(dialect)).findFirst().orElseThrow();
    for (var index : List.of("7", "4294967296", "-1", "9".repeat(40))) {
      var events = read(talk, talk.frame(document.replace("%s", index)));
      for (var event : events) {
        if (event instanceof StreamEvent.ToolCallDelta call) {
          assertThat(call.call()).as(index).isZero();
        }
      }
      assertThat(rejections(events)).as(index).isSubsetOf("protocol-violation", "malformed-json");
    }
  }

  @ParameterizedTest
  @MethodSource("protocols")
  void tokensThatCannotBeAreUnknown(Talk talk) {
    for (var tokens : List.of("-5", "1.5", "1e400", "9".repeat(30), "\"7\"", "true")) {
      for (var event : read(talk, talk.using(tokens))) {
        if (event instanceof StreamEvent.Usage(var usage)) {
          assertThat(usage.input()).as(tokens).isEmpty();
          assertThat(usage.output()).as(tokens).isEmpty();
        }
      }
    }
  }

  /** A million with -Plong; a tenth of them shows the same. */
  @ParameterizedTest
  @MethodSource("protocols")
  void emptyEventsWithoutEndCostNoMemory(Talk talk) {
    int blocks = Boolean.getBoolean("holdfast.long") ? 1000 : 100;
    var decoder = Dialects.byId(talk.dialect()).newDecoder(FrameLimits.DEFAULT);
    var reader = Wire.reader(talk.dialect());
    byte[] block =
        AwsMessages.join(Collections.nCopies(1000, talk.frame("{}")).toArray(byte[][]::new));
    var said = new ArrayList<StreamEvent>();
    decoder.feed(ByteBuffer.wrap(talk.prologue()));
    assertThat(decoder.poll()).isNull();
    long before = 0;
    for (int i = 0; i < blocks; i++) {
      decoder.feed(ByteBuffer.wrap(block));
      for (var frame = decoder.poll(); frame != null; frame = decoder.poll()) {
        reader.read(frame, event -> keep(event, said));
      }
      before = i == 10 ? used() : before;
    }
    assertThat(used() - before).isLessThan(HEAP);
    assertThat(said).isEmpty();
    assertThat(reader.end(event -> keep(event, said)).isProven()).isFalse();
    assertThat(said).isEmpty();
  }

  private static void keep(StreamEvent event, List<StreamEvent> said) {
    if (!(event instanceof StreamEvent.Opaque)
        && !(event instanceof StreamEvent.Heartbeat)
        && !(event instanceof StreamEvent.Started)) {
      said.add(event);
    }
  }

  @Test
  void everyProtocolIsTested() {
    assertThat(Talk.ALL.stream().map(Talk::dialect))
        .as("every protocol must have a row in Talk.ALL")
        .containsExactlyInAnyOrderElementsOf(Dialects.ids());
  }

  private static long used() {
    var memory = ManagementFactory.getMemoryMXBean();
    memory.gc();
    return memory.getHeapMemoryUsage().getUsed();
  }

  private static List<StreamEvent> read(Talk talk, byte[]... frames) {
    byte[] body = AwsMessages.join(talk.prologue(), AwsMessages.join(frames));
    return Wire.read(talk.dialect(), Wire.reader(talk.dialect()), body, body.length, body.length)
        .events();
  }

  private static List<String> rejections(List<StreamEvent> events) {
    return events.stream()
        .filter(StreamEvent.FrameRejected.class::isInstance)
        .map(event -> ((StreamEvent.FrameRejected) event).failure().cause())
        .map(Cause::id)
        .toList();
  }

  private static String text(List<StreamEvent> events) {
    var text = new StringBuilder();
    for (var event : events) {
      if (event instanceof StreamEvent.TextDelta(int choice, String delta)) {
        text.append(delta);
      }
    }
    return text.toString();
  }

  private static List<Integer> choices(List<StreamEvent> events) {
    return events.stream()
        .filter(StreamEvent.TextDelta.class::isInstance)
        .map(event -> ((StreamEvent.TextDelta) event).choice())
        .toList();
  }
}
