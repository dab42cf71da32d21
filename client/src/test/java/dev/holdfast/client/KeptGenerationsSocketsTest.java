package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Providers that write on without a reader, over real sockets: nothing of ours is left running. */
@Timeout(60)
final class KeptGenerationsSocketsTest {
  private static final String STORY =
      """
      The ferryman knew both banks by heart. When the rope broke he did not shout; he let the \
      current carry the boat to where the river bends, tied it to a willow, and walked back for \
      the goats. By evening all of them stood on the other side.\
      """;
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final String STALL = "stall@token=3,for=1h";

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable resource : open.reversed()) {
      resource.close();
    }
  }

  /** A provider, by how a request makes it keep the answer. */
  enum Provider {
    LLAMA(Protocol.OPENAI_CHAT, Rung.CURSOR, Rung.PREFILL),
    RESPONSES(Protocol.OPENAI_RESPONSES, Rung.CURSOR, Rung.ANCHOR);

    final Protocol protocol;
    private final Rung first;
    private final Rung second;

    Provider(Protocol protocol, Rung first, Rung second) {
      this.protocol = protocol;
      this.first = first;
      this.second = second;
    }

    Capability capability() {
      return new Capability(List.of(first, second), Prefill.PLAIN);
    }

    ChatRequest request() {
      var request = ChatRequest.to("m").user("Go");
      return this == RESPONSES ? request.with("background", "true").build() : request.build();
    }

    Upstream upstream(FaultServer server) {
      return Upstream.of(protocol.id(), server.baseUrl(protocol).toString(), "key")
          .withCapability(capability());
    }
  }

  private FaultServer server(Script script) {
    return server(FaultServer.builder().script(script));
  }

  private FaultServer server(FaultServer.Builder builder) {
    var server = builder.answer(Answer.ofText(STORY)).start();
    open.add(server);
    return server;
  }

  private static Script each(String... faults) {
    return (stream, attempt) -> Fault.parseAll(attempt <= faults.length ? faults[attempt - 1] : "");
  }

  private Holdfast client(Upstream upstream, StreamPolicy policy) {
    var client = Holdfast.builder().upstream(upstream).policy(policy).build();
    open.add(client);
    return client;
  }

  private static void readSome(CompletionStream stream) {
    StreamEvent event;
    do {
      event = stream.next().orElse(null);
    } while (event != null && !event.isContent());
    assertThat(event).isNotNull();
  }

  private static void assertNothingRuns(FaultServer server) throws InterruptedException {
    assertThat(server.awaitGenerations(0, LONG))
        .as("%d generations run", server.generationsUnderWay())
        .isTrue();
  }

  private static List<String> stops(FaultServer server) {
    return server.received().stream()
        .filter(request -> request.stream().equals("(stopped)"))
        .map(ReceivedRequest::path)
        .toList();
  }

  @ParameterizedTest
  @EnumSource(Provider.class)
  void anAbortStopsIt(Provider provider) throws Exception {
    var server = server(each(STALL));
    var stream = client(provider.upstream(server), StreamPolicy.DEFAULT).stream(provider.request());
    readSome(stream);
    assertThat(server.generationsUnderWay()).isEqualTo(1);

    stream.abort();

    assertNothingRuns(server);
    assertThat(stream.outcome().verdict().name()).isEqualTo("CANCELLED");
    assertThat(stops(server)).hasSize(1);
  }

  /** A consumer that is busy elsewhere need not come back for that. */
  @ParameterizedTest
  @EnumSource(Provider.class)
  void closingStopsItThoughNothingMoreIsRead(Provider provider) throws Exception {
    var server = server(each(STALL));
    var stream = client(provider.upstream(server), StreamPolicy.DEFAULT).stream(provider.request());
    readSome(stream);

    stream.close();

    assertNothingRuns(server);
  }

  /** The stream and the client are closed in one breath, as by try-with-resources. */
  @ParameterizedTest
  @EnumSource(Provider.class)
  void closingTheClientDoesNotOvertakeTheStop(Provider provider) throws Exception {
    var server = server(each(STALL));
    try (var client = Holdfast.builder().upstream(provider.upstream(server)).build();
        var stream = client.stream(provider.request())) {
      readSome(stream);
    }

    assertNothingRuns(server);
  }

  @ParameterizedTest
  @EnumSource(Provider.class)
  void closingTheClientAloneStopsIt(Provider provider) throws Exception {
    var server = server(each(STALL));
    var client = client(provider.upstream(server), StreamPolicy.DEFAULT);
    var stream = client.stream(provider.request());
    readSome(stream);

    client.close();

    assertNothingRuns(server);
    assertThat(stream.outcome().verdict().isComplete()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Provider.class)
  void theDeadlineStopsIt(Provider provider) throws Exception {
    var server = server(each(STALL));
    var timeouts = StreamPolicy.DEFAULT.timeouts().withTotal(Duration.ofMillis(700));
    var outcome =
        client(provider.upstream(server), StreamPolicy.DEFAULT.withTimeouts(timeouts)).stream(
                provider.request())
            .outcome();

    assertThat(outcome.isComplete()).isFalse();
    assertNothingRuns(server);
  }

  @ParameterizedTest
  @EnumSource(Provider.class)
  void givingUpStopsIt(Provider provider) throws Exception {
    var server = server(each("cut-rst@token=4"));
    var outcome =
        client(provider.upstream(server), StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE)).stream(
                provider.request())
            .outcome();

    assertThat(outcome.isComplete()).isFalse();
    assertNothingRuns(server);
  }

  /** The name is ours: it can be stopped before its head has come. */
  @Test
  void anAbortBeforeTheHeadStopsIt() throws Exception {
    var server = server(each("stall@head,for=1h"));
    var stream =
        client(Provider.LLAMA.upstream(server), StreamPolicy.DEFAULT).stream(
            Provider.LLAMA.request());
    assertThat(server.awaitGenerations(1, LONG)).isTrue();

    stream.abort();

    assertNothingRuns(server);
    assertThat(stream.outcome().verdict().name()).isEqualTo("CANCELLED");
  }

  @ParameterizedTest
  @EnumSource(Provider.class)
  void aCursorContinuesItAndNothingIsStopped(Provider provider) throws Exception {
    var server = server(each("cut-rst@token=4"));
    var outcome =
        client(provider.upstream(server), StreamPolicy.DEFAULT).stream(provider.request())
            .outcome();

    assertThat(outcome.isComplete()).isTrue();
    assertThat(outcome.text()).isEqualTo(STORY);
    assertThat(outcome.seams()).extracting(seam -> seam.rung()).containsExactly(Rung.CURSOR);
    assertThat(server.awaitEnded(2, LONG)).isTrue();
    assertNothingRuns(server);
    assertThat(stops(server)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Provider.class)
  void aWholeAnswerIsNotStopped(Provider provider) throws Exception {
    var server = server(Script.healthy());
    try (var client = Holdfast.builder().upstream(provider.upstream(server)).build();
        var stream = client.stream(provider.request())) {
      assertThat(stream.text()).isEqualTo(STORY);
    }

    assertThat(server.awaitEnded(1, LONG)).isTrue();
    assertThat(server.received()).hasSize(1);
  }

  /** Cursor and document refused: the next rung must not wait for the slot. */
  @ParameterizedTest
  @EnumSource(Provider.class)
  void anotherRungStopsWhatItReplaces(Provider provider) throws Exception {
    // A Response can be had as a document, too; the other spelling of a stream is another address.
    var server =
        server(
            provider == Provider.LLAMA
                ? each("cut-rst@token=20", "status@code=404")
                : each("cut-rst@token=20", "status@code=404", "status@code=404"));
    var outcome =
        client(provider.upstream(server), StreamPolicy.DEFAULT).stream(provider.request())
            .outcome();

    assertThat(outcome.text()).isEqualTo(STORY);
    assertThat(outcome.seams()).extracting(seam -> seam.rung()).doesNotContain(Rung.CURSOR);
    assertNothingRuns(server);
    assertThat(stops(server)).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(Provider.class)
  void theLoserOfTwoAttemptsIsStopped(Provider provider) throws Exception {
    var server = server(each("stall@token=0,for=1h"));
    var hedging =
        StreamPolicy.DEFAULT.withFailover(
            FailoverPolicy.DEFAULT.withHedgeAfter(Duration.ofMillis(300)));
    var outcome = client(provider.upstream(server), hedging).stream(provider.request()).outcome();

    assertThat(outcome.text()).isEqualTo(STORY);
    assertNothingRuns(server);
    assertThat(stops(server)).hasSize(1);
  }

  static Stream<KeptAddress> addresses() {
    return Stream.of(KeptAddress.values());
  }

  /** What worked once is asked for first from then on. */
  @ParameterizedTest
  @MethodSource("addresses")
  void theSpellingOfTheServerIsFoundOnce(KeptAddress spelling) throws Exception {
    var server =
        server(FaultServer.builder().keptAddress(spelling).script(each("cut-rst@token=4")));
    var client = client(Provider.LLAMA.upstream(server), StreamPolicy.DEFAULT);
    int wrong = spelling == KeptAddress.QUERY ? 0 : 1;
    for (int round = 0; round < 3; round++) {
      var request = ChatRequest.to("m").user("Go " + round).build();
      try (var stream = client.stream(request)) {
        assertThat(stream.text()).isEqualTo(STORY);
        assertThat(stream.outcome().attempts()).hasSize(round == 0 ? 2 + wrong : 2);
      }
    }
    assertThat(server.received()).hasSize(6 + wrong);
    assertNothingRuns(server);
  }

  @ParameterizedTest
  @MethodSource("addresses")
  void aStopFindsTheSpellingByItself(KeptAddress spelling) throws Exception {
    var server = server(FaultServer.builder().keptAddress(spelling).script(each(STALL)));
    var stream =
        client(Provider.LLAMA.upstream(server), StreamPolicy.DEFAULT).stream(
            Provider.LLAMA.request());
    readSome(stream);

    stream.abort();

    assertNothingRuns(server);
  }
}
