package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Generations that their providers write to the end without a reader: each is stopped in time. */
class KeptGenerationsTest {
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  private static final String START = "Once upon a time there was a small stream that ran down";
  private static final String BODY = "{\"model\":\"m\",\"messages\":[],\"temperature\":0}";

  private static Driven begun(String dialect, String body, StreamPolicy policy, Rung... rungs) {
    return begun(
        new StreamPlan(
            Dialects.chat(dialect), body, new Capability(List.of(rungs), Prefill.PLAIN), policy));
  }

  private static Driven begun(StreamPlan plan) {
    var driven = new Driven(plan);
    driven.signal(new Signal.Begin());
    return driven;
  }

  /** A stream of a server that keeps the bytes of an answer under a name. */
  private static Driven named(Rung... rungs) {
    return begun("openai-chat", BODY, StreamPolicy.DEFAULT, rungs);
  }

  private static String chunk(String text) {
    return "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n"
        .formatted(text);
  }

  private static final String FINISH =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";

  private static String nameOf(ProviderRequest call) {
    return String.valueOf(call.headers().get("X-Conversation-Id"));
  }

  private static Action.StopGeneration stopped(Driven driven) {
    assertThat(driven.stops).hasSize(1);
    return driven.stops.getFirst();
  }

  @Nested
  class OfBytes {
    @Test
    void isStoppedByItsNameInBothSpellings() {
      var driven = named(Rung.CURSOR).head(200).bytes(chunk(START));
      String name = nameOf(driven.calls.getFirst());

      driven.signal(new Signal.Cancelled());

      assertThat(stopped(driven).calls())
          .extracting(ProviderRequest::method, ProviderRequest::path, ProviderRequest::body)
          .containsExactly(
              tuple(ProviderRequest.Method.DELETE, "stream?conv_id=" + name, ""),
              tuple(ProviderRequest.Method.DELETE, "stream/" + name, ""));
      assertThat(stopped(driven).early()).isFalse();
      assertThat(driven.log.getLast()).isInstanceOf(Action.Finish.class);
    }

    /** The name is ours, so nothing need have come. */
    @Test
    void isStoppedBeforeItsHeadHasCome() {
      var driven = named(Rung.CURSOR);

      driven.signal(new Signal.Cancelled());

      assertThat(stopped(driven).early()).isTrue();
    }

    @Test
    void isStoppedAtTheDeadline() {
      var timeouts = StreamPolicy.DEFAULT.timeouts().withTotal(Duration.ofSeconds(5));
      var driven =
          begun("openai-chat", BODY, StreamPolicy.DEFAULT.withTimeouts(timeouts), Rung.CURSOR)
              .head(200)
              .bytes(chunk(START));

      driven.pass(Duration.ofSeconds(6));

      assertThat(driven.ending().failure().map(Failure::cause)).contains(Cause.DEADLINE_EXCEEDED);
      stopped(driven);
    }

    @Test
    void isStoppedWhereRecoveryIsOff() {
      var driven =
          begun("openai-chat", BODY, StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE), Rung.CURSOR)
              .head(200)
              .bytes(chunk(START))
              .fail(RESET);

      assertThat(driven.ending().verdict().isComplete()).isFalse();
      stopped(driven);
    }

    @Test
    void isNotStoppedWhereACursorResumesIt() {
      var driven = named(Rung.CURSOR, Rung.ANCHOR).head(200).bytes(chunk(START)).fail(RESET);

      assertThat(driven.stops).isEmpty();
      driven.head(200).bytes(chunk(START) + chunk(" the hill.") + FINISH).end();

      assertThat(driven.ending().verdict().isComplete()).isTrue();
      assertThat(driven.stops).isEmpty();
    }

    @Test
    void isNotStoppedBehindItsProof() {
      var driven = named(Rung.CURSOR).head(200).bytes(chunk(START) + FINISH);

      driven.signal(new Signal.Cancelled());

      assertThat(driven.stops).isEmpty();
    }

    /** A rung that takes its place needs the slot. */
    @Test
    void isStoppedBeforeAnotherRungTakesItsPlace() {
      var driven = named(Rung.CURSOR, Rung.PREFILL).head(200).bytes(chunk(START)).fail(RESET);
      driven.head(404).end().head(404).end();

      var actions = driven.log.subList(driven.log.indexOf(stopped(driven)), driven.log.size());
      assertThat(actions).filteredOn(Action.OpenAttempt.class::isInstance).hasSize(1);
      assertThat(driven.calls.getLast().body()).contains("assistant");
    }

    /** A pause would leave the slot taken. */
    @Test
    void isStoppedBeforeThePauseOfARepetition() {
      var driven = named(Rung.CURSOR).head(200).fail(RESET);
      assertThat(driven.stops).isEmpty(); // The cursor goes on from its first byte.
      driven.pass(Duration.ofSeconds(1)).head(404).end().head(404).end();

      stopped(driven);
    }

    @Test
    void ofTwoAttemptsTheLosersIsStopped() {
      var hedging =
          StreamPolicy.DEFAULT.withFailover(
              FailoverPolicy.DEFAULT.withHedgeAfter(Duration.ofSeconds(1)));
      var driven = begun("openai-chat", BODY, hedging, Rung.CURSOR).pass(Duration.ofSeconds(2));

      driven.head(200).bytes(chunk(START));

      assertThat(stopped(driven).calls().getFirst().path())
          .endsWith(nameOf(driven.calls.getFirst()));
      driven.bytes(FINISH + "data: [DONE]\n\n").end();
      assertThat(driven.ending().verdict().isComplete()).isTrue();
      assertThat(driven.stops).hasSize(1);
    }

    /** Several choices: one of them may still be written. */
    @Test
    void isStoppedWhileOneOfItsChoicesIsOpen() {
      var driven =
          begun(
                  "openai-chat",
                  "{\"model\":\"m\",\"messages\":[],\"n\":2}",
                  StreamPolicy.DEFAULT,
                  Rung.CURSOR)
              .head(200)
              .bytes(chunk(START) + FINISH);

      driven.signal(new Signal.Cancelled());

      stopped(driven);
    }

    @Test
    void isNotStoppedWhereTheServerRefusedItButWhereAnErrorCameInItsStream() {
      var refused = named(Rung.CURSOR).head(400).end();
      assertThat(refused.ending().verdict().isComplete()).isFalse();
      assertThat(refused.stops).isEmpty();

      var failed =
          named(Rung.CURSOR)
              .head(200)
              .bytes(chunk(START))
              .bytes("data: {\"error\":{\"message\":\"x\",\"type\":\"server_error\"}}\n\n");
      assertThat(failed.ending().verdict().isComplete()).isFalse();
      stopped(failed); // A gateway may have reported it, while the server writes on.
    }

    /** A gateway that waited in vain knows nothing of the server behind it. */
    @Test
    void isStoppedWhereAGatewayGaveUp() {
      var driven = named(Rung.CURSOR).head(504).end();

      driven.signal(new Signal.Cancelled());

      stopped(driven);
    }

    /** It asks for the name of nothing: closing the connection ends what it asked for. */
    @Test
    void anAttemptWithoutANameIsOnlyClosed() {
      var driven = named(Rung.ANCHOR).head(200).bytes(chunk(START));

      driven.signal(new Signal.Cancelled());

      assertThat(driven.stops).isEmpty();
    }

    @Test
    void isNotLookedForOnceItIsStopped() {
      var driven = named(Rung.CURSOR, Rung.PREFILL).head(200).bytes(chunk(START)).fail(RESET);
      driven.head(400).end(); // Its offset is lost, and a prefill goes on.
      stopped(driven);
      driven.fail(RESET);

      assertThat(driven.calls.getLast().method()).isEqualTo(ProviderRequest.Method.POST);
    }
  }

  @Nested
  class Elsewhere {
    private static final String BACKGROUND =
        "{\"model\":\"m\",\"input\":\"x\",\"background\":true}";
    private static final String CREATED =
        """
        event: response.created
        data: {"type":"response.created","sequence_number":0,"response":{"id":"resp_7","status":"in_progress"}}

        """;

    @Test
    void aResponseInTheBackgroundIsCancelled() {
      var driven =
          begun("openai-responses", BACKGROUND, StreamPolicy.DEFAULT, Rung.CURSOR)
              .head(200)
              .bytes(CREATED);

      driven.signal(new Signal.Cancelled());

      assertThat(stopped(driven).calls())
          .extracting(ProviderRequest::method, ProviderRequest::path, ProviderRequest::body)
          .containsExactly(tuple(ProviderRequest.Method.POST, "responses/resp_7/cancel", ""));
    }

    /** Also where no cursor may be used: the provider writes on all the same. */
    @Test
    void aResponseInTheBackgroundIsCancelledWhereNoCursorIsUsed() {
      var driven =
          begun("openai-responses", BACKGROUND, StreamPolicy.DEFAULT, Rung.ANCHOR)
              .head(200)
              .bytes(CREATED)
              .fail(RESET);

      assertThat(stopped(driven).calls().getFirst().path()).isEqualTo("responses/resp_7/cancel");
    }

    @Test
    void aResponseThatIsNotKeptIsOnlyClosed() {
      var driven =
          begun(
                  "openai-responses",
                  "{\"model\":\"m\",\"input\":\"x\"}",
                  StreamPolicy.DEFAULT,
                  Rung.CURSOR)
              .head(200)
              .bytes(CREATED);

      driven.signal(new Signal.Cancelled());

      assertThat(driven.stops).isEmpty();
    }

    /** It has no name yet by which it could be stopped. */
    @Test
    void aResponseWithoutAnIdIsOnlyClosed() {
      var driven =
          begun("openai-responses", BACKGROUND, StreamPolicy.DEFAULT, Rung.CURSOR).head(200);

      driven.signal(new Signal.Cancelled());

      assertThat(driven.stops).isEmpty();
      assertThat(driven.ending).isNotNull();
    }

    @Test
    void anInteractionIsCancelled() {
      var driven =
          begun(
                  "gemini-interactions",
                  "{\"model\":\"m\",\"input\":\"x\",\"background\":true}",
                  StreamPolicy.DEFAULT,
                  Rung.CURSOR)
              .head(200)
              .bytes(
                  """
                  event: interaction.created
                  data: {"event_type":"interaction.created","interaction":{"id":"v1_x","status":"in_progress"},"event_id":"e1"}

                  """);

      driven.signal(new Signal.Cancelled());

      assertThat(stopped(driven).calls())
          .extracting(ProviderRequest::path, call -> call.headers().get("Api-Revision"))
          .containsExactly(tuple("interactions/v1_x/cancel", "2026-05-20"));
    }
  }

  @Nested
  class Addresses {
    private static StreamPlan plan(KeptAddress known) {
      var dialect = Dialects.chat("openai-chat");
      var capability = new Capability(List.of(Rung.CURSOR, Rung.PREFILL), Prefill.PLAIN);
      return new StreamPlan(
          List.of(new UpstreamPlan("a", dialect, BODY, capability, known, null)),
          StreamPolicy.DEFAULT);
    }

    private static KeptAddress other(KeptAddress known) {
      return known == KeptAddress.QUERY ? KeptAddress.PATH : KeptAddress.QUERY;
    }

    private static String path(KeptAddress address, String name) {
      return switch (address) {
        case QUERY -> "stream?conv_id=" + name + "&from=0";
        case PATH -> "stream/" + name + "?from=0";
      };
    }

    @ParameterizedTest
    @EnumSource(KeptAddress.class)
    void whatIsKnownIsAskedForFirstAndTheOtherOnceBehindA404(KeptAddress known) {
      var driven = begun(plan(known)).head(200).bytes(chunk(START)).fail(RESET);
      String name = nameOf(driven.calls.getFirst());
      assertThat(driven.calls.getLast().path()).isEqualTo(path(known, name));

      driven.head(404).end();
      assertThat(driven.calls.getLast().path()).isEqualTo(path(other(known), name));
      driven.head(200);
      assertThat(driven.log).contains(new Action.Remember(0, other(known)));
      driven.bytes(chunk(START) + chunk(" the hill.")).fail(RESET);
      assertThat(driven.calls.getLast().path())
          .startsWith(path(other(known), name).replaceAll("from=.*", ""));

      driven.head(404).end();
      assertThat(driven.calls.getLast().method()).isEqualTo(ProviderRequest.Method.POST);
    }

    @Test
    void whatWorksAtOnceNeedNotBeRemembered() {
      var driven = begun(plan(KeptAddress.QUERY)).head(200).bytes(chunk(START)).fail(RESET);
      driven.head(200);

      assertThat(driven.log).noneMatch(Action.Remember.class::isInstance);
    }

    static Stream<Integer> otherRefusals() {
      return Stream.of(400, 405, 410, 422);
    }

    @ParameterizedTest
    @MethodSource("otherRefusals")
    void anotherRefusalIsNoMatterOfSpelling(int status) {
      var driven = begun(plan(KeptAddress.QUERY)).head(200).bytes(chunk(START)).fail(RESET);

      driven.head(status).end();

      assertThat(driven.calls.getLast().method()).isEqualTo(ProviderRequest.Method.POST);
    }

    /** Two requests that were refused for their address are not two attempts without content. */
    @Test
    void theSecondSpellingIsNoFurtherFailure() {
      var driven = begun(plan(KeptAddress.QUERY)).head(200).bytes(chunk(START)).fail(RESET);
      driven.head(404).end().head(404).end();
      driven.head(500).end().pass(Duration.ofSeconds(1));

      assertThat(driven.calls).hasSize(5);
    }
  }
}
