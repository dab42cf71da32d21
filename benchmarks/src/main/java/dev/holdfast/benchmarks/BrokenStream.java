package dev.holdfast.benchmarks;

import dev.holdfast.client.Outcome;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One of many streams that break: which protocol, what goes wrong with its first attempt, whether
 * the client may try again, and what must come of it. A function of its number, so that server and
 * client need not exchange anything.
 *
 * @param recovers whether the client may make another attempt
 */
record BrokenStream(int number, Protocol protocol, Fault fault, boolean recovers) {
  static final Answer ANSWER =
      Answer.ofText(
          "The harbour master counted all the ships that had left before noon \u2013 and not one"
              + " was lost.");

  private static final List<String> TOKENS =
      ANSWER.parts().stream().map(part -> ((AnswerPart.Token) part).text()).toList();

  /** Answers stop for a while after so many tokens. */
  private static final Position HOLD = Position.token(3);

  /** Faults strike after so many tokens, or up to three more. */
  private static final int FIRST_TOKEN = 5;

  private static final int PLACES = 4;

  /** What strikes in the middle, where {@code %d} is the place; what strikes elsewhere. */
  private static final List<String> FAULTS =
      List.of(
          "cut-fin@token=%d",
          "cut-rst@token=%d",
          "end-early@token=%d",
          "end-by-close@token=%d",
          "malformed-json@token=%d",
          "malformed-sse@token=%d",
          "invalid-utf8@token=%d",
          "split-utf8@token=%d",
          "stall@token=%d,for=1h",
          "error-event@token=%d",
          "error-chunk@token=%d,trouble=overloaded",
          "error-document@token=%d",
          "endless-line@token=%d,bytes=256k",
          "huge-event@token=%d,bytes=256k",
          "second-start@token=%d",
          "cut-chunk-size@token=%d,by=fin",
          "cut-chunk-size@token=%d,by=rst",
          "short-body@token=%d,missing=1000",
          "bad-chunk@token=%d",
          "glued-events@token=%d",
          "tiny-events@token=%d,events=500",
          "done-without-finish",
          "no-usage",
          "wrong-content-type",
          "cut-head@bytes=20,by=fin",
          "cut-head@bytes=20,by=rst",
          "status@code=503",
          "status@code=429,retry-after=50ms,spelling=millis",
          "status@code=400",
          "html-page@code=200",
          "html-page@code=502",
          "gzip");

  private static final List<BrokenStream> KINDS = kinds();

  private static final FrameLimits LIMITS = new FrameLimits(64 << 10, 64 << 10);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** Between two events: long on a busy machine, short for a person. */
  private static final Duration SILENCE = Duration.ofSeconds(10);

  private static final Fault SLOW = new Fault.Slow(Duration.ofMillis(100));
  private static final RetryPolicy AGAIN =
      new RetryPolicy(3, 8, Duration.ofMillis(1), Duration.ofMillis(5), Duration.ofSeconds(60));

  private static List<BrokenStream> kinds() {
    var kinds = new ArrayList<BrokenStream>();
    for (boolean recovers : new boolean[] {true, false}) {
      for (String spec : FAULTS) {
        for (Protocol protocol : Protocol.spoken()) {
          Fault fault = Fault.parse(spec.replace("%d", "" + FIRST_TOKEN));
          if (fault.appliesTo(protocol)) {
            // By turns in every protocol; the place is drawn from the number.
            kinds.add(new BrokenStream(kinds.size(), protocol, fault, recovers));
          }
        }
      }
    }
    return List.copyOf(kinds);
  }

  /** {@return how many kinds of streams there are; places not counted} */
  static int kindsOfStreams() {
    return KINDS.size();
  }

  static BrokenStream of(int number) {
    BrokenStream kind = KINDS.get(number % KINDS.size());
    int token = FIRST_TOKEN + number / KINDS.size() % PLACES;
    String spec = kind.fault.spec().replace("token=" + FIRST_TOKEN, "token=" + token);
    return new BrokenStream(number, kind.protocol, Fault.parse(spec), kind.recovers);
  }

  /**
   * {@return what the server does to an attempt}
   *
   * @param hold how long every first attempt stops before anything breaks
   */
  List<Fault> faults(int attempt, Duration hold) {
    return attempt > 1 ? List.of(SLOW) : List.of(fault, SLOW, new Fault.Stall(held(), hold, null));
  }

  /** What has a clock for silence, or breaks early, is held before its first content. */
  private Position held() {
    boolean early = token() == 0 && !strikesAtTheEnd();
    return early || fault instanceof Fault.Stall ? new Position.BeforeHead() : HOLD;
  }

  /** {@return the token that the fault strikes after; 0 if it is none of these} */
  private int token() {
    String spec = fault.spec();
    int at = spec.indexOf("@token=");
    return at < 0 ? 0 : Integer.parseInt(spec.substring(at + 7).split(",", -1)[0]);
  }

  private boolean strikesAtTheEnd() {
    return fault instanceof Fault.DoneWithoutFinish || fault instanceof Fault.NoUsage;
  }

  Upstream upstream(String origin) {
    String root = protocol.root().isEmpty() ? origin : origin + "/" + protocol.root();
    var upstream =
        Upstream.of(protocol.id(), root, "key").withHeader("X-Holdfast-Stream", "" + number);
    return switch (protocol) {
      case OPENAI_CHAT, ANTHROPIC_MESSAGES, GEMINI_JSON_ARRAY -> upstream;
      case OPENAI_RESPONSES, GEMINI_SSE ->
          upstream.withCapability(new Capability(List.of(Rung.ANCHOR, Rung.REPLAY), Prefill.PLAIN));
      case OLLAMA_CHAT ->
          upstream.withCapability(new Capability(List.of(Rung.PREFILL), Prefill.PLAIN));
    };
  }

  ChatRequest request() {
    String model =
        switch (protocol) {
          case OPENAI_CHAT, OPENAI_RESPONSES -> "gpt-4.1";
          case ANTHROPIC_MESSAGES -> "claude-sonnet-4-5";
          case GEMINI_SSE, GEMINI_JSON_ARRAY -> "gemini-2.5-flash";
          case OLLAMA_CHAT -> "llama3.2";
        };
    return ChatRequest.to(model).user("Describe the harbour.").maxTokens(1000).build();
  }

  /** {@return the client's policy; only a stream that stalls has a short clock} */
  StreamPolicy policy() {
    var patient = new Timeouts(PATIENCE, PATIENCE, PATIENCE, PATIENCE, PATIENCE);
    var clocks = fault instanceof Fault.Stall ? patient.withIdle(SILENCE) : patient;
    return StreamPolicy.DEFAULT
        .withTimeouts(clocks)
        .withRetry(recovers ? AGAIN : RetryPolicy.NONE)
        .withLimits(LIMITS);
  }

  /** {@return what is wrong with how it went; empty if nothing is} */
  String complaint(Outcome outcome) {
    Cause cause = fault.cause(protocol);
    boolean heals = cause != null && recovers && fault.remedy(protocol) == Fault.Remedy.RECOVER;
    boolean whole = cause == null || heals;
    Cause first = cause(outcome.attempts().getFirst());
    Cause last = cause(outcome.attempts().getLast());
    String text = whole ? ANSWER.text() : textBeforeFault();
    if (lossy(outcome, cause)) {
      return "";
    }
    boolean right =
        first == cause
            && last == (heals ? null : cause)
            && outcome.attempts().size() == (heals ? 2 : 1)
            && outcome.isComplete() == whole
            && outcome.failure().map(failure -> failure.cause()).orElse(null)
                == (whole ? null : cause)
            && outcome.text().equals(text);
    return right
        ? ""
        : "%d, %s, %s, %s: must be %s because of %s, was %s after %s with %d characters"
            .formatted(
                number,
                protocol,
                fault.spec(),
                recovers ? "recovers" : "one attempt",
                whole ? "whole" : "cut",
                cause,
                outcome.verdict(),
                outcome.attempts().stream()
                    .map(BrokenStream::cause)
                    .map(Objects::toString)
                    .toList(),
                outcome.text().length());
  }

  /**
   * What java.net.http read together with a chunk that is none, it does not hand on. Then there may
   * be too little to continue from, and the stream must report that.
   */
  private boolean lossy(Outcome outcome, @Nullable Cause cause) {
    return fault instanceof Fault.BadChunk
        && outcome.failure().map(failure -> failure.cause()).orElse(null) == cause
        && textBeforeFault().startsWith(outcome.text());
  }

  /** The text of the first attempt before the fault. */
  private String textBeforeFault() {
    boolean all = fault instanceof Fault.DoneWithoutFinish;
    return String.join("", TOKENS.subList(0, all ? TOKENS.size() : token()));
  }

  private static @Nullable Cause cause(AttemptReport attempt) {
    return attempt.failure().map(Failure::cause).orElse(null);
  }
}
