package dev.holdfast.testkit.fault;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One fault of one reply, and its place. A value: the fault server and the simulation run the same
 * one through the same {@code FaultyLink}. {@code docs/faults.md} is generated from this type.
 */
public sealed interface Fault {
  /** The connection ends with FIN inside the HTTP body, whose framing requires more. */
  record CutFin(Position at) implements Fault {}

  /** The connection is reset. */
  record CutRst(Position at) implements Fault {}

  /** The body is ended properly, but too early. */
  record EndEarly(Position at) implements Fault {
    /** Checks the position. */
    public EndEarly {
      inBody(at);
    }
  }

  /**
   * The body has no length and ends, too early, by FIN: a cut that cannot be distinguished from an
   * end.
   */
  record EndByClose(Position at) implements Fault {
    /** Checks the position. */
    public EndByClose {
      inBody(at);
    }
  }

  /** The closing marker never comes; the body ends properly after the rest. */
  record MissingDone() implements Fault {}

  /** The OpenAI closing marker comes, but no finish reason before it. */
  record DoneWithoutFinish() implements Fault {}

  /** The JSON of one event is cut short, inside intact framing. Its text is lost. */
  record MalformedJson(Position at) implements Fault {
    /** Checks the position. */
    public MalformedJson {
      ofEvent(at);
    }
  }

  /** The field name of one event's data line is damaged. Its text is lost. */
  record MalformedSse(Position at) implements Fault {
    /** Checks the position. */
    public MalformedSse {
      ofEvent(at);
    }
  }

  /** The blank line between two events is lost, so that they read as one. */
  record GluedEvents(Position at) implements Fault {
    /** Checks the position. */
    public GluedEvents {
      ofEvent(at);
    }
  }

  /** One event contains a byte that no UTF-8 text contains. */
  record InvalidUtf8(Position at) implements Fault {
    /** Checks the position. */
    public InvalidUtf8 {
      ofEvent(at);
    }
  }

  /** The connection ends with FIN between the bytes of one character. */
  record SplitUtf8(Position at) implements Fault {
    /** Checks the position. */
    public SplitUtf8 {
      ofEvent(at);
    }
  }

  /**
   * Silence, or keep-alives only; then the rest.
   *
   * @param at where
   * @param length how long
   * @param keepAlive time between keep-alives; null for silence
   */
  record Stall(Position at, Duration length, @Nullable Duration keepAlive) implements Fault {
    /** Checks that the times are positive. */
    public Stall {
      positive("for", length);
      positive("keep-alive", keepAlive);
    }
  }

  /** Every event is late by this much. */
  record Slow(Duration delay) implements Fault {
    /** Checks that the delay is positive. */
    public Slow {
      positive("delay", delay);
    }
  }

  /** Bytes arrive in pieces of 1 to so many bytes, drawn at random. */
  record Slices(int max) implements Fault {
    /** Checks the bound. */
    public Slices {
      Check.that(max >= 1, "max", "must be at least 1", max);
    }
  }

  /** The provider reports an error inside the 200 stream and ends it. */
  record ErrorEvent(Position at, Trouble trouble) implements Fault {
    /** Checks the position. */
    public ErrorEvent {
      inBody(at);
    }
  }

  /**
   * An HTTP error instead of the reply.
   *
   * @param code 400 to 599
   * @param retryAfter how long to wait and how it is spelled; null for no header
   */
  record Status(int code, @Nullable RetryAfterHeader retryAfter) implements Fault {
    /** Checks the bound. */
    public Status {
      Check.that(code >= 400 && code <= 599, "code", "must be 400 to 599", code);
    }
  }

  /** A data line that does not end, up to so many bytes. */
  record EndlessLine(Position at, long bytes) implements Fault {
    /** Checks the bound. */
    public EndlessLine {
      inBody(at);
      Check.that(bytes >= 1, "bytes", "must be at least 1", bytes);
    }
  }

  /** Text that does not end, up to so many bytes of events. */
  record EndlessStream(Position at, long bytes) implements Fault {
    /** Checks the bound. */
    public EndlessStream {
      inBody(at);
      Check.that(bytes >= 1, "bytes", "must be at least 1", bytes);
    }
  }

  /**
   * A web page instead of the reply.
   *
   * @param code 200 to 599
   */
  record HtmlPage(int code) implements Fault {
    /** Checks the bound. */
    public HtmlPage {
      Check.that(code >= 200 && code <= 599, "code", "must be 200 to 599", code);
    }
  }

  /** Keep-alives instead of content, then the body ends. */
  record KeepAlivesOnly(Duration interval, Duration length) implements Fault {
    /** Checks that the times are positive. */
    public KeepAlivesOnly {
      positive("interval", interval);
      positive("for", length);
    }
  }

  /** The right body under a wrong content type. */
  record WrongContentType(String type) implements Fault {
    /** Checks that it is a header value. */
    public WrongContentType {
      Check.that(type.matches("[!-~]+"), "type", "must be printable, without spaces", type);
    }
  }

  /** One event whose JSON has a padding member of so many bytes; its text is as it should be. */
  record HugeEvent(Position at, long bytes) implements Fault {
    /** Checks the bound. */
    public HugeEvent {
      ofEvent(at);
      Check.that(bytes >= 1, "bytes", "must be at least 1", bytes);
    }
  }

  /** One event comes twice. */
  record DuplicateEvent(Position at) implements Fault {
    /** Checks the position. */
    public DuplicateEvent {
      ofEvent(at);
    }
  }

  /** A gateway splices: a second message starts, under another id, inside the first. */
  record SecondMessageStart(Position at) implements Fault {
    /** Checks the position. */
    public SecondMessageStart {
      inBody(at);
    }
  }

  /** The connection ends within the response head, after so many of its bytes. */
  record CutHead(int bytes, Ending by) implements Fault {
    /** Checks the bound. */
    public CutHead {
      Check.that(bytes >= 1, "bytes", "must be at least 1", bytes);
    }
  }

  /** The connection ends within the line with the length of the next chunk. */
  record CutChunkSize(Position at, Ending by) implements Fault {
    /** Checks the position. */
    public CutChunkSize {
      inBody(at);
    }
  }

  /**
   * The connection ends within an event of a tool call.
   *
   * @param pieces so many events of the call are whole; the last one is cut if there are no more
   * @param by how
   */
  record CutTool(int pieces, Ending by) implements Fault {
    /** Checks the bound. */
    public CutTool {
      Check.that(pieces >= 0, "pieces", "must not be negative", pieces);
    }
  }

  /**
   * The head promises a length, and FIN comes before.
   *
   * @param at where it comes
   * @param missing bytes that were promised beyond that, at least 1
   */
  record ShortBody(Position at, long missing) implements Fault {
    /** Checks the bound. */
    public ShortBody {
      inBody(at);
      Check.that(missing >= 1, "missing", "must be at least 1", missing);
    }
  }

  /** The line with the length of the next chunk contains nonsense. */
  record BadChunk(Position at) implements Fault {
    /** Checks the position. */
    public BadChunk {
      inBody(at);
    }
  }

  /** The body is compressed, though the client did not allow it. */
  record Gzip() implements Fault {}

  /** The body is compressed, and properly ended after half of the compressed bytes. */
  record GzipCut() implements Fault {}

  /** The body is compressed, and one compressed byte is another. */
  record GzipCorrupt() implements Fault {}

  /** After its finish reason the provider reports an error. */
  record FinishThenError(Trouble trouble) implements Fault {}

  /** The provider reports an error within what looks like one more piece of the answer. */
  record ErrorChunk(Position at, Trouble trouble) implements Fault {
    /** Checks the position. */
    public ErrorChunk {
      inBody(at);
    }
  }

  /** An error document of several lines is in the stream verbatim, in no event. */
  record ErrorDocument(Position at, Trouble trouble) implements Fault {
    /** Checks the position. */
    public ErrorDocument {
      inBody(at);
    }
  }

  /** One event of text comes after the next one. */
  record SwapEvents(Position at) implements Fault {
    /** Checks the position. */
    public SwapEvents {
      ofEvent(at);
    }
  }

  /** One event of text never comes. */
  record DropEvent(Position at) implements Fault {
    /** Checks the position. */
    public DropEvent {
      ofEvent(at);
    }
  }

  /** The answer has no token usage. */
  record NoUsage() implements Fault {}

  /** Bytes arrive a few at a time, with a pause after each of them. */
  record Trickle(int bytes, Duration every) implements Fault {
    /** Checks the bounds. */
    public Trickle {
      Check.that(bytes >= 1, "bytes", "must be at least 1", bytes);
      positive("every", every);
    }
  }

  /** Nothing for a while, then so many events at once, over and over. */
  record Bursts(int events, Duration every) implements Fault {
    /** Checks the bounds. */
    public Bursts {
      Check.that(events >= 1, "events", "must be at least 1", events);
      positive("every", every);
    }
  }

  /** No more than so many bytes come in a second. */
  record Bandwidth(long rate) implements Fault {
    /** Checks the bound. */
    public Bandwidth {
      Check.that(rate >= 50, "rate", "must be at least 50", rate);
    }
  }

  /** So many events without content. */
  record TinyEvents(Position at, int events) implements Fault {
    /** Checks the bound. */
    public TinyEvents {
      inBody(at);
      Check.that(events >= 1, "events", "must be at least 1", events);
    }
  }

  /** All content is sent, but the body's end comes late. */
  record SlowClose(Duration length) implements Fault {
    /** Checks that the time is positive. */
    public SlowClose {
      positive("for", length);
    }
  }

  /**
   * The server crashes: the connection is reset before the head, and for a while every other one is
   * refused.
   */
  record Refused(Duration length) implements Fault {
    /** Checks that the time is positive. */
    public Refused {
      positive("for", length);
    }
  }

  /**
   * The certificate is not one that the client trusts. Strikes connections:
   * FaultServer.Builder#tls(Script).
   */
  record TlsUntrusted() implements Fault {}

  /**
   * The certificate is trusted, but another host's. Strikes connections:
   * FaultServer.Builder#tls(Script).
   */
  record TlsWrongHost() implements Fault {}

  /**
   * The connection ends within the handshake. Strikes connections: FaultServer.Builder#tls(Script).
   */
  record TlsCut(Ending by) implements Fault {}

  /**
   * The answer is written in a way outside its protocol.
   *
   * @param shape which
   * @param at where; ignored unless {@link Shape#isPlaced}
   */
  record Shaped(Shape shape, Position at) implements Fault {
    /** Checks the position. */
    public Shaped {
      ofEvent(at);
    }

    /** A shape at the place where faults without a position strike, or one that has no place. */
    public Shaped(Shape shape) {
      this(shape, Position.token(3));
    }
  }

  /** How a connection ends. */
  enum Ending {
    /** By FIN. */
    FIN,
    /** By RST. */
    RST;

    /** {@return the name in specs} */
    public String id() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** What a provider can report inside a stream. */
  enum Trouble {
    /** Its own failure. */
    SERVER,
    /** Out of capacity. */
    OVERLOADED,
    /** Too many requests. */
    RATE_LIMITED,
    /** The request can never work. */
    INVALID_REQUEST;

    /** {@return the name in specs} */
    public String id() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  /** What can be done about a fault. */
  enum Remedy {
    /** Nothing need be done: a correct client delivers the whole answer from this reply. */
    NOT_NEEDED,
    /** Another attempt can bring the whole answer. */
    RECOVER,
    /** Trying again cannot help. */
    NONE,
    /** The wire does not show it; no client can know. */
    INVISIBLE
  }

  /** {@return the name, for example {@code cut-rst}} */
  default String id() {
    return FaultFacts.of(this).id();
  }

  /** {@return one line on what it does on the wire} */
  default String summary() {
    return FaultFacts.of(this).summary();
  }

  /** {@return what can be done about it} */
  default Remedy remedy(Protocol protocol) {
    return FaultFacts.remedy(this, protocol);
  }

  /**
   * {@return the cause a correct client must name for the attempt, or null if it must not blame
   * anything} Presumes that the fault strikes before the proof of completion and outlasts the
   * client's clocks and limits; {@code Transmission} knows the reply.
   */
  default @Nullable Cause cause(Protocol protocol) {
    return FaultFacts.cause(this, protocol);
  }

  /** {@return whether the fault exists in a protocol} */
  default boolean appliesTo(Protocol protocol) {
    return FaultFacts.exists(this, protocol);
  }

  /** {@return one of each fault, with the defaults of {@link #parse}} */
  static List<Fault> examples() {
    return FaultSpec.EXAMPLES;
  }

  /** {@return the fault as {@link #parse} reads it, for example {@code cut-rst@event=5}} */
  default String spec() {
    return FaultSpec.write(this);
  }

  /**
   * {@return the fault of a spec} {@code name@key=value,key=value}; keys and defaults are in {@code
   * docs/faults.md}.
   *
   * @throws IllegalArgumentException naming the part, the rule and the value
   */
  static Fault parse(String spec) {
    return FaultSpec.read(spec.strip());
  }

  /**
   * {@return the faults of specs separated by semicolons, in order}
   *
   * @throws IllegalArgumentException naming the part, the rule and the value
   */
  static List<Fault> parseAll(String specs) {
    return java.util.Arrays.stream(specs.split(";", -1))
        .map(String::strip)
        .filter(spec -> !spec.isEmpty())
        .map(Fault::parse)
        .toList();
  }

  private static void inBody(Position at) {
    Check.that(!(at instanceof Position.BeforeHead), "at", "must be in the body", at.spec());
  }

  private static void ofEvent(Position at) {
    inBody(at);
    Check.that(
        !(at instanceof Position.AfterBytes), "at", "must name an event or token", at.spec());
  }

  private static void positive(String name, @Nullable Duration time) {
    Check.that(time == null || time.isPositive(), name, "must be positive", String.valueOf(time));
  }
}
