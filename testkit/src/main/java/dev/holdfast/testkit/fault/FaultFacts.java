package dev.holdfast.testkit.fault;

import dev.holdfast.core.stream.Cause;
import org.jspecify.annotations.Nullable;

/**
 * What is known about each fault.
 *
 * @param id its name in specs, scenarios and the catalogue
 * @param summary what it does on the wire
 */
record FaultFacts(String id, String summary) {
  static FaultFacts of(Fault fault) {
    return switch (fault) {
      case Fault.CutFin cut ->
          new FaultFacts("cut-fin", "FIN inside a chunked body, without the last chunk.");
      case Fault.CutRst cut ->
          new FaultFacts("cut-rst", "RST; what the peer has not read is lost.");
      case Fault.EndEarly end ->
          new FaultFacts("end-early", "A proper end of the HTTP body, too early.");
      case Fault.EndByClose end ->
          new FaultFacts("end-by-close", "A body without length that ends, too early, by FIN.");
      case Fault.MissingDone missing ->
          new FaultFacts("missing-done", "Everything but the closing marker, then a proper end.");
      case Fault.DoneWithoutFinish done ->
          new FaultFacts("done-without-finish", "`[DONE]` without a finish reason before it.");
      case Fault.MalformedJson json ->
          new FaultFacts(
              "malformed-json", "One event's JSON is cut in half; the framing is intact.");
      case Fault.MalformedSse sse ->
          new FaultFacts("malformed-sse", "One event's `data` line begins with `dta`.");
      case Fault.GluedEvents glued ->
          new FaultFacts("glued-events", "No blank line between two events.");
      case Fault.InvalidUtf8 invalid ->
          new FaultFacts("invalid-utf8", "A byte `FF` inside the JSON of one event.");
      case Fault.SplitUtf8 split ->
          new FaultFacts("split-utf8", "FIN between the bytes of one character.");
      case Fault.Stall stall ->
          stall.keepAlive() == null
              ? new FaultFacts("stall", "Silence, then the rest.")
              : new FaultFacts("stall", "Keep-alives only, then the rest.");
      case Fault.Slow slow -> new FaultFacts("slow", "A pause before every event.");
      case Fault.Slices slices -> new FaultFacts("slices", "Pieces of random size.");
      case Fault.ErrorEvent error ->
          new FaultFacts("error-event", "An error inside the 200 stream, then a proper end.");
      case Fault.Status status ->
          new FaultFacts("status", "An HTTP error with the protocol's error document.");
      case Fault.EndlessLine line ->
          new FaultFacts("endless-line", "One line without end, up to a number of bytes.");
      case Fault.EndlessStream stream ->
          new FaultFacts("endless-stream", "Events of text without end, up to a number of bytes.");
      case Fault.HtmlPage page -> new FaultFacts("html-page", "A web page in place of the reply.");
      case Fault.KeepAlivesOnly only ->
          new FaultFacts("keep-alives-only", "Keep-alives for a while, then a proper end.");
      case Fault.WrongContentType type ->
          new FaultFacts("wrong-content-type", "The right body under a wrong content type.");
      case Fault.HugeEvent huge ->
          new FaultFacts("huge-event", "One event with a padding member of many bytes.");
      case Fault.DuplicateEvent duplicate -> new FaultFacts("duplicate-event", "One event twice.");
      case Fault.SecondMessageStart start ->
          new FaultFacts("second-start", "A second `message_start` with another id.");
      case Fault.CutHead cut ->
          new FaultFacts("cut-head", "FIN or RST after so many bytes of the response head.");
      case Fault.CutChunkSize cut ->
          new FaultFacts("cut-chunk-size", "FIN or RST inside the line with a chunk's size.");
      case Fault.CutTool cut ->
          new FaultFacts("cut-tool", "FIN or RST in the middle of an event of a tool call.");
      case Fault.ShortBody body ->
          new FaultFacts("short-body", "A `content-length`, and FIN so many bytes before it.");
      case Fault.BadChunk bad ->
          new FaultFacts("bad-chunk", "A chunk whose size is no number, then FIN.");
      case Fault.Gzip gzip ->
          new FaultFacts("gzip", "`content-encoding: gzip`, which was not asked for.");
      case Fault.GzipCut cut ->
          new FaultFacts("gzip-cut", "As `gzip`; a proper end after half of the bytes.");
      case Fault.GzipCorrupt corrupt ->
          new FaultFacts("gzip-corrupt", "As `gzip`; one byte in the middle is another.");
      case Fault.FinishThenError then ->
          new FaultFacts("finish-then-error", "An error right after the finish reason.");
      case Fault.ErrorChunk chunk ->
          new FaultFacts("error-chunk", "An error inside an event of the answer's own kind.");
      case Fault.ErrorDocument document ->
          new FaultFacts("error-document", "An error document on bare lines, in no event.");
      case Fault.SwapEvents swap ->
          new FaultFacts("swap-events", "Two neighbouring events of text in the wrong order.");
      case Fault.DropEvent drop -> new FaultFacts("drop-event", "One event of text is missing.");
      case Fault.NoUsage none -> new FaultFacts("no-usage", "No token counts anywhere.");
      case Fault.Trickle trickle ->
          new FaultFacts("trickle", "So many bytes at a time, with a pause after each.");
      case Fault.Bursts bursts ->
          new FaultFacts("bursts", "A pause, then so many events at once, over and over.");
      case Fault.Bandwidth band -> new FaultFacts("bandwidth", "At most so many bytes a second.");
      case Fault.TinyEvents tiny ->
          new FaultFacts("tiny-events", "Events of a few bytes without content.");
      case Fault.SlowClose slow ->
          new FaultFacts("slow-close", "All is sent but the last chunk, which comes late.");
      case Fault.Refused refused ->
          new FaultFacts("refused", "RST before the head; then connections are refused.");
      case Fault.TlsUntrusted untrusted ->
          new FaultFacts("tls-untrusted", "A self-signed certificate, trusted by no client.");
      case Fault.TlsWrongHost wrong ->
          new FaultFacts("tls-wrong-host", "A trusted certificate of another host.");
      case Fault.TlsCut cut ->
          new FaultFacts("tls-cut", "FIN or RST after the client's first TLS message.");
      case Fault.Shaped(Shape shape, Position at) -> new FaultFacts(shape.id(), shape.summary());
    };
  }

  static boolean exists(Fault fault, Protocol protocol) {
    return switch (fault) {
      case Fault.SecondMessageStart start -> protocol == Protocol.ANTHROPIC_MESSAGES;
      case Fault.MalformedSse sse -> protocol.isEvents();
      // It closes its streams with nothing at all.
      case Fault.MissingDone missing -> protocol != Protocol.GEMINI_SSE;
      // Where both are one event, nothing of the answer comes after it.
      case Fault.FinishThenError then ->
          protocol != Protocol.OPENAI_RESPONSES && protocol != Protocol.OLLAMA_CHAT;
      case Fault.ErrorDocument document -> protocol.isEvents();
      case Fault.Shaped(Shape shape, Position at) -> shape.exists(protocol);
      default -> true;
    };
  }

  static @Nullable Cause cause(Fault fault, Protocol protocol) {
    return switch (fault) {
      case Fault.CutFin(Position at) -> lost(at);
      case Fault.CutRst(Position at) -> lost(at);
      case Fault.SplitUtf8(Position at) -> lost(at);
      case Fault.EndEarly end -> Cause.TRUNCATED;
      case Fault.EndByClose end -> Cause.TRUNCATED;
      case Fault.DoneWithoutFinish done -> Cause.TRUNCATED;
      case Fault.MissingDone missing ->
          // Elsewhere, what closes the stream is the proof.
          protocol.finishProves() ? Cause.MISSING_DONE : Cause.TRUNCATED;
      case Fault.MalformedJson json -> Cause.MALFORMED_JSON;
      case Fault.MalformedSse sse -> Cause.MALFORMED_FRAME;
      case Fault.InvalidUtf8 invalid -> Cause.MALFORMED_FRAME;
      case Fault.Stall stall -> stalled(stall);
      case Fault.KeepAlivesOnly only -> Cause.FIRST_TOKEN_TIMEOUT;
      case Fault.ErrorEvent(Position at, Fault.Trouble trouble) -> causeOf(trouble, at, protocol);
      case Fault.ErrorChunk(Position at, Fault.Trouble trouble) -> causeOf(trouble, at, protocol);
      case Fault.ErrorDocument(Position at, Fault.Trouble trouble) ->
          causeOf(trouble, at, protocol);
      case Fault.FinishThenError(Fault.Trouble trouble) ->
          causeOf(trouble, new Position.BeforeDone(), protocol);
      case Fault.CutHead cut -> Cause.CONNECTION_FAILED;
      case Fault.Refused refused -> Cause.CONNECTION_FAILED;
      case Fault.TlsUntrusted untrusted -> Cause.CONNECTION_FAILED;
      case Fault.TlsWrongHost wrong -> Cause.CONNECTION_FAILED;
      case Fault.TlsCut cut -> Cause.CONNECTION_FAILED;
      case Fault.CutChunkSize cut -> Cause.CONNECTION_LOST;
      case Fault.CutTool cut -> Cause.CONNECTION_LOST;
      case Fault.ShortBody body -> Cause.CONNECTION_LOST;
      case Fault.BadChunk bad -> Cause.CONNECTION_LOST;
      case Fault.Gzip gzip -> Cause.MALFORMED_FRAME;
      case Fault.GzipCut cut -> Cause.MALFORMED_FRAME;
      case Fault.GzipCorrupt corrupt -> Cause.MALFORMED_FRAME;
      case Fault.SwapEvents swap -> counted(protocol);
      case Fault.DropEvent drop -> counted(protocol);
      case Fault.NoUsage none -> null;
      case Fault.Trickle trickle -> null;
      case Fault.Bursts bursts -> null;
      case Fault.Bandwidth band -> null;
      case Fault.TinyEvents tiny -> null;
      // Whether anything comes after the finish reason is known at the end only.
      case Fault.SlowClose slow -> protocol == Protocol.GEMINI_SSE ? Cause.IDLE_TIMEOUT : null;
      case Fault.Status status -> ofStatus(status.code());
      case Fault.HtmlPage(int code) -> code < 300 ? Cause.MALFORMED_FRAME : ofStatus(code);
      case Fault.EndlessLine line -> Cause.LIMIT_EXCEEDED;
      // It does end, some day, and then without proof.
      case Fault.EndlessStream stream -> Cause.TRUNCATED;
      case Fault.HugeEvent huge -> Cause.LIMIT_EXCEEDED;
      // Before any word it is a second head, and nothing is spliced.
      case Fault.SecondMessageStart(Position at) -> early(at) ? null : Cause.PROTOCOL_VIOLATION;
      // Both documents are whole, on lines of their own: nothing is lost.
      case Fault.GluedEvents glued -> null;
      case Fault.Slow slow -> null;
      case Fault.Slices slices -> null;
      case Fault.WrongContentType type -> null;
      case Fault.DuplicateEvent duplicate -> counted(protocol);
      case Fault.Shaped(Shape shape, Position at) -> shape.cause(protocol, !early(at));
    };
  }

  /** Responses counts its events and repeats its text; elsewhere the wire does not show it. */
  private static @Nullable Cause counted(Protocol protocol) {
    return protocol == Protocol.OPENAI_RESPONSES ? Cause.PROTOCOL_VIOLATION : null;
  }

  /** After the first word the request cannot have been at fault: a cut with a wrong label. */
  private static Cause causeOf(Fault.Trouble trouble, Position at, Protocol protocol) {
    if (protocol == Protocol.OLLAMA_CHAT) {
      return Cause.PROVIDER_ERROR; // Its errors are sentences, and sentences decide nothing.
    }
    return switch (trouble) {
      case SERVER -> Cause.PROVIDER_ERROR;
      case OVERLOADED -> Cause.OVERLOADED;
      case RATE_LIMITED -> Cause.RATE_LIMITED;
      case INVALID_REQUEST -> early(at) ? Cause.REJECTED : Cause.PROVIDER_ERROR;
    };
  }

  private static Cause lost(Position at) {
    return at instanceof Position.BeforeHead ? Cause.CONNECTION_FAILED : Cause.CONNECTION_LOST;
  }

  private static Cause stalled(Fault.Stall stall) {
    if (early(stall.at())) {
      return Cause.FIRST_TOKEN_TIMEOUT;
    }
    return stall.keepAlive() == null ? Cause.IDLE_TIMEOUT : Cause.PROGRESS_TIMEOUT;
  }

  /** Whether nothing of the answer can come before a position. */
  private static boolean early(Position at) {
    return switch (at) {
      case Position.BeforeHead() -> true;
      case Position.AfterEvents(int events) -> events == 0;
      case Position.AfterTokens(int tokens) -> tokens == 0;
      case Position.AfterBytes(long bytes) -> bytes == 0;
      case Position.BeforeFinish() -> false;
      case Position.BeforeDone() -> false;
    };
  }

  private static Cause ofStatus(int code) {
    return switch (code) {
      case 429 -> Cause.RATE_LIMITED;
      case 503, 529 -> Cause.OVERLOADED;
      case 408, 409, 425 -> Cause.PROVIDER_ERROR;
      default -> code >= 500 ? Cause.PROVIDER_ERROR : Cause.REJECTED;
    };
  }

  /** What was shown cannot be taken back. */
  private static Fault.Remedy unseen(Protocol protocol) {
    return counted(protocol) == null ? Fault.Remedy.INVISIBLE : Fault.Remedy.NONE;
  }

  static Fault.Remedy remedy(Fault fault, Protocol protocol) {
    return switch (fault) {
      case Fault.MissingDone missing ->
          protocol.finishProves() ? Fault.Remedy.NOT_NEEDED : Fault.Remedy.RECOVER;
      case Fault.GluedEvents glued -> Fault.Remedy.NOT_NEEDED;
      case Fault.Slow slow -> Fault.Remedy.NOT_NEEDED;
      case Fault.Slices slices -> Fault.Remedy.NOT_NEEDED;
      case Fault.WrongContentType type -> Fault.Remedy.NOT_NEEDED;
      case Fault.DuplicateEvent duplicate -> unseen(protocol);
      case Fault.SwapEvents swap -> unseen(protocol);
      case Fault.DropEvent drop -> unseen(protocol);
      case Fault.NoUsage none -> Fault.Remedy.NOT_NEEDED;
      case Fault.Trickle trickle -> Fault.Remedy.NOT_NEEDED;
      case Fault.Bursts bursts -> Fault.Remedy.NOT_NEEDED;
      case Fault.Bandwidth band -> Fault.Remedy.NOT_NEEDED;
      case Fault.TinyEvents tiny -> Fault.Remedy.NOT_NEEDED;
      case Fault.SlowClose slow ->
          protocol == Protocol.GEMINI_SSE ? Fault.Remedy.RECOVER : Fault.Remedy.NOT_NEEDED;
      // A server that compresses unasked does so again.
      case Fault.Gzip gzip -> Fault.Remedy.NONE;
      case Fault.GzipCut cut -> Fault.Remedy.NONE;
      case Fault.GzipCorrupt corrupt -> Fault.Remedy.NONE;
      // A certificate is not mended between two attempts.
      case Fault.TlsUntrusted untrusted -> Fault.Remedy.NONE;
      case Fault.TlsWrongHost wrong -> Fault.Remedy.NONE;
      case Fault.TlsCut cut -> Fault.Remedy.RECOVER;
      case Fault.Refused refused -> Fault.Remedy.RECOVER;
      case Fault.CutHead cut -> Fault.Remedy.RECOVER;
      case Fault.CutChunkSize cut -> Fault.Remedy.RECOVER;
      case Fault.CutTool cut -> Fault.Remedy.RECOVER;
      case Fault.ShortBody body -> Fault.Remedy.RECOVER;
      case Fault.BadChunk bad -> Fault.Remedy.RECOVER;
      case Fault.ErrorChunk(Position at, Fault.Trouble trouble) -> mends(trouble, at, protocol);
      case Fault.ErrorDocument(Position at, Fault.Trouble trouble) -> mends(trouble, at, protocol);
      case Fault.FinishThenError(Fault.Trouble trouble) ->
          mends(trouble, new Position.BeforeDone(), protocol);
      case Fault.EndlessStream stream -> Fault.Remedy.NONE;
      case Fault.ErrorEvent(Position at, Fault.Trouble trouble) -> mends(trouble, at, protocol);
      case Fault.Status status -> ofRejection(ofStatus(status.code()));
      case Fault.HtmlPage(int code) ->
          code < 300 ? Fault.Remedy.RECOVER : ofRejection(ofStatus(code));
      case Fault.CutFin cut -> Fault.Remedy.RECOVER;
      case Fault.CutRst cut -> Fault.Remedy.RECOVER;
      case Fault.SplitUtf8 split -> Fault.Remedy.RECOVER;
      case Fault.EndEarly end -> Fault.Remedy.RECOVER;
      case Fault.EndByClose end -> Fault.Remedy.RECOVER;
      case Fault.DoneWithoutFinish done -> Fault.Remedy.RECOVER;
      case Fault.MalformedJson json -> Fault.Remedy.RECOVER;
      case Fault.MalformedSse sse -> Fault.Remedy.RECOVER;
      case Fault.InvalidUtf8 invalid -> Fault.Remedy.RECOVER;
      case Fault.Stall stall -> Fault.Remedy.RECOVER;
      case Fault.KeepAlivesOnly only -> Fault.Remedy.RECOVER;
      case Fault.EndlessLine line -> Fault.Remedy.RECOVER;
      case Fault.HugeEvent huge -> Fault.Remedy.RECOVER;
      case Fault.SecondMessageStart(Position at) ->
          early(at) ? Fault.Remedy.NOT_NEEDED : Fault.Remedy.RECOVER;
      case Fault.Shaped(Shape shape, Position at) -> shape.remedy(protocol);
    };
  }

  private static Fault.Remedy mends(Fault.Trouble trouble, Position at, Protocol protocol) {
    return ofRejection(causeOf(trouble, at, protocol));
  }

  private static Fault.Remedy ofRejection(Cause cause) {
    return cause == Cause.REJECTED ? Fault.Remedy.NONE : Fault.Remedy.RECOVER;
  }
}
