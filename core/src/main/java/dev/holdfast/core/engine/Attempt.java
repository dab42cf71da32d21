package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.TokenMeter;
import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.errors.ServerMarks;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.tools.ToolCallAssembler;
import dev.holdfast.core.usage.AttemptTokens;
import dev.holdfast.core.verdict.DocumentSniffer;
import dev.holdfast.core.verdict.UnrecognisedPrefix;
import dev.holdfast.core.verdict.VerdictRules;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The state of one HTTP exchange: its decoders and what it has brought. */
final class Attempt {
  /** A server names itself in its first events or in none. */
  private static final int NAMINGS = 4;

  final NextAttempt plan;
  final Generation generation;
  final ToolCallAssembler toolCalls;
  private final SortedMap<Integer, Finish> finishes;
  private FrameDecoder decoder;
  private DialectReader reader;
  private final long startNanos;
  private long firstTokenNanos = -1;
  private int httpStatus;
  private long bytes;
  private long events;
  private final DocumentSniffer sniffer = new DocumentSniffer();
  private @Nullable TokenUsage usage;
  private @Nullable UnrecognisedPrefix opening;
  private String requestId = "";

  /** Whether a Holdfast gateway answers, which has continued the answer as often as it may. */
  private boolean continuedUpstream;

  /** By which profile its server was recognised; empty if it was not. */
  private String profile = "";

  /** Events in which the server may still name itself. */
  private int namings = NAMINGS;

  /** Text of the frame being read, whose tokens are not counted yet. */
  private final StringBuilder uncounted = new StringBuilder(0);

  /** How many tokens it may write before the limit in its request ends it. */
  private final long allowance;

  /** What it wrote, and how much of that was delivered. */
  final AttemptTokens tokens;

  /** Whether the place of its text in the answer is known. */
  private boolean joined;

  /** Whether the place where it continues has been marked. */
  private boolean marked;

  /** Whether its answer came as one document though a stream was requested. */
  private boolean nonStreaming;

  /** Whether it delivered anything new to the consumer. */
  private boolean fruitful;

  /** Whether any text of choice 0 has come. */
  private boolean spoke;

  /** Whether a tool call has begun that is not delivered before it is whole. */
  private boolean holdsCalls;

  /** Whether the frame that is being read cannot be read, and is passed over. */
  private boolean skipsFrame;

  /** Whether its protocol can withdraw a proof. */
  private boolean revocable;

  private boolean finishing;

  /** Whether the body ended in the frame that was read last. */
  private boolean unterminated;

  private long wholeBytes;
  private FrameListener.Hold hold = FrameListener.Hold.NONE;

  /** Whether it has been abandoned; its decoder's remaining data is void. */
  private boolean closed;

  /**
   * An attempt whose request is about to be sent.
   *
   * @param tokens counts what it writes
   * @param allowance how many tokens it may write before the limit in its request ends it
   */
  Attempt(
      NextAttempt plan,
      FrameDecoder decoder,
      Generation generation,
      AttemptTokens tokens,
      long allowance,
      long nowNanos) {
    this.plan = plan.withoutBody();
    this.decoder = decoder;
    this.generation = generation;
    this.tokens = tokens;
    this.allowance = allowance;
    this.toolCalls = generation.toolCalls;
    this.finishes = generation.finishes;
    this.reader = generation.reader;
    this.startNanos = nowNanos;
    // What is resumed may begin anywhere.
    this.opening =
        purpose() == Purpose.ANSWER ? new UnrecognisedPrefix(plan.call().answer().id()) : null;
  }

  int number() {
    return plan.number();
  }

  /** {@return what its body is decoded with; another one once the body began as a document} */
  FrameDecoder decoder() {
    return decoder;
  }

  /** {@return what its frames are read with; another one once the body began as a document} */
  DialectReader reader() {
    return reader;
  }

  /** {@return the finishes of its generation so far, by choice; a view} */
  SortedMap<Integer, Finish> finishes() {
    return Collections.unmodifiableSortedMap(finishes);
  }

  Purpose purpose() {
    return plan.purpose();
  }

  @Nullable Rung rung() {
    return plan.rung();
  }

  /**
   * {@return whether the answer is complete} A reader knows only the choices that it saw; without a
   * closing marker more may follow.
   *
   * @param choices number of requested choices
   */
  boolean isProven(int choices) {
    return VerdictRules.isProven(reader.proof(), finishes.size(), choices);
  }

  /** {@return the result of its proven answer} */
  VerdictRules.Completion completion(int choices) {
    return VerdictRules.completion(
        new VerdictRules.Proven(
            toolCalls, finishes, generation.gap(), reader.proof(), nonStreaming),
        choices);
  }

  /** {@return whether the provider took the request} */
  boolean wasAnswered() {
    return httpStatus >= 200 && httpStatus < 300;
  }

  /** {@return whether any content has come} */
  boolean hasContent() {
    return events > 0;
  }

  /** {@return whether it delivered anything new to the consumer} */
  boolean isFruitful() {
    return fruitful;
  }

  /** {@return whether the place of its text in the answer is known} */
  boolean isJoined() {
    return joined;
  }

  /** {@return whether it is over: nothing more of it is read} */
  boolean isClosed() {
    return closed;
  }

  /** It is over. */
  void closed() {
    closed = true;
  }

  /** The place of its text in the answer is known. */
  void joined() {
    joined = true;
  }

  void answered(ResponseHead head, String id) {
    httpStatus = head.status();
    requestId = id;
    continuedUpstream =
        !head.header("x-holdfast-attempt").isEmpty()
            && head.header("x-holdfast-recovery").isEmpty();
    if (wasAnswered()) {
      tokens.answered();
    }
    if (opening != null) {
      opening.mediaType(head.header("content-type"));
    }
  }

  /**
   * {@return an error inside its stream} A Holdfast gateway reports one once its own attempts are
   * used up: further attempts here would multiply them. One that ends is asked again.
   */
  Failure reported(Failure error) {
    boolean ends =
        error.provider().stream()
            .anyMatch(it -> it.message().endsWith(Failure.GATEWAY_ENDS.detail()));
    return continuedUpstream && !ends ? error.toBuilder().retryable(false).build() : error;
  }

  /** {@return why it failed: nothing may have been understood because it was another protocol} */
  Failure explained(Failure failure) {
    return opening == null ? failure : opening.explain(failure);
  }

  /** Bytes came that are no part of an answer. */
  void counted(ByteBuffer chunk) {
    bytes += chunk.remaining();
  }

  /** {@return whether bytes of an answer may be read: what came before is taken out of them} */
  boolean received(ByteBuffer chunk) {
    counted(chunk);
    if (opening != null) {
      opening.add(chunk);
    }
    return generation.received(chunk);
  }

  /** A frame of an answer is about to be read. */
  void framed(Frame frame) {
    unterminated = frame.unterminated();
    skipsFrame = unterminated && frame.kind() != Frame.Kind.EVENT;
    if (opening != null) {
      opening.frame(frame, decoder instanceof SseDecoder);
    }
  }

  /** {@return by which name a frame shows its server; empty if it does not} */
  String named(Frame frame) {
    return profile.isEmpty() && frame.kind() == Frame.Kind.EVENT && namings-- > 0
        ? ServerMarks.of(frame.data())
        : "";
  }

  /** Its server was recognised. */
  void recognised(String profileName) {
    profile = profileName;
  }

  /** No more bytes will come. */
  void ended() {
    if (opening != null) {
      opening.end();
    }
  }

  /** {@return whether it is the first} */
  boolean sawContent(long nowNanos) {
    boolean first = !hasContent();
    events++;
    opening = null;
    if (first) {
      firstTokenNanos = nowNanos;
    }
    return first;
  }

  /** Reads the body as one document where it begins as one. */
  void sniff(ByteBuffer chunk, StreamPolicy policy) {
    if (sniffer.begins(chunk)
        && purpose() == Purpose.ANSWER
        && decoder instanceof SseDecoder
        && plan.call().answer() instanceof ChatDialect dialect) {
      nonStreaming = true;
      decoder = dialect.whole().newDecoder(policy.limits());
      reader = dialect.whole().newReader(policy.completion());
    }
  }

  /** {@return whether this text of choice 0 is its first; asked once for each that is not empty} */
  boolean speaksFirst() {
    boolean first = !spoke;
    spoke = true;
    return first;
  }

  /** {@return whether the place where it resumes is to be marked: true once} */
  boolean marksResumption() {
    boolean first = !marked && purpose() == Purpose.RESUME;
    marked |= first;
    return first;
  }

  /** Text waits for the end of its frame, where its tokens are counted. */
  void uncounted(String text) {
    uncounted.append(text);
  }

  /** {@return whether text waits for the end of its frame} */
  boolean hasUncounted() {
    return !uncounted.isEmpty();
  }

  /** {@return the text that waited; none waits any more} */
  String takeUncounted() {
    String text = uncounted.toString();
    uncounted.setLength(0);
    return text;
  }

  /** A choice has a finish. */
  void finished(int choice, Finish finish) {
    var before = finishes.get(choice);
    finishes.put(choice, before == null ? finish : Finish.last(before, finish));
  }

  /** It ends as an uncut answer would that came to its limit. */
  void limited(Finish length) {
    finishes.clear();
    finishes.put(0, length);
  }

  /** It reported its tokens so far. */
  void reported(TokenUsage usageSoFar) {
    usage = usageSoFar;
    tokens.reported(usageSoFar);
  }

  /** A tool call has begun that is not delivered before it is whole. */
  void holdsCalls() {
    holdsCalls = true;
  }

  /** The frame that is being read cannot be read, and is passed over. */
  void skipsFrame() {
    skipsFrame = true;
  }

  /** A frame has been read, and its events were handed on. */
  void readOn(int choices) {
    var proof = reader.proof();
    revocable |= proof == Proof.TENTATIVE;
    finishing =
        revocable
            ? proof.isProven()
            : finishing || proof != Proof.OPEN || finishes.size() >= choices;
    if (holdsCalls || finishing || unterminated) {
      hold = FrameListener.Hold.TO_THE_END;
    } else if (proof == Proof.TENTATIVE || reader.isHolding()) {
      hold = FrameListener.Hold.BRIEFLY;
    } else {
      hold = FrameListener.Hold.NONE;
    }
  }

  /** Reports how many bytes are whole. */
  void marks(FrameListener listener, int actions) {
    if (purpose() != Purpose.ANSWER || rung() != null || nonStreaming) {
      return;
    }
    long whole = decoder.whole();
    if (whole > wholeBytes) {
      wholeBytes = whole;
      listener.read(number(), actions, whole, skipsFrame ? FrameListener.Hold.SKIPPED : hold);
    }
    skipsFrame = false;
  }

  /** Some of its answer was handed on, as something new. */
  void delivered(int characters) {
    fruitful = true;
    tokens.delivered(characters);
  }

  /** Some of its reasoning was handed on. */
  void deliveredReasoning(int characters) {
    fruitful = true;
    tokens.deliveredReasoning(characters);
  }

  /** {@return whether it wrote as many tokens as its request allowed} */
  boolean isSpent() {
    return generation.meter.total(TokenMeter.Measure.LEAST) >= allowance;
  }

  /** {@return its report, except its waste: what was wasted is known when the stream ends} */
  AttemptReport.Builder report(String upstream, @Nullable Failure failure, long nowNanos) {
    return AttemptReport.builder()
        .number(number())
        .upstream(upstream)
        .rung(rung())
        .startNanos(startNanos)
        .firstTokenNanos(firstTokenNanos)
        .endNanos(nowNanos)
        .httpStatus(httpStatus)
        .bytes(bytes)
        .events(events)
        .usage(usage)
        .failure(failure)
        .profile(profile)
        .requestId(requestId);
  }
}
