package dev.holdfast.core.verdict;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.provider.detect.DialectDetector;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The first bytes of a body, as long as nothing was understood of it. If it ends like that, they
 * may prove another protocol than the requested one.
 */
public final class UnrecognisedPrefix {
  /** The first event of every recognisable protocol fits in here. */
  private static final int MOST = 4096;

  private final String asked;
  private final DialectDetector.@Nullable Detection known;
  private String mediaType = "";
  private byte[] bytes = new byte[0];

  /** The frames that were read, as text of the wire: how much has arrived makes no difference. */
  private final StringBuilder frames = new StringBuilder();

  /** Whether a frame was a line by itself, as in JSON lines. */
  private boolean lines;

  private boolean ended;

  /** Takes the id of the protocol that was asked. */
  public UnrecognisedPrefix(String asked) {
    this.asked = asked;
    this.known = null;
  }

  /** Takes what the body was found to be where no protocol was asked. */
  UnrecognisedPrefix(DialectDetector.Detection found) {
    this.asked = "";
    this.known = found;
  }

  public void mediaType(String type) {
    mediaType = type;
  }

  /** More of the body has come; read, not moved. */
  public void add(ByteBuffer chunk) {
    int fresh = Math.min(chunk.remaining(), MOST - bytes.length);
    if (fresh > 0) {
      int before = bytes.length;
      bytes = Arrays.copyOf(bytes, before + fresh);
      chunk.get(chunk.position(), bytes, before, fresh);
    }
  }

  /**
   * A frame is about to be read.
   *
   * @param events whether the body was framed as a stream of events
   */
  public void frame(Frame frame, boolean events) {
    if (frames.length() >= MOST) {
      return;
    }
    lines |= !events && frame.kind() == Frame.Kind.EVENT;
    boolean event = events && frame.kind() == Frame.Kind.EVENT;
    if (event && !frame.type().equals("message")) {
      frames.append("event: ").append(frame.type()).append('\n');
    }
    String data = frame.data();
    String cut = data.length() > MOST ? data.substring(0, MOST) : data;
    switch (frame.kind()) {
      case EVENT ->
          frames.append(event ? "data: " + cut.replace("\n", "\ndata: ") + "\n\n" : cut + "\n");
      case UNKNOWN_FIELD -> frames.append(cut).append('\n');
      case COMMENT, EXCEPTION, DAMAGED -> {} // They look alike in every protocol, or are no text.
    }
  }

  /** No more bytes will come. */
  public void end() {
    ended = true;
  }

  /**
   * {@return the failure of a body of which nothing was understood} A body that ends without proof
   * or cannot be read is what another protocol looks like; every other failure explains itself.
   */
  public Failure explain(Failure failure) {
    return switch (failure.cause()) {
      case TRUNCATED, MALFORMED_FRAME, MALFORMED_JSON ->
          known == null ? foreign(failure) : unknown(failure, known);
      case PROTOCOL_VIOLATION -> known == null ? failure : unknown(failure, known);
      default -> failure;
    };
  }

  private static Failure unknown(Failure failure, DialectDetector.Detection found) {
    return found.isAssumed()
        ? failure
        : Failure.retryable(
            Cause.PROTOCOL_VIOLATION,
            "body: must speak a known protocol, speaks none (%s); looked for %s"
                .formatted(found.reason(), DialectDetector.LOOKED_FOR));
  }

  private Failure foreign(Failure failure) {
    byte[] seen = ended ? bytes : frames.toString().getBytes(UTF_8);
    var detected = DialectDetector.detect(seen, mediaType);
    String text = new String(seen, UTF_8);
    if (detected.isAssumed() && text.startsWith("event:")) {
      // The name is evidence too, where the data of the first event has not been read yet.
      String named = text + (text.endsWith("\n") ? "" : "\n") + "data: {}\n\n";
      var byName = DialectDetector.detect(named.getBytes(UTF_8), mediaType);
      // A name that is cut, too, is one that no protocol has.
      detected = byName.dialect().equals(DialectDetector.UNKNOWN) ? detected : byName;
    }
    // Errors look alike everywhere, above all where they are cut.
    boolean unknown = detected.dialect().equals(DialectDetector.UNKNOWN);
    boolean certain =
        seen.length > 0
            && (!detected.isAssumed() || isArrayAsLine(text))
            && (unknown || !detected.reason().contains("error"));
    return certain && !family(detected.dialect()).equals(family(asked))
        ? Failure.retryable(
            Cause.PROTOCOL_VIOLATION,
            "body: must speak %s, speaks %s (%s)"
                .formatted(asked, name(detected.dialect()), detected.reason()))
        : failure;
  }

  /** {@return whether a whole line opens an array, which no protocol of lines sends} */
  private boolean isArrayAsLine(String text) {
    return lines && !ended && text.stripLeading().startsWith("[");
  }

  private static String name(String dialect) {
    return dialect.equals(DialectDetector.UNKNOWN) ? "a protocol that is not known" : dialect;
  }

  /** One reader reads chats and completions alike. */
  private static String family(String dialect) {
    return dialect.equals("openai-completions") ? "openai-chat" : dialect;
  }
}
