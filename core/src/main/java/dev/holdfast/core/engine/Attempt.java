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
import dev.holdfast.core.stream.Waste;
import dev.holdfast.core.tools.ToolCallAssembler;
import dev.holdfast.core.verdict.DocumentSniffer;
import dev.holdfast.core.verdict.UnrecognisedPrefix;
import dev.holdfast.core.verdict.VerdictRules;
import java.nio.ByteBuffer;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/** The state of one HTTP exchange: its decoders and what it has brought. */
final class Attempt {
  private static final int CHARS_PER_TOKEN = 4;

  /** A server names itself in its first events or in none. */
  private static final int NAMINGS = 4;

  final NextAttempt plan;
  final Generation generation;
  final ToolCallAssembler toolCalls;
  final SortedMap<Integer, Finish> finishes;
  FrameDecoder decoder;
  DialectReader reader;
  private final long startNanos;
  private long firstTokenNanos = -1;
  private int httpStatus;
  private long bytes;
  private long events;
  private long generatedChars;
  private long deliveredChars;
  private final DocumentSniffer sniffer = new DocumentSniffer();
  @Nullable TokenUsage usage;
  private @Nullable UnrecognisedPrefix opening;

  /** By which profile its server was recognised; empty if it was not. */
  String profile = "";

  /** Events in which the server may still name itself. */
  private int namings = NAMINGS;

  /** How many tokens it may write before the limit in its request ends it. */
  long allowance = Long.MAX_VALUE;

  /** Characters of tool calls that are held. */
  int toolCharacters;

  /** Whether the place of its text in the answer is known. */
  boolean joined;

  /** Whether the place where it continues has been marked. */
  boolean marked;

  /** Whether its answer came as one document though a stream was requested. */
  boolean nonStreaming;

  /** Whether it delivered anything new to the consumer. */
  boolean fruitful;

  /** Whether any text of choice 0 has come. */
  boolean spoke;

  /** Whether a tool call has begun that is not delivered before it is whole. */
  boolean holdsCalls;

  /** Whether the frame that is being read cannot be read, and is passed over. */
  boolean skipsFrame;

  /** Whether its protocol can withdraw a proof. */
  private boolean revocable;

  private boolean finishing;

  /** Whether the body ended in the frame that was read last. */
  private boolean unterminated;

  private long wholeBytes;
  private FrameListener.Hold hold = FrameListener.Hold.NONE;

  /** Whether it has been abandoned; its decoder's remaining data is void. */
  boolean closed;

  Attempt(NextAttempt plan, FrameDecoder decoder, Generation generation, long nowNanos) {
    this.plan = plan;
    this.decoder = decoder;
    this.generation = generation;
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

  void answered(ResponseHead head) {
    httpStatus = head.status();
    if (opening != null) {
      opening.mediaType(head.header("content-type"));
    }
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
  void marks(@Nullable FrameListener listener, int actions) {
    if (listener == null || purpose() != Purpose.ANSWER || rung() != null || nonStreaming) {
      return;
    }
    long whole = decoder.whole();
    if (whole > wholeBytes) {
      wholeBytes = whole;
      listener.read(number(), actions, whole, skipsFrame ? FrameListener.Hold.SKIPPED : hold);
    }
    skipsFrame = false;
  }

  /** The model wrote something that a consumer would see. */
  void generatedChars(int characters) {
    generatedChars += characters;
  }

  /** Some of what it wrote was handed on. */
  void deliveredChars(int characters) {
    deliveredChars += characters;
  }

  /** {@return whether it wrote as many tokens as its request allowed} */
  boolean isSpent() {
    return generation.meter.total(TokenMeter.Measure.LEAST) >= allowance;
  }

  /** {@return what it wrote without being delivered} */
  Waste waste() {
    long characters = Math.max(0, generatedChars - deliveredChars);
    long told = usage == null || !reader.proof().isProven() ? -1 : usage.output().orElse(-1);
    return new Waste(
        characters,
        told >= 0 && generatedChars > 0
            ? Math.round((double) told * characters / generatedChars)
            : (characters + CHARS_PER_TOKEN - 1) / CHARS_PER_TOKEN);
  }

  AttemptReport report(String upstream, @Nullable Failure failure, long nowNanos) {
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
        .waste(waste())
        .failure(failure)
        .profile(profile)
        .build();
  }
}
