package dev.holdfast.client.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.journal.MemoryJournal;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A page that loses its connection, and comes back. */
class BrowserResumeTest {
  private static final String STORY = "Once upon a time a stream was cut, and then it was whole.";

  private final List<AutoCloseable> open = new ArrayList<>();
  private MemoryJournal journal = new MemoryJournal(System::currentTimeMillis);

  @AfterEach
  void closeAll() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  private FaultServer server(String... attempts) {
    var server =
        FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
    open.add(server);
    return server;
  }

  private Holdfast client(FaultServer server) {
    var holdfast =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", server.baseUrl().toString(), "key"))
            .journal(journal)
            .build();
    open.add(holdfast);
    return holdfast;
  }

  private static CompletionStream never() {
    throw new AssertionError("the model was asked again");
  }

  private static CompletionStream asked(Holdfast holdfast) {
    return holdfast.stream(ChatRequest.to("gpt-4.1").user("A story?").temperature(0).build());
  }

  private static BrowserRelay relay(Holdfast holdfast) {
    return BrowserRelay.ofDefaults().withResume(holdfast);
  }

  /** {@return what a page receives until it leaves after so many events, pings left out} */
  private static List<BrowserEvent> page(BrowserRelay relay, CompletionStream stream, int most) {
    var events = new ArrayList<BrowserEvent>();
    boolean whole =
        relay.relay(
            stream,
            event -> {
              if (events.size() == most) {
                throw new IOException("Broken pipe");
              }
              if (!event.name().equals("ping")) {
                events.add(event);
              }
            });
    assertThat(whole).isEqualTo(events.getLast().isTerminal());
    return events;
  }

  private static List<String> data(List<BrowserEvent> events) {
    return events.stream()
        .filter(event -> !Set.of("stream", "start").contains(event.name()))
        .map(BrowserEvent::data)
        .toList();
  }

  @Test
  void anAnswerIsResumedAfterEachOfItsEvents() throws Exception {
    var server = server();
    var holdfast = client(server);
    var relay = relay(holdfast);
    var whole = page(relay, asked(holdfast), Integer.MAX_VALUE);
    assertThat(whole.getLast().name()).isEqualTo("done");
    assertThat(whole)
        .allMatch(event -> event.id().matches("[0-9a-f]{32}_[0-9a-f]{8}_\\d{10}_\\d{16}"));
    assertThat(relay.status(whole.getLast().id())).isEqualTo(204);

    for (int i = 1; i < whole.size(); i++) {
      var seen = page(relay, asked(holdfast), i);
      String last = seen.getLast().id();
      assertThat(relay.status(last)).isEqualTo(200);
      var rest = page(relay, relay.open(last, BrowserResumeTest::never), Integer.MAX_VALUE);
      assertThat(rest.removeFirst().id()).isEqualTo(last); // The name of the stream, again.
      seen.addAll(rest);
      assertThat(data(seen)).as("after %d events", i).isEqualTo(data(whole));
      assertThat(seen).extracting(BrowserEvent::id).doesNotHaveDuplicates();
    }
    assertThat(server.received()).hasSize(whole.size()); // None was asked twice.
  }

  @Test
  void theFirstEventNamesTheStream() {
    var holdfast = client(server());
    var stream = asked(holdfast);
    String id = stream.id().orElseThrow();
    var first = page(relay(holdfast), stream, Integer.MAX_VALUE).getFirst();
    assertThat(first.name()).isEqualTo("stream");
    assertThat(first.data()).isEqualTo("{\"type\":\"stream\",\"id\":\"" + id + "\"}");
    assertThat(first.id()).startsWith(id + "_").endsWith("_0000000000_0000000000000000");
    // A second page reads it from the start by the name alone.
    assertThat(
            data(
                page(
                    relay(holdfast),
                    relay(holdfast).open(id, BrowserResumeTest::never),
                    Integer.MAX_VALUE)))
        .last()
        .asString()
        .startsWith("{\"type\":\"done\"");
  }

  @Test
  void anAnswerRunsOnWhenItsPageLeavesAndIsStoppedByItsName() throws Exception {
    var server = server("stall@token=6,for=1h");
    var holdfast = client(server);
    var stream = asked(holdfast);
    var seen = page(relay(holdfast), stream, 2);
    assertThat(journal.openStreams()).hasSize(1);
    String last = seen.getLast().id();
    assertThat(relay(holdfast).status(last)).isEqualTo(200);
    assertThat(holdfast.stop(stream.id().orElseThrow())).isTrue();
    assertThat(server.awaitEnded(1, Duration.ofSeconds(30))).isTrue();
    var rest =
        page(
            relay(holdfast),
            relay(holdfast).open(last, BrowserResumeTest::never),
            Integer.MAX_VALUE);
    assertThat(rest.getLast().data()).startsWith("{\"type\":\"failure\",\"cause\":\"cancelled\"");
  }

  @Test
  void aPageThatLeavesBeforeTheProviderAnswersAsksNothingAgain() throws Exception {
    var server = server("stall@head,for=1h");
    var holdfast = client(server);
    var seen = page(relay(holdfast), asked(holdfast), 1);
    assertThat(seen).extracting(BrowserEvent::name).containsExactly("stream");
    String last = seen.getFirst().id();
    assertThat(relay(holdfast).status(last)).isEqualTo(200);
    assertThat(holdfast.stop(last.substring(0, 32))).isTrue();
    assertThat(page(relay(holdfast), relay(holdfast).open(last, BrowserResumeTest::never), 9))
        .extracting(BrowserEvent::name)
        .containsExactly("stream", "failure");
  }

  @Test
  void anAnswerIsStoppedWhenItsPageLeavesIfThatIsWanted() throws Exception {
    var server = server("stall@token=6,for=1h");
    var holdfast = client(server);
    var relay = relay(holdfast).withStopWhenLeft(true);
    assertThat(page(relay, asked(holdfast), 2)).hasSize(2);
    assertThat(server.awaitEnded(1, Duration.ofSeconds(30))).isTrue();
  }

  @Test
  void aSubscriberThatCancelsLeavesTheAnswerToTheJournal() throws Exception {
    var holdfast = client(server());
    var stream = asked(holdfast);
    var got = new CompletableFuture<BrowserEvent>();
    relay(holdfast).publisher(() -> stream).subscribe(new Leaving(got, new AtomicReference<>()));
    String last = got.get(30, TimeUnit.SECONDS).id();
    assertThat(stream.outcome().text()).isEqualTo(STORY); // It runs on to its end.
    assertThat(holdfast.resume(last.substring(0, 32)).text()).isEqualTo(STORY);
  }

  /** Takes one event of the answer and leaves. */
  private record Leaving(
      CompletableFuture<BrowserEvent> got, AtomicReference<Flow.Subscription> subscription)
      implements Flow.Subscriber<BrowserEvent> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription.set(subscription);
      subscription.request(1);
    }

    @Override
    public void onNext(BrowserEvent event) {
      if (event.name().equals("ping")) {
        subscription.get().request(1);
      } else {
        subscription.get().cancel();
        got.complete(event);
      }
    }

    @Override
    public void onError(Throwable failure) {
      got.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      got.completeExceptionally(new AssertionError("completed"));
    }
  }

  @Test
  void whatIsNoPlaceHasAStatus() {
    var holdfast = client(server());
    var relay = relay(holdfast);
    var one = page(relay, asked(holdfast), Integer.MAX_VALUE).getLast().id();
    var other = page(relay, asked(holdfast), Integer.MAX_VALUE).getLast().id();
    assertThat(relay.status(null)).isEqualTo(200);
    assertThat(relay.status("")).isEqualTo(200);
    assertThat(relay.status("7")).as("of an answer in no journal").isEqualTo(204);
    assertThat(relay.status("../secret")).isEqualTo(400);
    assertThat(relay.status("0".repeat(32))).isEqualTo(404);
    assertThat(relay.status("0".repeat(32) + one.substring(32))).isEqualTo(404);
    assertThat(relay.status(one.substring(0, 32) + other.substring(32))).isEqualTo(400);
    assertThat(relay.status(one.substring(0, 32) + "_x")).isEqualTo(400);
    assertThat(relay.status(one.substring(0, one.length() - 4) + "9999")).isEqualTo(400);
    assertThat(BrowserRelay.ofDefaults().status(one)).as("without resume").isEqualTo(204);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> relay.open("../secret", BrowserResumeTest::never))
        .withMessage("last event id: must be one that this relay gave, was 9 characters");
    journal.close();
    assertThat(relay.status(one)).isIn(404, 503);
  }

  @Test
  void anAnswerThatTheJournalRefusedIsRelayedAsWithoutOne() {
    var d = JournalLimits.DEFAULTS;
    journal =
        new MemoryJournal(
            System::currentTimeMillis,
            new JournalLimits(d.metadata(), d.batch(), d.stream(), d.streams(), 1));
    var holdfast = client(server());
    var events = page(relay(holdfast), asked(holdfast), Integer.MAX_VALUE);
    assertThat(events.getLast().name()).isEqualTo("done");
    assertThat(events).extracting(BrowserEvent::id).startsWith("1", "2", "3");
    assertThat(relay(holdfast).status("3")).isEqualTo(204);
  }
}
