package dev.holdfast.testkit.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireObserver;
import dev.holdfast.testkit.WireObserver.End;
import dev.holdfast.testkit.WireObserver.Seen;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.model.ScriptedModel;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import dev.holdfast.testkit.wire.WireTemplates;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults of what the events say, and of when they come, seen by a raw socket. */
final class ContentFaultsTest {
  private static Seen see(Protocol protocol, String specs) throws IOException {
    return FaultWireTest.see(protocol, specs);
  }

  private static List<WireFrame> frames(Protocol protocol) {
    return FaultWireTest.frames(protocol);
  }

  private static String lead(Protocol protocol, int events) {
    return new String(FaultWireTest.firstEvents(protocol, events), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"OPENAI_RESPONSES", "OLLAMA_CHAT"},
      mode = EnumSource.Mode.EXCLUDE)
  void anErrorFollowsTheFinish(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "finish-then-error");
    int finish = frames(protocol).stream().map(WireFrame::kind).toList().indexOf(Kind.FINISH);
    String lead = lead(protocol, finish + 1);

    assertThat(seen.text()).startsWith(lead);
    assertThat(seen.text().substring(lead.length())).contains("\"error\"");
    assertThat(WireReader.events(seen.text()).getLast().member("error")).isNotNull();
    assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void anErrorStandsInAnEventOfTheAnswersKind(Protocol protocol) throws IOException {
    for (Fault.Trouble trouble : Fault.Trouble.values()) {
      Seen seen = see(protocol, "error-chunk@event=5,trouble=" + trouble.id());
      String more = seen.text().substring(lead(protocol, 5).length());
      String known =
          switch (protocol) {
            case OPENAI_CHAT -> "chat.completion.chunk";
            case OPENAI_RESPONSES -> "response.failed";
            case ANTHROPIC_MESSAGES -> "\"type\":\"error\"";
            case GEMINI_SSE, GEMINI_JSON_ARRAY -> "\"candidates\"";
            case OLLAMA_CHAT -> "\"done\":false";
          };

      assertThat(seen.text()).startsWith(lead(protocol, 5));
      assertThat(more).contains(known, "\"error\"").doesNotContain("event: error");
      assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"GEMINI_JSON_ARRAY", "OLLAMA_CHAT"},
      mode = EnumSource.Mode.EXCLUDE)
  void anErrorDocumentStandsInNoEvent(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "error-document@event=5");
    String more = seen.text().substring(lead(protocol, 5).length());

    assertThat(seen.text()).startsWith(lead(protocol, 5));
    assertThat(more).startsWith("{\n").doesNotContain("data:");
    assertThat(TestJson.parse(more).member("error")).isNotNull();
    assertThat(more.lines()).hasSizeGreaterThan(4);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void twoEventsChangePlaces(Protocol protocol) throws IOException {
    int at = FaultWireTest.indexOfToken(protocol, 4);
    var expected = new ArrayList<>(frames(protocol));
    Collections.swap(expected, at, FaultWireTest.indexOfToken(protocol, 5));

    assertThat(see(protocol, "swap-events@token=4").body())
        .isEqualTo(FaultWireTest.bytes(expected))
        .isNotEqualTo(FaultWireTest.bytes(frames(protocol)));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void oneEventNeverComes(Protocol protocol) throws IOException {
    var expected = new ArrayList<>(frames(protocol));
    expected.remove(FaultWireTest.indexOfToken(protocol, 4));

    assertThat(see(protocol, "drop-event@token=4").body()).isEqualTo(FaultWireTest.bytes(expected));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void nothingReportsWhatItCost(Protocol protocol) throws IOException {
    Pattern counts = Pattern.compile("(?i)(tokens|tokenCount|eval_count)\": ?\\d");
    Seen seen = see(protocol, "no-usage");

    assertThat(seen.text()).doesNotContainPattern(counts);
    assertThat(new String(FaultWireTest.bytes(frames(protocol)), StandardCharsets.UTF_8))
        .containsPattern(counts);
    assertThat(WireReader.text(seen.text())).isEqualTo(FaultWireTest.ANSWER.text());
    assertThat(WireReader.events(seen.text())).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void manySmallEventsHaveNoContent(Protocol protocol) throws IOException {
    Seen seen = see(protocol, "tiny-events@event=5,events=100000");
    String tiny = WireTemplates.of(protocol).framing().event("{}");
    byte[] healthy = FaultWireTest.bytes(frames(protocol));

    assertThat(seen.text()).startsWith(lead(protocol, 5) + tiny.repeat(100_000));
    assertThat(seen.body()).hasSize(healthy.length + 100_000 * tiny.length());
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theEndComesLate(Protocol protocol) throws IOException {
    try (var server = FaultServer.builder().script(Script.of("slow-close@for=1h")).start();
        var observer = new WireObserver(server.baseUrl())) {
      observer.post(protocol, Requests.of(protocol, "Hi"));
      String close = new String(lastBytes(protocol, server), StandardCharsets.UTF_8);
      var seen = new StringBuilder();
      while (seen.indexOf(close) < 0) {
        seen.append((char) observer.read());
      }

      assertThat(server.received().getFirst().ending()).isEqualTo(ReceivedRequest.Ending.OPEN);
    }
  }

  /** What the last event of any answer ends with. */
  private static byte[] lastBytes(Protocol protocol, FaultServer server) {
    assertThat(server.port()).isPositive();
    String end =
        switch (protocol) {
          case OPENAI_CHAT -> "[DONE]";
          case OPENAI_RESPONSES -> "\"metadata\":{}}";
          case ANTHROPIC_MESSAGES -> "message_stop";
          case GEMINI_SSE -> "\"finishReason\"";
          case GEMINI_JSON_ARRAY -> "\"finishReason\"";
          case OLLAMA_CHAT -> "eval_duration";
        };
    return end.getBytes(StandardCharsets.UTF_8);
  }

  /** Times are those of the link's own clock; a socket only adds the machine's noise to them. */
  private static List<LinkDelivery> deliveries(Protocol protocol, String specs) {
    var model = new ScriptedModel(protocol, FaultWireTest.ANSWER, new Continuation.Exact(), 7);
    Reply reply = model.reply(Requests.of(protocol, "Hi"), 1);
    var all = new ArrayList<LinkDelivery>();
    new FaultyLink(protocol, 7).carry(reply, Fault.parseAll(specs), 0, 0).forEach(all::add);
    return all;
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void bytesTrickle(Protocol protocol) throws IOException {
    List<LinkDelivery> all = deliveries(protocol, "trickle@bytes=3,every=2ms");
    long due = 0;
    for (LinkDelivery delivery : all) {
      assertThat(delivery.bytes().remaining()).isLessThanOrEqualTo(3);
      if (delivery.kind() == LinkDelivery.Kind.BYTES) {
        assertThat(delivery.atNanos()).isEqualTo(due);
        due += 2_000_000;
      }
    }

    Seen seen = see(protocol, "trickle@bytes=200,every=1ms");
    assertThat(seen.body()).isEqualTo(FaultWireTest.bytes(frames(protocol)));
    assertThat(seen.chunks()).allMatch(size -> size <= 200).hasSizeGreaterThan(20);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aBandwidthIsKept(Protocol protocol) throws IOException {
    long bytes = 0;
    for (LinkDelivery delivery : deliveries(protocol, "bandwidth@rate=10k")) {
      bytes += delivery.bytes().remaining();
      // A piece may come at the begin of its fiftieth of a second.
      assertThat(bytes).isLessThanOrEqualTo((delivery.atNanos() / 20_000_000 + 1) * 204);
    }

    assertThat(see(protocol, "bandwidth@rate=1m").body())
        .isEqualTo(FaultWireTest.bytes(frames(protocol)));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void eventsComeInBursts(Protocol protocol) throws IOException {
    var times = new ArrayList<Long>();
    for (LinkDelivery delivery : deliveries(protocol, "bursts@events=5,every=50ms")) {
      if (delivery.kind() == LinkDelivery.Kind.BYTES) {
        times.add(delivery.atNanos());
      }
    }
    for (int i = 0; i < times.size(); i++) {
      assertThat(times.get(i)).isEqualTo((i / 5 + 1) * 50_000_000L);
    }

    assertThat(see(protocol, "bursts@events=9,every=5ms").body())
        .isEqualTo(FaultWireTest.bytes(frames(protocol)));
  }
}
